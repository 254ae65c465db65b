import { systemClock } from '../runtime/system/clock.ts';
import type { CheckState, ClientState } from '../state/documents.ts';
import { NONE } from '../state/search/chunk.ts';
import type { Moment, Subject } from '../state/search/fields.ts';
import { openSearch, type SearchIndex, Silencing } from '../state/search/index.ts';
import type { Row } from '../state/search/rows.ts';
import type { Hit, Question } from '../state/search/search.ts';
import { Table } from '../state/search/table.ts';
import { Views } from '../state/views.ts';
import type { FeedItem, Store } from '../store/port.ts';
import { until } from './until.ts';

/** A store in memory whose changes are told when they are made. */
export class Memory {
  readonly clients = new Map<string, ClientState>();
  readonly states = new Map<string, CheckState>();
  readonly silences = new Map<string, unknown>();
  readonly #listeners = new Set<(item: FeedItem) => void>();
  #place = 0;

  readonly store = {
    name: 'memory',
    connected: true,
    cursor: () => this.#cursor(),
    view: (kind: string) => this.#view(kind),
    follow: (_cursor: string | undefined, signal: AbortSignal) => this.#follow(signal),
  } as unknown as Store;

  set(kind: 'client' | 'state', name: string, value: unknown): void {
    const map = this.#view(kind) as Map<string, unknown>;
    if (value === undefined) map.delete(name);
    else map.set(name, value);
    this.#place++;
    this.#tell({ cursor: this.#cursor(), type: 'document', kind, name, value });
  }

  /** Tells the followers that they missed something. */
  resync(): void {
    this.#place++;
    this.#tell({ cursor: this.#cursor(), type: 'resync' });
  }

  #view(kind: string): Map<string, unknown> {
    if (kind === 'client') return this.clients;
    return kind === 'state' ? this.states : kind === 'silence' ? this.silences : new Map();
  }

  #cursor(): string {
    return String(this.#place).padStart(16, '0');
  }

  #tell(item: FeedItem): void {
    for (const listener of this.#listeners) listener(item);
  }

  async *#follow(signal: AbortSignal): AsyncGenerator<readonly FeedItem[]> {
    const waiting: FeedItem[] = [];
    let wake: () => void = () => undefined;
    const listener = (item: FeedItem): void => {
      waiting.push(item);
      wake();
    };
    this.#listeners.add(listener);
    signal.addEventListener('abort', () => wake());
    while (!signal.aborted) {
      if (waiting.length > 0) yield waiting.splice(0);
      else {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    }
    this.#listeners.delete(listener);
  }
}

const closers: (() => void)[] = [];

/** Closes what `openMemory` has opened. */
export function closeSearches(): void {
  for (const close of closers.splice(0)) close();
}

export interface Opened {
  memory: Memory;
  index: SearchIndex;
  /** Waits until the index shows every change. */
  level(): Promise<void>;
}

/** A search over a store in memory; `closeSearches` ends it. */
export function openMemory(memory = new Memory(), limits = {}): Opened {
  const ended = new AbortController();
  const fail = (error: unknown): void => {
    throw error;
  };
  const views = Views.open(memory.store, ended.signal, fail);
  const index = openSearch({ views, store: memory.store, clock: systemClock, limits }, fail);
  closers.push(() => {
    index.close();
    ended.abort();
  });
  return { memory, index, level: () => until(() => index.freshness.behindMs() === 0, 'the index is level') };
}

/** A registered client. */
export function client(name: string, more: object = {}): ClientState {
  return {
    client: { name, address: '::1', subscriptions: ['web', `client:${name}`], timestamp: 1, ...more },
    ...{ signature: '', seenAttendedMs: 0, seenAtMs: 0 },
  };
}

/** The state of a check, with an event when it is not OK. */
export function state(
  name: string,
  checkName: string,
  status: number,
  more: { output?: string; executed?: number } = {},
): CheckState {
  const check = { name: checkName, status, output: 'fine', executed: 100, ...more };
  const event =
    status === 0
      ? null
      : {
          id: `${name}-${checkName}`,
          client: client(name).client,
          check: { ...check, history: [String(status)], total_state_change: 0 },
          ...{ occurrences: 1, occurrences_watermark: 1, last_ok: null, action: 'create' as const },
          ...{ timestamp: 100, silenced: false, silenced_by: [] },
        };
  const today = { day: 0, ok: 0, warning: 0, critical: 0, unknown: 0 };
  return { check, history: [status], last_ok: null, event, today, taken: [] };
}

const nameOf = ({ client, check }: Hit): string => (check === '' ? client : `${client}/${check}`);

/** A page of names. */
export async function find(index: SearchIndex, question: Partial<Question> & { subject: Subject }) {
  const { value, mistake } = await index.searcher.page(
    { q: '', limit: 1000, counts: [], ...question },
    (hit) => ({ item: nameOf(hit), length: 1 }),
  );
  if (!value) throw new Error(`${mistake.message} at ${mistake.position}`);
  return value;
}

/** The names of everything that is asked for, by the search itself, without memory or order of questions. */
export function scan(memory: Memory, subject: Subject, matches: (row: Row) => boolean): string[] {
  const table = new Table();
  for (const [name, value] of memory.clients) table.noteClient(name, value);
  for (const [name, value] of memory.states) table.noteState(name, value);
  const nowMs = Date.now();
  const moment: Moment = { table, nowMs, silencing: new Silencing([], nowMs) };
  const isThere = (at: number): boolean => {
    if (subject === 'clients') return table.clients[at] !== undefined;
    return (subject === 'results' ? table.result(at) : table.event(at)) !== NONE;
  };
  const found: string[] = [];
  const end = subject === 'clients' ? table.clients.length : table.end;
  for (let at = 0; at < end; at++) {
    if (!isThere(at) || !matches({ moment, at, isPublic: false })) continue;
    const client = table.clientNames.nameOf(subject === 'clients' ? at : table.client(at));
    found.push(subject === 'clients' ? client : `${client}/${table.checkNames.nameOf(table.check(at))}`);
  }
  return found.sort();
}
