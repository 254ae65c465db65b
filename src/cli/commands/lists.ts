import type { Check, ExecutedCheck } from '../../model/check.ts';
import type { RegisteredClient } from '../../model/client.ts';
import type { ApiClient } from '../api-client.ts';
import { EXIT } from '../exit.ts';
import { table } from '../table.ts';
import { duration, firstLine, historyStrip, paint, severityWord, type Terminal } from '../text.ts';
import { type AskOptions, apiOf, isUnknown, jsonText, showAndWatch } from './ask.ts';

/** A result as the API lists it. */
interface ListedResult {
  client: string;
  check: ExecutedCheck & { history?: number[] };
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
  checks: listOf<Check>({
    types: [],
    path: () => '/checks',
    order: (one, other) => one.name.localeCompare(other.name),
    nothing: 'No check is scheduled by the server.',
    headings: ['CHECK', 'EVERY', 'SUBSCRIBERS', 'HANDLERS', 'RUNS'],
    row: (check) => [
      check.name,
      check.interval === undefined ? (check.cron ?? 'on request') : duration(check.interval),
      (check.subscribers ?? []).join(' '),
      (check.handlers ?? [check.handler ?? 'default']).join(' '),
      firstLine(check.command ?? `${check.extension} (in process)`),
    ],
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

function listOf<T>(list: {
  /** Kinds of change after which it is drawn again. */
  types: readonly string[];
  path: (only: string | undefined) => string;
  order: (one: T, other: T) => number;
  nothing: string;
  headings: readonly string[];
  row: (item: T, terminal: Terminal) => readonly string[];
}): ListCommand {
  return (only, options, terminal) => {
    const api = apiOf(options);
    return showAndWatch({ api, terminal, watch: options.watch, types: list.types }, async () => {
      const { items, single } = await fetchItems<T>(api, list.path(only));
      if (!single && (await isUnknown(api, only, items)))
        return { text: nothingOf(only ?? ''), code: EXIT.notFound };
      if (options.json) return { text: jsonText(single ? items[0] : items), code: EXIT.ok };
      if (items.length === 0) return { text: `${list.nothing}\n`, code: EXIT.ok };
      const rows = items.sort(list.order).map((item) => list.row(item, terminal));
      return { text: table(terminal, list.headings, rows), code: EXIT.ok };
    });
  };
}

function nothingOf(name: string): string {
  return name.includes('/')
    ? `There is no result ${name}. "tocsin results" lists what is.\n`
    : `There is no client ${name}.\n`;
}

/** The list at a path, empty when there is none, or the one thing that is there. */
async function fetchItems<T>(api: ApiClient, path: string): Promise<{ items: T[]; single: boolean }> {
  if (path.lastIndexOf('/') === 0) return { items: await api.list<T>(path), single: false };
  const found = (await api.get<T | T[]>(path)) ?? [];
  return Array.isArray(found) ? { items: found, single: false } : { items: [found], single: true };
}

function ago(unixSeconds: number): string {
  return duration(Date.now() / 1000 - unixSeconds);
}
