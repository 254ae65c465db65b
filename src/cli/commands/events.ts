import type { ExecutedCheck } from '../../model/check.ts';
import type { DeliveryRecord, Transition } from '../../model/delivery.ts';
import type { Event } from '../../model/event.ts';
import type { ApiClient } from '../api-client.ts';
import { EXIT } from '../exit.ts';
import { table } from '../table.ts';
import {
  duration,
  firstLine,
  historyStrip,
  moment,
  paint,
  safeText,
  severityWord,
  type Terminal,
} from '../text.ts';
import { type AskOptions, apiOf, isUnknown, jsonText, showAndWatch } from './ask.ts';

/** Flags of `tocsin events`. */
export interface EventsOptions extends AskOptions {
  exitStatus?: boolean;
}

/** Changes, deliveries that one check's page shows. */
const SHOWN = 50;

/** `tocsin events [CLIENT[/CHECK]]`. */
export async function events(
  only: string | undefined,
  options: EventsOptions,
  terminal: Terminal,
): Promise<number> {
  const api = apiOf(options);
  const watching = { api, terminal, watch: options.watch, types: ['event', 'result', 'delivery'] };
  if (only?.includes('/')) return showAndWatch(watching, () => drawOne(only, api, options, terminal));
  return showAndWatch(watching, () => drawList(only, api, options, terminal));
}

async function drawList(
  client: string | undefined,
  api: ApiClient,
  options: EventsOptions,
  terminal: Terminal,
): Promise<{ text: string; code: number }> {
  const own = await ownEvents(api);
  const open = await api.list<Event>(client === undefined ? '/events' : `/events/${client}`);
  if (client === undefined || client === own.client) open.push(...own.events);
  if (client !== own.client && (await isUnknown(api, client, open)))
    return { text: `There is no client ${client}.\n`, code: EXIT.notFound };
  const code = options.exitStatus && open.length > 0 ? EXIT.failed : EXIT.ok;
  if (options.json) return { text: jsonText(open), code };
  if (open.length === 0) return { text: `${paint(terminal, 'green', 'No open problem.')}\n`, code };
  const rows = open
    .sort(worstFirst)
    .map((event) => [
      severityWord(terminal, event.check.status),
      event.client.name,
      event.check.name,
      event.last_state_change === undefined ? '' : duration(Date.now() / 1000 - event.last_state_change),
      `${event.occurrences}×${event.action === 'flapping' ? ' flapping' : ''}${event.silenced ? ' silenced' : ''}`,
      firstLine(event.check.output),
    ]);
  return { text: table(terminal, ['SEVERITY', 'CLIENT', 'CHECK', 'FOR', 'SEEN', 'OUTPUT'], rows), code };
}

/** What a server reports about itself, which the lists of the 1.x API leave out. */
interface Own {
  client?: string;
  events: Event[];
}

async function ownEvents(api: ApiClient): Promise<Own> {
  return (await api.get<Own>('/api/v1/self')) ?? { events: [] };
}

function worstFirst(one: Event, other: Event): number {
  const rank = ({ check }: Event): number => [0, 2, 3, 1][check.status] ?? 1;
  return rank(other) - rank(one) || (other.last_state_change ?? 0) - (one.last_state_change ?? 0);
}

/** All about one client's one check. */
interface Story {
  client: string;
  check: ExecutedCheck & { history: number[] };
  event: Event | null;
  transitions: Transition[];
  deliveries: DeliveryRecord[];
}

async function drawOne(
  name: string,
  api: ApiClient,
  options: EventsOptions,
  terminal: Terminal,
): Promise<{ text: string; code: number }> {
  const story = await fetchStory(name, api);
  if (!story)
    return { text: `Nothing is known of ${name}. "tocsin results" lists what is.\n`, code: EXIT.notFound };
  const code = options.exitStatus && story.event ? EXIT.failed : EXIT.ok;
  return { text: options.json ? jsonText(story) : describe(story, terminal), code };
}

type Result = Pick<Story, 'client' | 'check'>;

async function ownEvent(name: string, api: ApiClient): Promise<Event | undefined> {
  const { events } = await ownEvents(api);
  return events.find(({ client, check }) => `${client.name}/${check.name}` === name);
}

async function ownResult(name: string, api: ApiClient): Promise<Result | undefined> {
  const { client: own } = await ownEvents(api);
  const [client, check] = name.split('/');
  if (own === undefined || client !== own) return undefined;
  const query = encodeURIComponent(`client:"${client}" check:"${check}"`);
  const found = await api.get<{ items: Result[] }>(`/api/v1/search/results?limit=1&q=${query}`);
  return found?.items.find((item) => item.check.name === check);
}

async function fetchStory(name: string, api: ApiClient): Promise<Story | undefined> {
  const logs = `${name}?limit=${SHOWN}`;
  const [result, event, transitions, deliveries] = await Promise.all([
    api.get<Result>(`/results/${name}`).then((found) => found ?? ownResult(name, api)),
    api.get<Event>(`/events/${name}`).then((found) => found ?? ownEvent(name, api)),
    api.get<{ items: Transition[] }>(`/api/v1/transitions/${logs}`),
    api.get<{ items: DeliveryRecord[] }>(`/api/v1/deliveries/${logs}`),
  ]);
  if (!result) return undefined;
  return {
    ...result,
    event: event ?? null,
    transitions: transitions?.items ?? [],
    deliveries: deliveries?.items ?? [],
  };
}

function describe(story: Story, terminal: Terminal): string {
  const { check, event } = story;
  const dim = (text: string): string => paint(terminal, 'dim', text);
  const since = event?.last_state_change;
  const state = event
    ? `open${since === undefined ? '' : ` for ${duration(Date.now() / 1000 - since)}`}, seen ${event.occurrences}×${event.action === 'flapping' ? ', flapping' : ''}${event.silenced ? ', silenced' : ''}`
    : 'no open problem';
  return [
    `${severityWord(terminal, check.status)}  ${paint(terminal, 'bold', `${story.client}/${check.name}`)}  ${state}`,
    `${dim('ran')} ${moment(check.executed ?? 0)}  ${dim('history')} ${historyStrip(terminal, check.history)}`,
    '',
    safeText(check.output).trimEnd(),
    '',
    ...hookLines(check.hooks, dim),
    dim('WHAT CHANGED WHEN'),
    ...orNothing(
      story.transitions.map((transition) => transitionLine(transition, terminal)),
      'nothing yet',
    ),
    '',
    dim('WHO WAS TOLD'),
    ...orNothing(
      gathered(story.deliveries).map((same) => deliveryLine(same, terminal)),
      'nobody: there was no event yet',
    ),
    '',
  ].join('\n');
}

/** What came of the hook that ran, if one did. */
function hookLines(hooks: ExecutedCheck['hooks'], dim: (text: string) => string): string[] {
  return Object.entries(hooks ?? {}).flatMap(([name, { output, status }]) =>
    typeof output === 'string'
      ? [
          dim(`HOOK ${safeText(name)}${status ? `, which ended with ${status}` : ''}`),
          ...safeText(output)
            .trimEnd()
            .split('\n')
            .map((line) => `  ${line}`),
          '',
        ]
      : [],
  );
}

function orNothing(lines: string[], nothing: string): string[] {
  return lines.length === 0 ? [`  ${nothing}`] : lines.map((line) => `  ${line}`);
}

function transitionLine(transition: Transition, terminal: Terminal): string {
  const late = transition.late ? ' (came late, changed nothing)' : '';
  return `${moment(transition.timestamp)}  ${severityWord(terminal, transition.status)}  ${firstLine(transition.output)}${late}`;
}

/** Deliveries that say the same of one handler, next to each other in time: shown as one line. */
interface Gathered {
  newest: DeliveryRecord;
  times: number;
}

/** A problem that goes on is held back again and again for the same reason; one line tells it. */
function gathered(records: readonly DeliveryRecord[]): Gathered[] {
  const lines: Gathered[] = [];
  const lastOf = new Map<string, Gathered>();
  for (const record of records) {
    const last = lastOf.get(record.handler);
    if (last && record.outcome === 'filtered' && saying(last.newest) === saying(record)) {
      last.times++;
      continue;
    }
    const line = { newest: record, times: 1 };
    lastOf.set(record.handler, line);
    lines.push(line);
  }
  return lines;
}

function saying(record: DeliveryRecord): string {
  return [record.outcome, record.action, record.status, record.filtered?.why].join(' ');
}

function deliveryLine({ newest, times }: Gathered, terminal: Terminal): string {
  const when = `${moment(newest.timestamp)}  ${newest.handler}`;
  const what = `${newest.action} ${severityWord(terminal, newest.status)}`;
  if (newest.outcome === 'handled') return `${when}  ${paint(terminal, 'bold', 'told')} of ${what}`;
  if (newest.outcome === 'superseded') return `${when}  not told of ${what}: the event was resolved first`;
  if (newest.outcome === 'late') return `${when}  not told of ${what}: the result came late`;
  if (newest.outcome === 'failed' || newest.outcome === 'dead') {
    const error = firstLine(newest.failed?.error ?? '');
    const word = newest.outcome === 'dead' ? 'given up' : 'failed';
    return `${when}  ${paint(terminal, 'red', word)} at the ${newest.failed?.stage}, ${what}: ${error}`;
  }
  const often = times > 1 ? ` (${times} times)` : '';
  return `${when}  not told of ${what}${often}: ${firstLine(newest.filtered?.why ?? '')}`;
}
