import {
  type ConfigDocument,
  type ConfigProblem,
  type ConfigSources,
  describeProblems,
  describeWarnings,
  type Fingerprint,
  fingerprintOf,
  type LoadedSettings,
  loadSettings,
  type Settings,
} from '../config/index.ts';
import { pathText } from '../model/attributes.ts';
import type { CheckPlugin, Plugin } from '../plugin.ts';
import { builtInPlugins } from '../plugins/index.ts';
import { TocsinError } from '../runtime/errors.ts';
import { machineAddress, machineName } from './machine.ts';

/** The flags that say where configuration is. */
export interface ConfigurationOptions {
  config?: string | undefined;
  configDir?: readonly string[] | undefined;
  /** What the client is called unless a file says; undefined: like the machine. */
  clientName?: string | undefined;
}

export interface Configuration {
  settings: Settings;
  /** All plugins by name, ours and those of extensions. */
  plugins: ReadonlyMap<string, Plugin>;
  /** What an operator should know, ready to be shown; empty when there is nothing. */
  warnings: string;
  /** What it was read from. */
  read: ConfigDocument;
}

/** What one process cannot take up although it is valid. */
export type Objection = Pick<ConfigProblem, 'expected' | 'found' | 'hint'> & { steps: readonly string[] };

/** What was read, or the mistakes that objections to it are, each with its file and line. */
export function withObjections(loaded: LoadedSettings, objections: readonly Objection[]): LoadedSettings {
  if (!loaded.settings || objections.length === 0) return loaded;
  const { plugins, warnings, read } = loaded;
  return { plugins, warnings, read, problems: objections.map((one) => problemOf(one, read)) };
}

function problemOf({ steps, ...told }: Objection, { origins }: ConfigDocument): ConfigProblem {
  const { file, line, variable } = origins.of(steps) ?? { file: null, line: null };
  const place = variable === undefined ? { file, line } : { file: null, line: null, variable };
  return { ...place, path: pathText(steps), ...told };
}

/** What the flags, this machine and its environment give to the configuration. */
export function configSources(options: ConfigurationOptions): ConfigSources {
  return {
    file: options.config,
    // A folder may be given as `-d a -d b`, `-d a b` or, as in Sensu, `-d a,b`.
    directories: options.configDir?.flatMap((folders) => folders.split(',')),
    defaults: { hostname: options.clientName ?? machineName(), address: machineAddress() },
    plugins: new Map(builtInPlugins.map((plugin) => [plugin.name, plugin])),
    environment: process.env,
  };
}

/** What the files look like now, without reading them. */
export function lookAtConfiguration(options: ConfigurationOptions): Promise<Fingerprint> {
  return fingerprintOf(configSources(options));
}

/** Reads the configuration, with its mistakes if there are any. */
export function loadConfiguration(options: ConfigurationOptions): Promise<LoadedSettings> {
  return loadSettings(configSources(options));
}

/** Reads the configuration. Throws CONFIG_INVALID with every mistake, ready to be shown. */
export async function readConfiguration(options: ConfigurationOptions): Promise<Configuration> {
  return configurationOf(await loadConfiguration(options));
}

/** What was read, or CONFIG_INVALID with every mistake, ready to be shown. */
export function configurationOf(loaded: LoadedSettings): Configuration {
  if (!loaded.settings) {
    const count = loaded.problems.length;
    const title =
      count === 1
        ? 'there is a mistake in the configuration'
        : `there are ${count} mistakes in the configuration`;
    throw new TocsinError('CONFIG_INVALID', `${title}\n\n${describeProblems(loaded.problems)}`);
  }
  const { settings, plugins, read } = loaded;
  const blocks = [describeWarnings(loaded.warnings), describeSkipped(settings)];
  return {
    settings,
    plugins,
    read,
    warnings: blocks
      .filter((block) => block !== '')
      .map((block) => `${block}\n`)
      .join('\n'),
  };
}

/** What is wrong with the checks that are left out; empty when none is. */
export function describeSkipped({ skippedChecks }: Settings): string {
  const { size } = skippedChecks;
  if (size === 0) return '';
  const title =
    size === 1 ? 'a check is left out for its mistakes' : `${size} checks are left out for their mistakes`;
  return `${title}\n\n${describeProblems([...skippedChecks.values()].flat())}`;
}

/** The plugins that are checks. */
export function checkPlugins(plugins: ReadonlyMap<string, Plugin>): Map<string, CheckPlugin> {
  return new Map([...plugins].filter((entry): entry is [string, CheckPlugin] => entry[1].kind === 'check'));
}
