/**
 * From files to settings. In: the file of `-c`, the directories of `-d`, variables of the environment, what the machine
 * knows of itself, and the plugins that come with us. Out: `Settings`, complete and valid, or every mistake at once,
 * each with file and line, and warnings; and answers about them (`explain`, `schemaOf`). A mistake in a check leaves
 * out that check, any other stops the whole. Runs at the start of every process, at each reload, and in the commands
 * that look at the configuration. Remembers nothing, never writes, never reads the environment by itself, never stops
 * at the first mistake, and loads the schemas only when settings are asked for, so that naming this room costs nothing.
 */
import type { ConfigDocument } from './document.ts';
import type { Explanation } from './explain.ts';
import type { ConfigSources, LoadedSettings } from './load.ts';

export type { ClientDefaults } from './client.ts';
export type { ConfigDocument } from './document.ts';
export { type Environment, VARIABLE_NAMES } from './environment.ts';
export type { Explanation } from './explain.ts';
export { type LoadedExtensions, loadExtensions } from './extensions.ts';
export { type Fingerprint, fingerprintOf } from './fingerprint.ts';
export type { ConfigSources, LoadedSettings } from './load.ts';
export { loadingSteps } from './loading.ts';
export { type ConfigProblem, type ConfigWarning, describeProblems, describeWarnings } from './problem.ts';
export type { SourcePlaces } from './read.ts';
export type { Settings } from './settings.ts';
export { secretsOf, shownDocument } from './shown.ts';

/** Reads, merges and validates the configuration (see `load.ts`). Never rejects over what is configured. */
export async function loadSettings(sources: ConfigSources): Promise<LoadedSettings> {
  const load = await import('./load.ts');
  return load.loadSettings(sources);
}

/** Where the value at a path comes from and what it means (see `explain.ts`). Throws NOT_FOUND, or USAGE. */
export async function explain(
  path: string,
  read: ConfigDocument,
  sources: Pick<ConfigSources, 'defaults' | 'plugins'>,
): Promise<Explanation> {
  const explaining = await import('./explain.ts');
  return explaining.explain(path, read, sources);
}

/** The JSON Schema of the whole configuration (see `json-schema.ts`). */
export async function schemaOf(plugins: ConfigSources['plugins']): Promise<object> {
  const schema = await import('./json-schema.ts');
  return schema.schemaOf(plugins);
}
