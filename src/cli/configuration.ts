import { describeProblems, describeWarnings, loadSettings, type Settings } from '../config/index.ts';
import type { CheckPlugin, Plugin } from '../plugin.ts';
import { builtInPlugins } from '../plugins/index.ts';
import { TocsinError } from '../runtime/errors.ts';
import { machineAddress, machineName } from './machine.ts';

/** The flags that say where configuration is. */
export interface ConfigurationOptions {
  config?: string;
  configDir?: string[];
}

export interface Configuration {
  settings: Settings;
  /** All plugins by name, ours and those of extensions. */
  plugins: ReadonlyMap<string, Plugin>;
  /** What an operator should know, ready to be shown; empty when there is nothing. */
  warnings: string;
}

/** Reads the configuration. Throws CONFIG_INVALID with every mistake, ready to be shown. */
export async function readConfiguration(options: ConfigurationOptions): Promise<Configuration> {
  const loaded = await loadSettings({
    file: options.config,
    // A folder may be given as `-d a -d b`, `-d a b` or, as in Sensu, `-d a,b`.
    directories: options.configDir?.flatMap((folders) => folders.split(',')),
    defaults: { hostname: machineName(), address: machineAddress() },
    plugins: new Map(builtInPlugins.map((plugin) => [plugin.name, plugin])),
  });
  if (!loaded.settings) {
    const count = loaded.problems.length;
    const title =
      count === 1
        ? 'there is a mistake in the configuration'
        : `there are ${count} mistakes in the configuration`;
    throw new TocsinError('CONFIG_INVALID', `${title}\n\n${describeProblems(loaded.problems)}`);
  }
  const { settings, plugins, warnings } = loaded;
  return {
    settings,
    plugins,
    warnings: warnings.length === 0 ? '' : `${describeWarnings(warnings)}\n`,
  };
}

/** The plugins that are checks. */
export function checkPlugins(plugins: ReadonlyMap<string, Plugin>): Map<string, CheckPlugin> {
  return new Map([...plugins].filter((entry): entry is [string, CheckPlugin] => entry[1].kind === 'check'));
}
