import { open } from 'node:fs/promises';
import { Failure } from './outcome.ts';

/** Most bytes that are read of one file under /proc or /sys. */
const LIMIT = 4 * 1024 * 1024;
const CHUNK = 16 * 1024;

/**
 * The text of a file that the kernel writes, up to 4 MiB of it. Undefined when there is none: another platform, or
 * a process that ended meanwhile. Rejects with the error of the system when it may not be read.
 */
export async function kernelText(path: string): Promise<string | undefined> {
  try {
    return await readChunks(path);
  } catch (error) {
    if (isGone(error)) return undefined;
    throw error;
  }
}

/** The code of a system's error, or an empty text. */
function codeOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? code : '';
}

/** True for the error of a file, folder or process that is not there, or not any more. */
export function isGone(error: unknown): boolean {
  return ['ENOENT', 'ENOTDIR', 'ESRCH'].includes(codeOf(error));
}

/** True for the error of what we have no permission for. */
export function isForbidden(error: unknown): boolean {
  return ['EACCES', 'EPERM'].includes(codeOf(error));
}

/** What a check says on a platform that does not tell what it needs. */
export function notHere(what: string, path: string): Failure {
  return new Failure(
    'ours',
    `cannot read ${what} on this platform (${process.platform}): there is no ${path}`,
  );
}

async function readChunks(path: string): Promise<string> {
  const file = await open(path, 'r');
  try {
    const chunks: Buffer[] = [];
    for (let size = 0; size < LIMIT; ) {
      const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(CHUNK), 0, CHUNK);
      if (bytesRead === 0) break;
      chunks.push(buffer.subarray(0, bytesRead));
      size += bytesRead;
    }
    return Buffer.concat(chunks).toString('utf8');
  } finally {
    await file.close();
  }
}
