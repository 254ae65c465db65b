import { type Fingerprint, fingerprintOf, type LoadedSettings, type Settings } from '../../config/index.ts';
import type { Log } from '../../runtime/log.ts';
import {
  type Configuration,
  type ConfigurationOptions,
  configSources,
  loadConfiguration,
} from '../configuration.ts';
import { type Finding, findingOf } from './finding.ts';
import { Reloader, type ReloadParts } from './reload.ts';
import type { Closer } from './stopping.ts';
import { Watch } from './watch.ts';

/** Where the settings of a process come from. */
export interface Origin {
  configuration: Configuration;
  /** Where the configuration is read from again. */
  places: ConfigurationOptions;
  /** What those places looked like before it was read. */
  seen: Fingerprint;
}

export interface FollowingParts extends Pick<ReloadParts, 'apply' | 'renew'> {
  origin: Origin;
  /** What is in force at the beginning. */
  settings: Settings;
  /** Lays over what was read what this process alone knows: its flags, and what it cannot take up. */
  refine(loaded: LoadedSettings): LoadedSettings;
  report(finding: Finding): Promise<void>;
  log: Log;
}

/**
 * Follows the configuration from here on: reports how it was found, watches its places, and takes up what changes
 * there.
 */
export async function followConfiguration(parts: FollowingParts, closers: Closer[]): Promise<Reloader> {
  const { origin, refine, report } = parts;
  void report(findingOf({ settings: origin.configuration.settings }));
  const load = async (): Promise<LoadedSettings> => refine(await loadConfiguration(origin.places));
  const reloader = new Reloader({ ...parts, load });
  await watchPlaces(origin, reloader, closers);
  return reloader;
}

async function watchPlaces({ places, seen }: Origin, reloader: Reloader, closers: Closer[]): Promise<void> {
  const { file, directories } = configSources(places);
  if (file === undefined && directories === undefined) return;
  const watch = new Watch({
    seen,
    look: () => fingerprintOf({ file, directories }),
    changed: () => void reloader.reload('its files have changed'),
  });
  closers.push(() => watch.close());
  await watch.start();
}

/** As read, but on another port. */
export function withPort(settings: Settings, port: number | undefined): Settings {
  return port === undefined ? settings : { ...settings, api: { ...settings.api, port } };
}
