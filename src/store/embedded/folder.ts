import { accessSync, constants, existsSync } from 'node:fs';
import { join } from 'node:path';
import { errorText, TocsinError } from '../../runtime/errors.ts';
import { makeFolder } from '../../runtime/system/folder.ts';

/** The database file in the folder of a store. */
export const FILE_NAME = 'tocsin.sqlite';

/**
 * Makes the folder of a store where it is missing, and returns the path of its database file, which need not exist. What
 * SQLite says of a place where it may not write is `disk I/O error`, so that is found out before.
 * @throws STORE_UNAVAILABLE when it cannot be made or written
 */
export function openFolder(folder: string): string {
  try {
    makeFolder(folder);
  } catch (cause) {
    const message = `The folder ${folder} of the store cannot be made: ${errorText(cause)}.`;
    throw new TocsinError('STORE_UNAVAILABLE', message, { cause });
  }
  const path = join(folder, FILE_NAME);
  try {
    accessSync(folder, constants.W_OK | constants.X_OK);
    if (existsSync(path)) accessSync(path, constants.R_OK | constants.W_OK);
  } catch (cause) {
    const message =
      `The store ${path} may not be written: ${errorText(cause)}. ` +
      'Give it to the user that runs Tocsin, or name another folder with --data.';
    throw new TocsinError('STORE_UNAVAILABLE', message, { cause });
  }
  return path;
}
