import { constants } from 'node:fs';
import { open, readdir, realpath, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { errorText } from '../runtime/errors.ts';
import type { ConfigProblem, ConfigWarning } from './problem.ts';

/** Longest file that is read, in bytes. */
export const FILE_BYTES = 16 * 1024 * 1024;
/** Most files, and most entries of directories that are looked at on the way to them. */
export const MOST_FILES = 10_000;
const MOST_ENTRIES = 100_000;

export interface FoundFiles {
  /** Absolute paths in the order in which they are merged. */
  files: string[];
  /** The directories that were looked through. */
  directories: string[];
  problems: ConfigProblem[];
}

/** A file's text, or why there is none. */
export type ReadText =
  | { text: string; warning?: ConfigWarning }
  | { text?: undefined; absent: boolean; problem: ConfigProblem };

/**
 * Every `*.json` below a directory, sorted by path. Names that begin with a dot are passed over. A link to a
 * directory is followed, but none behind it; a file that is reached twice is taken once.
 */
export async function findFiles(directory: string): Promise<FoundFiles> {
  const search: Search = { files: new Map(), directories: [], entries: 0, problems: [] };
  await searchDirectory(resolve(directory), false, search);
  const { directories, problems } = search;
  return { files: [...search.files.values()].sort(), directories, problems };
}

interface Search {
  /** Real path → path. */
  files: Map<string, string>;
  directories: string[];
  entries: number;
  problems: ConfigProblem[];
}

async function searchDirectory(directory: string, linked: boolean, search: Search): Promise<void> {
  try {
    search.directories.push(directory);
    for (const entry of await readdir(directory, { withFileTypes: true })) {
      if (search.entries > MOST_ENTRIES) return;
      search.entries++;
      // Beside plugins there may be the packages that they need.
      if (entry.name.startsWith('.') || entry.name === 'node_modules') continue;
      const path = join(directory, entry.name);
      if (entry.isSymbolicLink()) await searchLink(path, linked, search);
      else if (entry.isDirectory()) await searchDirectory(path, linked, search);
      else if (entry.name.endsWith('.json')) await take(path, search);
    }
    if (search.entries > MOST_ENTRIES || search.files.size > MOST_FILES) overrun(directory, search);
  } catch (error) {
    search.problems.push(wholeFile(directory, 'a directory that can be read', errorText(error)));
  }
}

/** Told once, for the directory in which it was noticed. */
function overrun(directory: string, search: Search): void {
  const expected = `at most ${MOST_FILES} configuration files, among at most ${MOST_ENTRIES} entries`;
  if (search.problems.some((problem) => problem.expected === expected)) return;
  search.problems.push({
    ...wholeFile(directory, expected, 'more'),
    hint: 'give -d the directory that holds the configuration alone',
  });
}

async function searchLink(path: string, linked: boolean, search: Search): Promise<void> {
  const target = await stat(path).catch(() => undefined);
  if (target?.isDirectory()) {
    if (!linked) await searchDirectory(path, true, search);
  } else if (path.endsWith('.json')) {
    await take(path, search);
  }
}

async function take(path: string, search: Search): Promise<void> {
  const real = await realpath(path).catch(() => path);
  const known = search.files.get(real);
  if (known === undefined || path < known) search.files.set(real, path);
}

/** Reads a file of at most 16 MiB as UTF-8, without its byte order mark. Never throws. */
export async function readText(file: string): Promise<ReadText> {
  try {
    // Without O_NONBLOCK, opening a pipe would wait for its writer for ever.
    const handle = await open(file, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
    try {
      const found = await handle.stat();
      if (!found.isFile()) return unread(file, 'a regular file', 'something else');
      if (found.size > FILE_BYTES) return unread(file, `at most ${FILE_BYTES} bytes`, `${found.size} bytes`);
      return decode(file, await handle.readFile());
    } finally {
      await handle.close();
    }
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    const absent = code === 'ENOENT' || code === 'ENOTDIR' || code === 'EACCES';
    return { absent, problem: wholeFile(file, 'a file that can be read', errorText(error)) };
  }
}

function unread(file: string, expected: string, found: string): ReadText {
  return { absent: false, problem: wholeFile(file, expected, found) };
}

function decode(file: string, bytes: Uint8Array): ReadText {
  try {
    return { text: new TextDecoder('utf-8', { fatal: true }).decode(bytes) };
  } catch {
    const message = 'holds bytes that are no UTF-8; each became a replacement character';
    return { text: new TextDecoder().decode(bytes), warning: { file, line: null, path: '', message } };
  }
}

function wholeFile(file: string, expected: string, found: string): ConfigProblem {
  return { file, line: null, path: '', expected, found };
}
