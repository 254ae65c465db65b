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
  if (!options.force && (await exists(target)))
    throw new TocsinError('USAGE', `${target} exists; name another file, or replace it with --force`);
  const part = `${target}.part`;
  await rm(part, { force: true });
  try {
    if (options.data === undefined) await download(part, options);
    else await copyStore(storeFolder(options.data), part);
    const { bytes } = await inspectStore(part);
    await settle(part, target);
    terminal.write(`${target}: ${megabytes(bytes)}, whole; "tocsin restore" puts it back\n`);
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
  terminal.write(`${path}: ${megabytes(bytes)} restored\n`);
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

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}
