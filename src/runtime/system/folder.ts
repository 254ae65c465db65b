import { mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * Makes a folder that its user alone may use, and those above it; one that exists stays as it is. Node's own recursion
 * never ends where the system says of a folder in one that exists that it cannot be found, as `/proc` does.
 * @throws what the system says
 */
export function makeFolder(folder: string, above = true): void {
  try {
    mkdirSync(folder, { mode: 0o700 });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST' && statSync(folder).isDirectory()) return;
    if (code !== 'ENOENT' || !above) throw error;
    makeFolder(dirname(folder));
    makeFolder(folder, false);
  }
}
