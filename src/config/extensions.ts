import { dirname, isAbsolute, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { isAttributes } from '../model/attributes.ts';
import type { Plugin } from '../plugin.ts';
import { errorText, TocsinError } from '../runtime/errors.ts';

const KINDS: readonly unknown[] = ['check', 'filter', 'mutator', 'handler'];

/** What came of loading extensions: every plugin by name, and the error of each extension that gave none. */
export interface LoadedExtensions {
  /** Those that were given, and those that were loaded. */
  plugins: Map<string, Plugin>;
  /** Extension → kind `config`, code `PLUGIN_INVALID`. */
  failed: Map<string, TocsinError>;
}

/**
 * Imports the modules that extensions name and takes the plugins they export, by default or by name. It runs their
 * code. A plugin whose name is taken fails its extension, for nobody could tell which of the two is meant.
 *
 * @param extensions name → absolute path, file URL or package (see `moduleOf`)
 * @param plugins what is there already
 */
export async function loadExtensions(
  extensions: ReadonlyMap<string, string>,
  plugins: ReadonlyMap<string, Plugin>,
): Promise<LoadedExtensions> {
  const loaded: LoadedExtensions = { plugins: new Map(plugins), failed: new Map() };
  for (const [name, module] of extensions) {
    try {
      addPlugins(module, await pluginsOf(module), loaded.plugins);
    } catch (error) {
      loaded.failed.set(
        name,
        error instanceof TocsinError ? error : invalid(module, errorText(error), error),
      );
    }
  }
  return loaded;
}

/** What to import for a `module` as written: a path counts from the folder of the file that names it. */
export function moduleOf(written: string, file: string | undefined): string {
  const isPath = /^\.{0,2}[/\\]/.test(written) || isAbsolute(written);
  return isPath ? resolve(file === undefined ? '.' : dirname(file), written) : written;
}

async function pluginsOf(module: string): Promise<Plugin[]> {
  const specifier = isAbsolute(module) ? pathToFileURL(module).href : module;
  const exported: unknown = await import(/* @vite-ignore */ specifier);
  const candidates = new Set(Object.values(exported as object));
  const claimed = [...candidates].filter((value) => isAttributes(value) && KINDS.includes(value.kind));
  if (claimed.length === 0) {
    throw invalid(
      module,
      'it exports no plugin; export what defineCheck, defineFilter, defineMutator or defineHandler returns',
    );
  }
  return claimed.map((value) => pluginOf(module, value));
}

function pluginOf(module: string, value: unknown): Plugin {
  const { kind, name, options, run } = value as Record<keyof Plugin, unknown>;
  if (typeof name !== 'string' || name === '')
    throw invalid(module, `a ${String(kind)} it exports has no name`);
  if (!isAttributes(options) || options.type !== 'object') {
    throw invalid(module, `the ${String(kind)} "${name}" has no options schema; use Type.Object({…})`);
  }
  if (typeof run !== 'function') throw invalid(module, `the ${String(kind)} "${name}" has no function "run"`);
  return value as Plugin;
}

/** Adds all or nothing. */
function addPlugins(module: string, added: readonly Plugin[], plugins: Map<string, Plugin>): void {
  const names = added.map((plugin) => plugin.name);
  const taken = names.find((name, index) => plugins.has(name) || names.indexOf(name) !== index);
  if (taken !== undefined)
    throw invalid(module, `there is another plugin called "${taken}"; rename this one`);
  for (const plugin of added) plugins.set(plugin.name, plugin);
}

function invalid(module: string, reason: string, cause?: unknown): TocsinError {
  return new TocsinError('PLUGIN_INVALID', `${module}: ${reason}`, { cause });
}
