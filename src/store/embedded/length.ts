import { closeSync, openSync, readSync, statSync } from 'node:fs';
import { TocsinError } from '../../runtime/errors.ts';

const HEADER_BYTES = 100;

/**
 * Whether a database file is as long as its header says (SQLite, "Database File Format", 1.3): SQLite itself finds a
 * missing end only when it comes to it, and parts of the file are read long after it was opened. `unsure`: changes
 * that lie in the file beside it may hold what is missing, as after a kill, so every page has to be looked at.
 * @throws STORE_FORMAT when the end is missing
 */
export function judgeLength(path: string): 'whole' | 'unsure' {
  const header = readHeader(path);
  if (!header) return 'whole';
  // The size counts only where the version that wrote it is the one that changed the file last.
  if (header.readUInt32BE(24) !== header.readUInt32BE(92)) return 'whole';
  const code = header.readUInt16BE(16);
  const expected = header.readUInt32BE(28) * (code === 1 ? 65_536 : code);
  const { size } = statSync(path);
  if (size >= expected) return 'whole';
  const beside = statSync(`${path}-wal`, { throwIfNoEntry: false });
  if (beside && beside.size > 0) return 'unsure';
  throw new TocsinError('STORE_FORMAT', `its end is missing: it has ${size} bytes of ${expected}`);
}

/** The header of a database; undefined where there is no file, or one that SQLite refuses by itself. */
function readHeader(path: string): Buffer | undefined {
  const header = Buffer.alloc(HEADER_BYTES);
  let file: number;
  try {
    file = openSync(path, 'r');
  } catch {
    return undefined;
  }
  try {
    const isDatabase = readSync(file, header, 0, HEADER_BYTES, 0) === HEADER_BYTES;
    return isDatabase && header.toString('latin1', 0, 15) === 'SQLite format 3' ? header : undefined;
  } finally {
    closeSync(file);
  }
}
