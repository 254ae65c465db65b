import type { DeadLetter } from '../../model/delivery.ts';
import { TocsinError } from '../../runtime/errors.ts';
import type { ApiClient } from '../api-client.ts';
import { type AskOptions, apiOf, jsonText } from '../commands/ask.ts';
import { EXIT } from '../exit.ts';
import { table } from '../table.ts';
import { firstLine, moment, safeText, severityWord, type Terminal } from '../text.ts';
import { counted } from './words.ts';

/** A dead letter as `GET /api/v1/dead` lists it. */
interface ListedLetter {
  id: string;
  handler: string;
  client: string;
  check: string;
  action: string;
  status: number;
  timestamp: number;
  tries: number;
  error: string;
  event_open: boolean;
  again: number | null;
}

interface DeadPage {
  items: ListedLetter[];
  next: string | null;
}

export interface DeadOptions extends AskOptions {
  handler?: string;
}

export interface DeadWish extends DeadOptions {
  all?: boolean;
  dryRun?: boolean;
}

const PATH = '/api/v1/dead';
const HEADINGS = ['ID', 'TIME', 'HANDLER', 'EVENT', 'ACTION', 'SEVERITY', 'OPEN', 'TRIES', 'ERROR'];

/** `tocsin dead list`: the deliveries that were given up, the oldest first. */
export async function listDead(options: DeadOptions, terminal: Terminal): Promise<number> {
  const letters = await all(apiOf(options), options.handler);
  if (options.json) terminal.write(jsonText(letters));
  else if (letters.length === 0) terminal.write(noneOf(options.handler));
  else terminal.write(table(terminal, HEADINGS, letters.map(row(terminal))));
  return EXIT.ok;
}

function noneOf(handler: string | undefined): string {
  return handler === undefined ? 'No delivery was given up.\n' : `No delivery to ${handler} was given up.\n`;
}

function row(terminal: Terminal): (letter: ListedLetter) => string[] {
  return ({ id, timestamp, handler, client, check, action, status, event_open, tries, error, again }) => [
    safeText(id),
    moment(timestamp),
    safeText(handler),
    safeText(`${client}/${check}`),
    safeText(action),
    severityWord(terminal, status),
    event_open ? 'yes' : 'no',
    String(tries),
    again === null ? firstLine(error) : 'is sent again',
  ];
}

/** `tocsin dead show`: one of them with its event, as JSON. */
export async function showDead(id: string, options: AskOptions, terminal: Terminal): Promise<number> {
  const letter = await apiOf(options).get<DeadLetter>(`${PATH}/${encodeURIComponent(id)}`);
  if (!letter) throw new TocsinError('NOT_FOUND', `There is no dead letter ${id}.`);
  terminal.write(jsonText(letter));
  return EXIT.ok;
}

/** `tocsin dead retry`: sends some of them again, or all, or all of one handler. */
export function retryDead(ids: readonly string[], wish: DeadWish, terminal: Terminal): Promise<number> {
  const doing = { would: 'Would send', done: 'Will send', rest: ' again' };
  return each(ids, wish, doing, terminal, (api, id) => api.send('POST', `${PATH}/${id}/retry`));
}

/** `tocsin dead drop`: forgets some of them, or all, or all of one handler. */
export function dropDead(ids: readonly string[], wish: DeadWish, terminal: Terminal): Promise<number> {
  const doing = { would: 'Would forget', done: 'Forgot', rest: '' };
  return each(ids, wish, doing, terminal, (api, id) => api.send('DELETE', `${PATH}/${id}`));
}

/** Does it to each; one that somebody else was quicker with is passed over. */
async function each(
  ids: readonly string[],
  wish: DeadWish,
  { would, done, rest }: { would: string; done: string; rest: string },
  terminal: Terminal,
  act: (api: ApiClient, id: string) => Promise<unknown>,
): Promise<number> {
  const api = apiOf(wish);
  const letters = await chosen(api, ids, wish);
  if (letters.length === 0) terminal.write(noneOf(wish.handler));
  let acted = 0;
  for (const { id, handler, client, check, action } of letters) {
    if (!wish.dryRun && !(await acts(() => act(api, encodeURIComponent(id))))) continue;
    acted++;
    const what = `${id}: ${action} of ${client}/${check} to ${handler}`;
    terminal.write(`${wish.dryRun ? would : done} ${safeText(what)}${rest}.\n`);
  }
  if (letters.length > 1) terminal.write(`${counted(acted, 'dead letter')}.\n`);
  return EXIT.ok;
}

async function acts(act: () => Promise<unknown>): Promise<boolean> {
  try {
    await act();
    return true;
  } catch (error) {
    if (error instanceof TocsinError && error.kind === 'not_found') return false;
    throw error;
  }
}

/** @throws TocsinError USAGE when it is not said which, NOT_FOUND for an id that none has, before anything is done */
async function chosen(
  api: ApiClient,
  ids: readonly string[],
  { all: everyone, handler }: DeadWish,
): Promise<ListedLetter[]> {
  if (ids.length > 0 === (everyone === true || handler !== undefined)) {
    throw new TocsinError('USAGE', 'say which dead letters: their ids, or --handler, or --all');
  }
  const letters = await all(api, handler);
  if (ids.length === 0) return letters;
  const known = new Map(letters.map((letter) => [letter.id, letter]));
  const missing = ids.filter((id) => !known.has(id));
  if (missing.length > 0) {
    throw new TocsinError('NOT_FOUND', `There is no dead letter ${missing.join(', ')}.`);
  }
  return ids.flatMap((id) => known.get(id) ?? []);
}

async function all(api: ApiClient, handler: string | undefined): Promise<ListedLetter[]> {
  const letters: ListedLetter[] = [];
  for (let after = ''; ; ) {
    const query = new URLSearchParams({
      limit: '1000',
      after,
      ...(handler === undefined ? {} : { handler }),
    });
    const page = await api.get<DeadPage>(`${PATH}?${query}`);
    if (!page) throw new TocsinError('SERVER_REFUSED', 'this server keeps no dead letters: it is older');
    letters.push(...page.items);
    if (page.next === null) return letters;
    after = page.next;
  }
}
