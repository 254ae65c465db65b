import { createWriteStream } from 'node:fs';
import { open, rename, rm, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { errorText, TocsinError } from '../../runtime/errors.ts';
import { copyStore, inspectStore, restoreStore } from '../../store/index.ts';
import { EXIT } from '../exit.ts';
import type { Terminal } from '../text.ts';
import { type AskOptions, apiOf } from './ask.ts';

/** Only who runs it may read what was stored. */
const MODE = 0o600;

export interface BackupOptions extends AskOptions {
  /** The data folder of a server that does not run. */
  data?: string;
  force?: boolean;
}

/** `tocsin backup FILE`: everything that is stored, as one file, from a running server or from a folder at rest. */
export async function backup(file: string, options: BackupOptions, terminal: Terminal): Promise<number> {
  const target = resolve(file);
  await demandRoom(target, options.force === true);
  const part = `${target}.part`;
  await rm(part, { force: true });
  try {
    if (options.data === undefined) await download(part, options);
    else await copyAtRest(options.data, part);
    const { bytes } = await inspectStore(part, target);
    await settle(part, target);
    terminal.write(`${target}: ${size(bytes)}, whole; "tocsin restore" puts it back\n`);
    return EXIT.ok;
  } finally {
    await rm(part, { force: true });
  }
}

export interface RestoreOptions {
  data: string;
}

/** `tocsin restore FILE`: puts a backup in the place of what a server that does not run has stored. */
export async function restore(file: string, { data }: RestoreOptions, terminal: Terminal): Promise<number> {
  const { path, kept, bytes } = await restoreStore(resolve(file), storeFolder(data));
  terminal.write(`${path}: ${size(bytes)} restored\n`);
  if (kept !== undefined) terminal.write(`what was there before is kept as ${kept}\n`);
  return EXIT.ok;
}

function storeFolder(data: string): string {
  return resolve(data, 'store');
}

async function download(part: string, options: AskOptions): Promise<void> {
  const body = await apiOf(options).download('/api/v1/backup');
  try {
    await pipeline(body as Readable, createWriteStream(part, { mode: MODE, flags: 'wx' }));
  } catch (error) {
    const message = `the backup could not be written to ${part}: ${errorText(error)}`;
    throw new TocsinError('SERVER_UNREACHABLE', message, { cause: error });
  }
}

/** The file has its name only when it is whole and on disk. */
async function settle(part: string, target: string): Promise<void> {
  const handle = await open(part, 'r+');
  try {
    await handle.chmod(MODE);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(part, target);
}

/** Nothing is asked for, and nothing is replaced, that could not be put there. */
async function demandRoom(target: string, force: boolean): Promise<void> {
  const found = await stat(target).catch(() => undefined);
  if (!found) return;
  if (found.isDirectory()) throw new TocsinError('USAGE', `${target} is a folder; name a file in it`);
  if (!force)
    throw new TocsinError('USAGE', `${target} exists; name another file, or replace it with --force`);
}

async function copyAtRest(data: string, part: string): Promise<void> {
  try {
    await copyStore(storeFolder(data), part);
  } catch (error) {
    if (!(error instanceof TocsinError && error.code === 'STORE_LOCKED')) throw error;
    const message = `a server has ${storeFolder(data)} open; leave out --data, and the server that runs is asked for the copy`;
    throw new TocsinError('STORE_LOCKED', message, { cause: error });
  }
}

function size(bytes: number): string {
  return bytes < 1e6 ? `${Math.ceil(bytes / 1e3)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}
