import { TocsinError } from '../../runtime/errors.ts';
import { type AskOptions, apiOf, jsonText } from '../commands/ask.ts';
import { EXIT } from '../exit.ts';
import { table } from '../table.ts';
import { moment, safeText, type Terminal } from '../text.ts';

export interface AuditOptions extends AskOptions {
  limit?: string;
}

interface ListedEntry {
  sequence: number;
  timestamp: number;
  who: string | null;
  how: string;
  address: string | null;
  what: string;
  target: string;
  result: string;
}

const PAGE = 1000;
/** Results that say nothing beside that it was done. */
const DONE = /^(2\d\d|done)$/;

/** `tocsin audit`: who changed what and when, newest first. */
export async function audit(options: AuditOptions, terminal: Terminal): Promise<number> {
  const limit = Number(options.limit ?? '50');
  if (!Number.isSafeInteger(limit) || limit < 1) {
    throw new TocsinError('USAGE', `--limit takes a number above 0, not "${options.limit}"`);
  }
  const items = await lastEntries(options, limit);
  const rows = items.map(({ timestamp, who, address, what, target, result }) => [
    moment(timestamp),
    safeText(who ?? '-'),
    safeText(address ?? 'here'),
    safeText([what, target, DONE.test(result) ? '' : `(${result})`].filter(Boolean).join(' ')),
  ]);
  if (options.json) terminal.write(jsonText(items));
  else if (rows.length === 0) terminal.write('Nothing was recorded.\n');
  else terminal.write(table(terminal, ['TIME', 'WHO', 'FROM', 'WHAT'], rows));
  return EXIT.ok;
}

async function lastEntries(options: AskOptions, limit: number): Promise<ListedEntry[]> {
  const api = apiOf(options);
  const entries: ListedEntry[] = [];
  let before = '';
  while (entries.length < limit) {
    const size = Math.min(PAGE, limit - entries.length);
    const page = await api.get<{ items: ListedEntry[]; next: number | null }>(
      `/api/v1/audit?limit=${size}${before}`,
    );
    entries.push(...(page?.items ?? []));
    if (page?.next == null) break;
    before = `&before=${page.next}`;
  }
  return entries;
}
