import { memberOf, pathText, quoted } from '../model/attributes.ts';
import { deepMerge } from '../model/merge.ts';
import { NOTHING, type Problem, problemAt } from '../model/problems.ts';
import type { Attributes } from '../model/schema.ts';
import type { Plugin } from '../plugin.ts';
import { checksOf } from './checks.ts';
import { type ClientDefaults, clientOf } from './client.ts';
import { defaultDocument, withApiDefaults } from './defaults.ts';
import { entriesOf, judge, type Validation, warnOfMisspelt } from './definition.ts';
import { loadExtensions, moduleOf } from './extensions.ts';
import { filtersOf, handlersOf, mutatorsOf } from './handlers.ts';
import { tellNotYet } from './not-yet.ts';
import { Origins } from './origin.ts';
import type { ConfigProblem, ConfigWarning } from './problem.ts';
import { type ReadSources, readSources, type SourcePlaces } from './read.ts';
import { warnOfUnknownNames } from './references.ts';
import { ExtensionSchema, SECTIONS, sectionsOf } from './sections.ts';
import type { Settings } from './settings.ts';

/** What settings are made of. */
export interface ConfigSources extends SourcePlaces {
  /** What the client is called and where it is, unless a file says. */
  defaults: ClientDefaults;
  /** The plugins that come with us, by name. */
  plugins: ReadonlyMap<string, Plugin>;
}

/** Settings, or every mistake that stands in their way, in the order of files and lines. */
export type LoadedSettings =
  | {
      settings: Settings;
      /** Those that were given, and those of extensions. */
      plugins: ReadonlyMap<string, Plugin>;
      problems?: undefined;
      warnings: ConfigWarning[];
    }
  | { settings?: undefined; problems: ConfigProblem[]; warnings: ConfigWarning[] };

/**
 * Reads the files, merges them over the built-in defaults, imports the extensions they name, and validates the
 * whole. Never rejects: whatever is wrong is told in `problems`, all at once.
 */
export async function loadSettings(sources: ConfigSources): Promise<LoadedSettings> {
  const read = await readSources(sources);
  const merged = read.sources.reduce(
    (document, source) => deepMerge(document, source.document),
    defaultDocument(),
  );
  const document = withApiDefaults(merged);
  const validation: Validation = { document, plugins: sources.plugins, problems: [], cautions: [] };
  const origins = new Origins(read.sources);
  const extensions = extensionsOf(validation, origins);
  const loaded = await loadExtensions(extensions, sources.plugins);
  for (const [name, error] of loaded.failed) {
    validation.problems.push(extensionProblem(name, document, error.message));
  }
  validation.plugins = loaded.plugins;
  const parts = validate(validation, sources.defaults, read);
  const warnings = warningsOf(validation, read, origins);
  const problems = problemsIn(validation, read, origins);
  if (problems.length > 0 || !parts) return { problems, warnings };
  const files = read.sources.map((source) => source.file);
  return { settings: { ...parts, extensions, document, files }, plugins: loaded.plugins, warnings };
}

/** The settings that the document holds; undefined when some part is missing, which has been told then. */
function validate(
  validation: Validation,
  defaults: ClientDefaults,
  read: ReadSources,
): Omit<Settings, 'extensions' | 'document' | 'files'> | undefined {
  const client = clientOf(validation, defaults);
  const checks = checksOf(validation);
  const handlers = handlersOf(validation);
  const filters = filtersOf(validation);
  const mutators = mutatorsOf(validation);
  const sections = sectionsOf(validation);
  tellNotYet(validation);
  // What looks unknown may stand in the file that could not be read.
  if (read.problems.length === 0) warnOfUnknownNames(validation);
  const written = Object.fromEntries(read.sources.flatMap((source) => Object.entries(source.document)));
  warnOfMisspelt(validation, [], written, SECTIONS);
  return client && sections ? { client, checks, skippedChecks: new Map(), handlers, filters, mutators, ...sections } : undefined;
}

/** Extensions with a module, made absolute against the file that names it. */
function extensionsOf(validation: Validation, origins: Origins): Map<string, string> {
  const modules = new Map<string, string>();
  for (const [name, value] of entriesOf(validation, 'extensions')) {
    const at = ['extensions', name];
    const extension = judge(validation, at, value, ExtensionSchema);
    if (typeof extension?.module === 'string' && extension.module !== '') {
      modules.set(name, moduleOf(extension.module, origins.of([...at, 'module'])?.file));
    } else if (extension && extension.module === undefined) {
      const message = 'names no "module"; Ruby extensions do not run here, so it is left out';
      validation.cautions.push({ steps: at, message });
    }
  }
  return modules;
}

const LONGEST_REASON = 300;

function extensionProblem(name: string, document: Attributes, reason: string): Problem {
  const written = memberOf(memberOf(document.extensions, name), 'module');
  const looksLikeFile = typeof written === 'string' && /^[^./\\@][^/\\]*\.[cm]?[jt]s$/.test(written);
  const hint = looksLikeFile ? `for a file beside this one write ${quoted(`./${written}`, 80)}` : undefined;
  const problem = problemAt(['extensions', name, 'module'], 'a module that exports plugins', written, hint);
  const [line = ''] = reason.split('\n', 1);
  return { ...problem, found: quoted(line, LONGEST_REASON).slice(1, -1) };
}

function problemsIn(validation: Validation, read: ReadSources, origins: Origins): ConfigProblem[] {
  // While a file could not be read, what is missing may stand in it.
  const sure = validation.problems.filter(
    (problem) => read.problems.length === 0 || problem.found !== NOTHING,
  );
  const told = sure.map(({ steps, path, expected, found, hint }) => ({
    ...placeOf(origins, steps),
    path,
    expected,
    found,
    ...(hint === undefined ? {} : { hint }),
  }));
  return [...read.problems, ...told].sort(byPlace);
}

function warningsOf(validation: Validation, read: ReadSources, origins: Origins): ConfigWarning[] {
  const told = validation.cautions.map(({ steps, message, hint }) => ({
    ...placeOf(origins, steps),
    path: pathText(steps),
    message,
    ...(hint === undefined ? {} : { hint }),
  }));
  return [...read.warnings, ...told].sort(byPlace);
}

function placeOf(origins: Origins, steps: Problem['steps']): Pick<ConfigProblem, 'file' | 'line'> {
  const origin = origins.of(steps);
  return { file: origin?.file ?? null, line: origin?.line ?? null };
}

function byPlace(one: ConfigWarning | ConfigProblem, other: ConfigWarning | ConfigProblem): number {
  const files = compare(one.file ?? '', other.file ?? '');
  return files || (one.line ?? 0) - (other.line ?? 0) || compare(one.path, other.path);
}

function compare(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}
