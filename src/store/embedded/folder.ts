import { mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';

/** The database file in the folder of a store. */
export const FILE_NAME = 'tocsin.sqlite';

/**
 * Makes a folder and those above it. Node's own recursion never ends where the system says of a folder in one that
 * exists that it cannot be found, as `/proc` does.
 */
export async function makeFolder(folder: string, above = true): Promise<void> {
  try {
    await mkdir(folder, { mode: 0o700 });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST' && (await stat(folder)).isDirectory()) return;
    if (code !== 'ENOENT' || !above) throw error;
    await makeFolder(dirname(folder));
    await makeFolder(folder, false);
  }
}
