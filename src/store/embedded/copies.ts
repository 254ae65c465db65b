import { once } from 'node:events';
import { copyFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { errorText, TocsinError } from '../../runtime/errors.ts';
import { makeFolder } from '../../runtime/system/folder.ts';
import { FILE_NAME } from './folder.ts';
import type { FileTask, FromFileWorker } from './protocol.ts';
import { startThread } from './thread.ts';

/** What a file of a store says of itself. */
export interface StoreFileFacts {
  /** Version of its format. */
  format: number;
  bytes: number;
}

/**
 * Looks into the file of a store that nobody has open, from its first byte to its last.
 * @param called name of a backup, in the error of one that cannot be used, when the file has another one for now
 * @throws STORE_FORMAT when it is damaged, not ours or of a newer format; NOT_FOUND, STORE_LOCKED, STORE_UNAVAILABLE
 */
export async function inspectStore(path: string, called?: string): Promise<StoreFileFacts> {
  const format = await done({ do: 'inspect', path, called });
  return { format, bytes: (await stat(path)).size };
}

/**
 * Copies the store in a folder that no process has open to a new file.
 * @throws as `inspectStore`
 */
export async function copyStore(folder: string, target: string): Promise<void> {
  await done({ do: 'copy', path: join(folder, FILE_NAME), target });
}

/**
 * Puts a copy of a store into a folder, once it was found whole there. What was there already is kept beside it under
 * another name.
 * @throws STORE_LOCKED when a process has that store open, and as `inspectStore` for the copy
 */
export async function restoreStore(
  copy: string,
  folder: string,
): Promise<StoreFileFacts & { path: string; kept: string | undefined }> {
  const path = join(folder, FILE_NAME);
  const part = `${path}.part`;
  try {
    await demandFile(copy);
    makeFolder(folder);
    await copyFile(copy, part);
    const facts = await inspectStore(part, copy);
    const kept = await putAside(path);
    await rename(part, path);
    return { ...facts, path, kept };
  } catch (error) {
    if (error instanceof TocsinError) throw error;
    const message = `${copy} could not be restored to ${path}: ${errorText(error)}`;
    throw new TocsinError('STORE_UNAVAILABLE', message, { cause: error });
  } finally {
    await rm(part, { force: true });
  }
}

/** Moves the store at a path out of the way; its new name, if there was one. */
async function putAside(path: string): Promise<string | undefined> {
  if (!(await exists(path))) return undefined;
  const kept = await freeName(`${path}.before-restore`);
  try {
    // What is in the files beside it belongs to it, and is settled in it by opening and closing it.
    await done({ do: 'settle', path });
  } catch (error) {
    // One that cannot be read is kept as it is; one that is in use stays where it is.
    if (error instanceof TocsinError && error.code === 'STORE_LOCKED') throw error;
  }
  for (const end of ['-wal', '-shm']) {
    if (await exists(path + end)) await rename(path + end, kept + end);
  }
  await rename(path, kept);
  return kept;
}

async function freeName(wanted: string): Promise<string> {
  for (let number = 1; ; number++) {
    const name = number === 1 ? wanted : `${wanted}-${number}`;
    if (!(await exists(name))) return name;
  }
}

/** Has a thread do something with a file, and resolves with its format. SQLite would make a file that is not there. */
async function done(task: FileTask): Promise<number> {
  await demandFile(task.path);
  const worker = startThread(task, 'file-worker');
  const ended = once(worker, 'exit');
  try {
    const [answer] = (await once(worker, 'message')) as [FromFileWorker];
    await ended;
    if ('code' in answer) throw new TocsinError(answer.code, answer.message);
    return answer.format;
  } finally {
    ended.catch(() => undefined);
  }
}

async function demandFile(path: string): Promise<void> {
  const found = await stat(path).catch(() => undefined);
  if (!found) throw new TocsinError('NOT_FOUND', `there is no file ${path}`);
  if (!found.isFile()) throw new TocsinError('NOT_FOUND', `${path} is not a file`);
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
