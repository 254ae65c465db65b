import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { errorText } from '../../runtime/errors.ts';
import type { Log } from '../../runtime/log.ts';

/** The variable in which commands find the path of the list. */
export const LOADED_FILES_VARIABLE = 'SENSU_LOADED_TEMPFILE';

/**
 * The list of configuration files that were read, for plugins that read them again: paths with colons between them, in
 * a file that `SENSU_LOADED_TEMPFILE` names. (Sensu Core 1.9 documentation, "Environment".) Ours is in the data folder,
 * which one process at a time uses, so that two on a machine never write the same one. Where
 * `SENSU_LOADED_TEMPFILE_DIR` is set there is a copy, for those who look there.
 */
export class LoadedFiles {
  readonly path: string;
  readonly #copy: string | undefined;
  readonly #log: Log;

  constructor(options: { folder: string; service: string; copyFolder: string | undefined; log: Log }) {
    const name = `sensu_${options.service}_loaded_files`;
    this.path = join(options.folder, name);
    this.#copy = options.copyFolder ? join(options.copyFolder, name) : undefined;
    this.#log = options.log;
  }

  /** Never throws: without the list plugins fall back to the files at Sensu's usual places. */
  write(files: readonly string[]): void {
    for (const path of [this.path, this.#copy]) {
      if (path === undefined) continue;
      try {
        mkdirSync(join(path, '..'), { recursive: true });
        // A reader sees the old list or the new one, never half of it, and a link in a shared folder is replaced.
        const next = `${path}.${process.pid}`;
        rmSync(next, { force: true });
        writeFileSync(next, files.join(':'), { mode: 0o600, flag: 'wx' });
        renameSync(next, path);
      } catch (error) {
        this.#log.warn('the list of loaded files could not be written', {
          file: path,
          error: errorText(error),
        });
      }
    }
  }

  remove(): void {
    for (const path of [this.path, this.#copy]) if (path !== undefined) rmSync(path, { force: true });
  }
}
