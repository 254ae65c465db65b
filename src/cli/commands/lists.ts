import type { Check, ExecutedCheck } from '../../model/check.ts';
import type { RegisteredClient } from '../../model/client.ts';
import type { ApiClient } from '../api-client.ts';
import { EXIT } from '../exit.ts';
import { table } from '../table.ts';
import { duration, firstLine, historyStrip, paint, safeText, severityWord, type Terminal } from '../text.ts';
import { type AskOptions, apiOf, isUnknown, jsonText, showAndWatch } from './ask.ts';

/** A result as the API lists it. */
interface ListedResult {
  client: string;
  check: ExecutedCheck & { history?: number[] };
}

/** A check as it is configured, or one that is left out for its mistakes. */
type ListedCheck = Check | SkippedCheck;

interface SkippedCheck {
  name: string;
  skipped: true;
  problems: readonly { path: string; expected: string; found: string }[];
}

type ListCommand = (only: string | undefined, options: AskOptions, terminal: Terminal) => Promise<number>;

/** Commands that show one list each, or one thing of it. */
export const lists: Record<'clients' | 'checks' | 'results', ListCommand> = {
  clients: listOf<RegisteredClient>({
    types: ['client'],
    path: (only) => (only === undefined ? '/clients' : `/clients/${only}`),
    order: (one, other) => one.name.localeCompare(other.name),
    nothing: 'No client has been heard yet.',
    headings: ['CLIENT', 'ADDRESS', 'LAST KEEPALIVE', 'VERSION', 'SUBSCRIPTIONS'],
    row: (client, terminal) => [
      client.name,
      client.address ?? '',
      client.keepalives === false ? paint(terminal, 'dim', 'not watched') : `${ago(client.timestamp)} ago`,
      client.version ?? '',
      client.subscriptions.join(' '),
    ],
  }),
  checks: listOf<ListedCheck>({
    types: [],
    path: () => '/checks',
    fetch: fetchChecks,
    order: (one, other) => one.name.localeCompare(other.name),
    nothing: 'No check is configured.',
    headings: ['CHECK', 'NOTE', 'EVERY', 'SUBSCRIBERS', 'HANDLERS', 'RUNS'],
    row: checkRow,
    end: tellOfSkipped,
  }),
  results: listOf<ListedResult>({
    types: ['result'],
    path: (only) => (only === undefined ? '/results' : `/results/${only}`),
    order: (one, other) =>
      one.client.localeCompare(other.client) || one.check.name.localeCompare(other.check.name),
    nothing: 'No result has come in yet.',
    headings: ['CLIENT', 'CHECK', 'SEVERITY', 'HISTORY', 'AGE', 'OUTPUT'],
    row: ({ client, check }, terminal) => [
      client,
      check.name,
      severityWord(terminal, check.status),
      historyStrip(terminal, check.history ?? []),
      ago(check.executed ?? 0),
      firstLine(check.output),
    ],
  }),
};

/** What is listed, and how. */
interface List<T> {
  /** Kinds of change after which it is drawn again. */
  types: readonly string[];
  path: (only: string | undefined) => string;
  /** How all of them are asked for, where the path alone does not tell all. */
  fetch?: (api: ApiClient) => Promise<T[] | undefined>;
  order: (one: T, other: T) => number;
  nothing: string;
  headings: readonly string[];
  row: (item: T, terminal: Terminal) => readonly string[];
  /** What stands below the table. */
  end?: (items: readonly T[]) => string;
}

function listOf<T>(list: List<T>): ListCommand {
  return (only, options, terminal) => {
    const api = apiOf(options);
    return showAndWatch({ api, terminal, watch: options.watch, types: list.types }, async () => {
      const { items, single } = await fetchItems(api, list, only);
      if (!single && (await isUnknown(api, only, items)))
        return { text: nothingOf(only ?? ''), code: EXIT.notFound };
      if (options.json) return { text: jsonText(single ? items[0] : items), code: EXIT.ok };
      if (items.length === 0) return { text: `${list.nothing}\n`, code: EXIT.ok };
      const rows = items.sort(list.order).map((item) => list.row(item, terminal));
      const text = table(terminal, list.headings, rows) + (list.end?.(items) ?? '');
      return { text, code: EXIT.ok };
    });
  };
}

/** Every check that is configured; undefined where only the 1.x API is there, which knows those that a server asks for. */
async function fetchChecks(api: ApiClient): Promise<ListedCheck[] | undefined> {
  const found = await api.get<{ items: Check[]; skipped: Omit<SkippedCheck, 'skipped'>[] }>('/api/v1/checks');
  return found && [...found.items, ...found.skipped.map((one) => ({ ...one, skipped: true as const }))];
}

function isSkipped(check: ListedCheck): check is SkippedCheck {
  return 'skipped' in check && check.skipped === true;
}

function checkRow(check: ListedCheck, terminal: Terminal): string[] {
  if (isSkipped(check)) return [check.name, paint(terminal, 'red', 'left out'), '', '', '', ''];
  return [
    check.name,
    paint(terminal, 'dim', noteOf(check)),
    check.interval === undefined ? (check.cron ?? 'on request') : duration(check.interval),
    (check.subscribers ?? []).join(' '),
    (check.handlers ?? [check.handler ?? 'default']).join(' '),
    firstLine(check.command ?? `${check.extension} (in process)`),
  ];
}

/** Why a server does not ask for a check by itself; empty when it does. */
function noteOf({ standalone, publish }: Check): string {
  if (standalone === true) return 'standalone';
  return publish === false ? 'on request' : '';
}

/** The mistakes that keep checks from running. */
function tellOfSkipped(checks: readonly ListedCheck[]): string {
  const lines = checks
    .filter(isSkipped)
    .flatMap(({ problems }) => problems)
    .map(({ path, expected, found }) => `  ${safeText(`${path}: expected ${expected}, found ${found}`)}\n`);
  return lines.length === 0 ? '' : `\nLeft out for these mistakes:\n${lines.join('')}`;
}

function nothingOf(name: string): string {
  return name.includes('/')
    ? `There is no result ${name}. "tocsin results" lists what is.\n`
    : `There is no client ${name}.\n`;
}

/** The list at a path, empty when there is none, or the one thing that is there. */
async function fetchItems<T>(
  api: ApiClient,
  list: List<T>,
  only: string | undefined,
): Promise<{ items: T[]; single: boolean }> {
  const all = await list.fetch?.(api);
  if (all) return { items: all, single: false };
  const path = list.path(only);
  if (path.lastIndexOf('/') === 0) return { items: await api.list<T>(path), single: false };
  const found = (await api.get<T | T[]>(path)) ?? [];
  return Array.isArray(found) ? { items: found, single: false } : { items: [found], single: true };
}

function ago(unixSeconds: number): string {
  return duration(Date.now() / 1000 - unixSeconds);
}
