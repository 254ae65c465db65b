import { readFileSync } from 'node:fs';
import { isAttributes } from '../../model/attributes.ts';
import { TocsinError } from '../../runtime/errors.ts';
import { type AskOptions, apiOf, jsonText } from '../commands/ask.ts';
import { EXIT } from '../exit.ts';
import { table } from '../table.ts';
import { duration, safeText, type Terminal } from '../text.ts';
import { secondsOf } from './words.ts';

interface ListedStash {
  path: string;
  content: Record<string, unknown>;
  expire: number;
}

/** `tocsin stash list` */
export async function listStashes(options: AskOptions, terminal: Terminal): Promise<number> {
  const stashes = await apiOf(options).list<ListedStash>('/stashes');
  const rows = stashes.map(({ path, content, expire }) => [
    safeText(path),
    expire < 0 ? 'never' : `in ${duration(expire)}`,
    safeText(JSON.stringify(content)),
  ]);
  if (options.json) terminal.write(jsonText(stashes));
  else if (rows.length === 0) terminal.write('Nothing is stashed.\n');
  else terminal.write(table(terminal, ['PATH', 'ENDS', 'CONTENT'], rows));
  return EXIT.ok;
}

/** `tocsin stash show` */
export async function showStash(path: string, options: AskOptions, terminal: Terminal): Promise<number> {
  const content = await apiOf(options).get<unknown>(`/stashes/${encodePath(path)}`);
  if (content === undefined) throw new TocsinError('NOT_FOUND', `There is no stash ${path}.`);
  terminal.write(jsonText(content));
  return EXIT.ok;
}

/** `tocsin stash set`: keeps a JSON object under a path; `-` reads it from standard input. */
export async function setStash(
  path: string,
  text: string,
  options: AskOptions & { for?: string; dryRun?: boolean },
  terminal: Terminal,
): Promise<number> {
  const content = objectOf(text === '-' ? readFileSync(0, 'utf8') : text);
  const expire = options.for === undefined ? {} : { expire: secondsOf(options.for, '--for') };
  if (!options.dryRun) await apiOf(options).send('POST', '/stashes', { path, content, ...expire });
  terminal.write(`${options.dryRun ? 'Would stash' : 'Stashed'} ${path}.\n`);
  return EXIT.ok;
}

/** `tocsin stash delete` */
export async function deleteStash(
  path: string,
  options: AskOptions & { dryRun?: boolean },
  terminal: Terminal,
): Promise<number> {
  const api = apiOf(options);
  if ((await api.get(`/stashes/${encodePath(path)}`)) === undefined) {
    throw new TocsinError('NOT_FOUND', `There is no stash ${path}.`);
  }
  if (!options.dryRun) await api.send('DELETE', `/stashes/${encodePath(path)}`);
  terminal.write(`${options.dryRun ? 'Would delete' : 'Deleted'} the stash ${path}.\n`);
  return EXIT.ok;
}

function encodePath(path: string): string {
  return path.split('/').map(encodeURIComponent).join('/');
}

function objectOf(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    if (isAttributes(value)) return value;
  } catch {
    // The same mistake: it is no object.
  }
  throw new TocsinError('USAGE', 'a stash holds a JSON object, like \'{"owner":"ops"}\'');
}
