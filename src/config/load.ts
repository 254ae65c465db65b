import { memberOf, pathText, quoted } from '../model/attributes.ts';
import { NOTHING, type Problem, problemAt } from '../model/problems.ts';
import type { Attributes } from '../model/schema.ts';
import type { Plugin } from '../plugin.ts';
import { checksOf } from './checks.ts';
import { type ClientDefaults, clientOf } from './client.ts';
import { entriesOf, judge, type Validation, warnOfMisspelt } from './definition.ts';
import { type ConfigDocument, readDocument } from './document.ts';
import type { Environment } from './environment.ts';
import { loadExtensions, moduleOf } from './extensions.ts';
import { filtersOf, handlersOf, mutatorsOf } from './handlers.ts';
import { tellNotYet } from './not-yet.ts';
import type { Origins } from './origin.ts';
import type { ConfigProblem, ConfigWarning } from './problem.ts';
import type { SourcePlaces } from './read.ts';
import { warnOfUnknownNames } from './references.ts';
import { ExtensionSchema, SECTIONS, sectionsOf } from './sections.ts';
import type { Settings } from './settings.ts';

/** What settings are made of. */
export interface ConfigSources extends SourcePlaces {
  /** What the client is called and where it is, unless a file says. */
  defaults: ClientDefaults;
  /** The plugins that come with us, by name. */
  plugins: ReadonlyMap<string, Plugin>;
  /** Variables of which some stand for a part of the configuration (see `environment.ts`). */
  environment?: Environment | undefined;
}

/** Settings, or every mistake that stands in their way, in the order of files and lines. */
export type LoadedSettings =
  | {
      /** Without the checks in which there is a mistake: those are in `skippedChecks`. */
      settings: Settings;
      /** Those that were given, and those of extensions. */
      plugins: ReadonlyMap<string, Plugin>;
      problems?: undefined;
      warnings: ConfigWarning[];
      read: ConfigDocument;
    }
  | {
      settings?: undefined;
      /** Those of the plugins that could be loaded. */
      plugins: ReadonlyMap<string, Plugin>;
      /** Those in checks are among them. */
      problems: ConfigProblem[];
      warnings: ConfigWarning[];
      read: ConfigDocument;
    };

/**
 * Reads the files, merges them over environment and built-in defaults, imports the extensions they name, and validates
 * the whole. Never rejects: whatever is wrong is told in `problems`, all at once.
 */
export async function loadSettings(sources: ConfigSources): Promise<LoadedSettings> {
  const read = await readDocument(sources, sources.environment);
  const { document, origins, files } = read;
  const validation: Validation = {
    document,
    plugins: sources.plugins,
    problems: [],
    cautions: [],
    skipped: new Map(),
  };
  const extensions = extensionsOf(validation, origins);
  const { plugins, failed } = await loadExtensions(extensions, sources.plugins);
  for (const [name, error] of failed) {
    validation.problems.push(extensionProblem(name, document, error.message));
  }
  validation.plugins = plugins;
  const parts = validate(validation, sources.defaults, read);
  const warnings = warningsOf(validation, read);
  const found = { plugins, warnings, read };
  if (validation.problems.length > 0 || read.problems.length > 0 || !parts) {
    return { ...found, problems: problemsIn(validation, read) };
  }
  const skippedChecks = new Map(
    [...validation.skipped].map(([name, problems]) => [name, placed(problems, origins)]),
  );
  return { ...found, settings: { ...parts, skippedChecks, extensions, document, files } };
}

/** The settings that the document holds; undefined when some part is missing, which has been told then. */
function validate(
  validation: Validation,
  defaults: ClientDefaults,
  read: ConfigDocument,
): Omit<Settings, 'skippedChecks' | 'extensions' | 'document' | 'files'> | undefined {
  const client = clientOf(validation, defaults);
  const checks = checksOf(validation);
  const handlers = handlersOf(validation);
  const filters = filtersOf(validation);
  const mutators = mutatorsOf(validation);
  const sections = sectionsOf(validation, defaults.hostname);
  tellNotYet(validation);
  // What looks unknown may stand in the file that could not be read.
  if (read.problems.length === 0) warnOfUnknownNames(validation);
  const written = Object.fromEntries(read.sources.flatMap((source) => Object.entries(source.document)));
  warnOfMisspelt(validation, [], written, SECTIONS);
  return client && sections ? { client, checks, handlers, filters, mutators, ...sections } : undefined;
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

function problemsIn(validation: Validation, read: ConfigDocument): ConfigProblem[] {
  const all = [...validation.problems, ...[...validation.skipped.values()].flat()];
  const told = read.problems.length === 0 ? all : all.map(unlessUnread);
  return [...read.problems, ...placed(told, read.origins)].sort(byPlace);
}

/** While a file could not be read, what is missing may stand in it. */
function unlessUnread(problem: Problem): Problem {
  if (problem.found !== NOTHING) return problem;
  const unless = 'unless it stands where nothing could be read';
  return { ...problem, hint: problem.hint === undefined ? unless : `${problem.hint}; ${unless}` };
}

/** Problems with the places at which they were written. */
function placed(problems: readonly Problem[], origins: Origins): ConfigProblem[] {
  return problems
    .map(({ steps, path, expected, found, hint }) => ({
      ...placeOf(origins, steps),
      path,
      expected,
      found,
      ...(hint === undefined ? {} : { hint }),
    }))
    .sort(byPlace);
}

function warningsOf(validation: Validation, { warnings, origins }: ConfigDocument): ConfigWarning[] {
  const told = validation.cautions.map(({ steps, message, hint }) => ({
    ...placeOf(origins, steps),
    path: pathText(steps),
    message,
    ...(hint === undefined ? {} : { hint }),
  }));
  return [...warnings, ...told].sort(byPlace);
}

function placeOf(
  origins: Origins,
  steps: Problem['steps'],
): Pick<ConfigProblem, 'file' | 'line' | 'variable'> {
  const origin = origins.of(steps);
  if (origin?.variable !== undefined) return { file: null, line: null, variable: origin.variable };
  return { file: origin?.file ?? null, line: origin?.line ?? null };
}

function byPlace(one: ConfigWarning | ConfigProblem, other: ConfigWarning | ConfigProblem): number {
  const files = compare(one.file ?? '', other.file ?? '');
  return files || (one.line ?? 0) - (other.line ?? 0) || compare(one.path, other.path);
}

function compare(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}
