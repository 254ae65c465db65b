/**
 * From files to settings. In: the file of `-c`, the directories of `-d`, what the machine knows of itself, and the
 * plugins that come with us. Out: `Settings`, complete and valid, or every mistake at once, each with file and
 * line, and warnings. Runs once at the start of every process and of the commands that look at the configuration.
 * Remembers nothing. Never reads the environment, never writes, never stops at the first mistake, and loads the
 * schemas only when settings are asked for, so that naming this room costs nothing.
 */
import type { ConfigSources, LoadedSettings } from './load.ts';

export type { ClientDefaults } from './client.ts';
export { type LoadedExtensions, loadExtensions } from './extensions.ts';
export type { ConfigSources, LoadedSettings } from './load.ts';
export { type ConfigProblem, type ConfigWarning, describeProblems, describeWarnings } from './problem.ts';
export type { Settings } from './settings.ts';

/** Reads, merges and validates the configuration (see `load.ts`). Never rejects over what is configured. */
export async function loadSettings(sources: ConfigSources): Promise<LoadedSettings> {
  const load = await import('./load.ts');
  return load.loadSettings(sources);
}
