import type { Settings } from '../../config/index.ts';
import type { Log } from '../../runtime/log.ts';
import { createSpawner } from '../../runtime/system/spawner/index.ts';
import { LOADED_FILES_VARIABLE, LoadedFiles } from './loaded-files.ts';
import type { Closer } from './stopping.ts';
import type { World } from './world.ts';

/** The list of configuration files for commands, written now; it goes with this process. */
export function tellFiles(
  { folder, log, settings, service }: { folder: string; log: Log; settings: Settings; service: string },
  closers: Closer[],
): LoadedFiles {
  const copyFolder = process.env['SENSU_LOADED_TEMPFILE_DIR'];
  const files = new LoadedFiles({ folder, service, copyFolder, log });
  closers.push(() => files.remove());
  files.write(settings.files);
  process.env['TOCSIN_DATA'] = folder;
  process.env[LOADED_FILES_VARIABLE] = files.path;
  return files;
}

/** Checks, handlers and mutators are told where the API is and how to be let in. */
export function tellAddress(url: string, { user, password }: Settings['api']): void {
  process.env['TOCSIN_API_URL'] = url;
  const credentials =
    user === undefined ? '' : `${encodeURIComponent(user)}:${encodeURIComponent(password ?? '')}@`;
  process.env['SENSU_API_URL'] = url.replace('://', `://${credentials}`);
}

/** Runs commands as the settings say; they inherit what the environment of this process is by then. */
export function spawnerOf({ spawn: { limit, outputLimitBytes } }: Settings, { clock, log }: World) {
  return createSpawner({ limit, outputLimitBytes, clock, log });
}
