import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { errorText, TocsinError } from '../../runtime/errors.ts';

/** Writes a process's number and a line break. Throws PID_FILE_UNWRITABLE. */
export function writePidFile(path: string, pid: number = process.pid): void {
  try {
    writeFileSync(path, `${pid}\n`);
  } catch (error) {
    const message = `the pid file ${path} could not be written: ${errorText(error)}`;
    throw new TocsinError('PID_FILE_UNWRITABLE', message, { cause: error });
  }
}

/** Removes it, unless another process has written its own number into it since. */
export function removePidFile(path: string, pid: number = process.pid): void {
  try {
    if (readFileSync(path, 'utf8') === `${pid}\n`) rmSync(path);
  } catch {
    // It is gone already, or nobody may remove it; the number in it is then of a process that has ended.
  }
}
