import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { parseSearch } from '../../expression/index.ts';
import { systemClock } from '../../runtime/system/clock.ts';
import type { FeedItem, Store } from '../../store/port.ts';
import { RANDOM_INPUTS } from '../../testing/random.ts';
import { until } from '../../testing/until.ts';
import type { CheckState, ClientState } from '../documents.ts';
import { Views } from '../views.ts';
import { type Moment, presence, type Subject } from './fields.ts';
import { openSearch, type SearchIndex, Silencing } from './index.ts';
import { type Row, SEARCH_FIELDS } from './rows.ts';
import type { Hit, Question } from './search.ts';
import { Table } from './table.ts';

/** A store in memory whose changes are told when they are made. */
class Memory {
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
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

interface Opened {
  memory: Memory;
  index: SearchIndex;
  /** Waits until the index shows every change. */
  level(): Promise<void>;
}

function open(memory = new Memory(), limits = {}): Opened {
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

function client(name: string, more: object = {}): ClientState {
  return {
    client: { name, address: '::1', subscriptions: ['web', `client:${name}`], timestamp: 1, ...more },
    ...{ signature: '', seenAttendedMs: 0, seenAtMs: 0 },
  };
}

function state(
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

async function find(index: SearchIndex, question: Partial<Question> & { subject: Subject }) {
  const { value, mistake } = await index.searcher.page(
    { q: '', limit: 1000, counts: [], ...question },
    (hit) => ({ item: nameOf(hit), length: 1 }),
  );
  if (!value) throw new Error(`${mistake.message} at ${mistake.position}`);
  return value;
}

describe('a search', () => {
  it('finds by status, check, client, subscription, attribute, text and silence', async () => {
    const { memory, index, level } = open();
    memory.set('client', 'a', client('a', { region: 'eu', subscriptions: ['web', 'client:a'] }));
    memory.set('client', 'b', client('b', { region: 'us', subscriptions: ['db'] }));
    memory.set('state', 'a/disk_root', state('a', 'disk_root', 2, { output: 'Connection REFUSED by peer' }));
    memory.set('state', 'a/load', state('a', 'load', 0));
    memory.set('state', 'b/disk_home', state('b', 'disk_home', 1));
    memory.set('state', 'c/disk_home', state('c', 'disk_home', 200));
    memory.silences.set('client:b:*', {
      silence: { id: 'client:b:*', subscription: 'client:b', check: null, begin: null },
      endsAtMs: null,
    });
    await level();
    const found = async (subject: Subject, q: string) => (await find(index, { subject, q })).items;
    expect(await found('results', 'status:critical')).toEqual(['a/disk_root']);
    expect(await found('results', 'status:>=1')).toEqual(['a/disk_root', 'b/disk_home', 'c/disk_home']);
    expect(await found('results', 'status:200')).toEqual(['c/disk_home']);
    expect(await found('results', 'check:disk* -client:c')).toEqual(['a/disk_root', 'b/disk_home']);
    expect(await found('results', 'client.region:eu')).toEqual(['a/disk_root', 'a/load']);
    expect(await found('results', 'subscription:db')).toEqual(['b/disk_home']);
    expect(await found('results', '"connection refused"')).toEqual(['a/disk_root']);
    expect(await found('results', 'load')).toEqual(['a/load']);
    expect(await found('events', '')).toEqual(['a/disk_root', 'b/disk_home', 'c/disk_home']);
    expect(await found('events', 'silenced:true')).toEqual(['b/disk_home']);
    expect(await found('events', 'silenced_by:client:b*')).toEqual(['b/disk_home']);
    expect(await found('clients', 'status:critical OR name:b')).toEqual(['a', 'b']);
    expect(await found('clients', 'events:0')).toEqual([]);
  });

  it('does not see what is secret, by the usual list or the client’s own', async () => {
    const { memory, index, level } = open();
    memory.set('client', 'a', client('a', { password: 'x', db: { password: 'x', port: 1 }, community: 'x' }));
    memory.set('client', 'b', client('b', { password: 'x', color: 'red', redact: ['color'] }));
    memory.set('state', 'a/load', state('a', 'load', 1));
    memory.set('state', 'b/load', state('b', 'load', 1));
    await level();
    for (const q of ['client.password:x', 'client.password:*', 'client.password:REDACTED']) {
      expect((await find(index, { subject: 'clients', q })).items).toEqual(
        q.endsWith('REDACTED') ? [] : ['b'],
      );
      expect((await find(index, { subject: 'results', q })).total).toBe(q.endsWith('REDACTED') ? 0 : 1);
    }
    expect((await find(index, { subject: 'clients', q: 'client.db.password:x' })).total).toBe(0);
    expect((await find(index, { subject: 'clients', q: 'client.db.port:1' })).total).toBe(1);
    expect((await find(index, { subject: 'clients', q: 'client.color:red' })).total).toBe(0);
    const { counts } = await find(index, { subject: 'clients', counts: ['client.password', 'client.color'] });
    expect(counts).toEqual({ 'client.password': { x: 1 }, 'client.color': {} });
  });

  it('does not see what is secret through its fields and words either', async () => {
    const { memory, index, level } = open();
    const hidden = { address: '10.9.8.7', redact: ['address', 'output'] };
    const subscribed = { address: '10.9.8.7', subscriptions: ['vip'], redact: ['subscriptions'] };
    memory.set('client', 'a', client('a', hidden));
    memory.set('client', 'b', client('b', subscribed));
    for (const name of ['a', 'b']) {
      const known = state(name, 'load', 1);
      const { event } = known;
      const check = { ...known.check, output: 'pin 1234' };
      const told = event && { ...event, check: { ...event.check, output: 'pin 1234' } };
      const told2 = told && { ...told, client: { ...told.client, ...(name === 'a' ? hidden : subscribed) } };
      memory.set('state', `${name}/load`, { ...known, check, event: told2 });
    }
    await level();
    const names = async (subject: Subject, q: string) => (await find(index, { subject, q })).items;
    expect(await names('clients', 'address:10.9*')).toEqual(['b']);
    expect(await names('clients', '10.9.8.7')).toEqual(['b']);
    expect(await names('clients', 'subscription:vip')).toEqual([]);
    for (const subject of ['results', 'events'] as const) {
      expect(await names(subject, 'output:*1234*')).toEqual(['b/load']);
      expect(await names(subject, '1234')).toEqual(['b/load']);
      const { counts } = await find(index, { subject, counts: ['output'] });
      expect(counts).toEqual({ output: { 'pin 1234': 1 } });
    }
  });

  it('counts the values of fields, the most frequent first', async () => {
    const { memory, index, level } = open();
    for (let number = 0; number < 10; number++) {
      memory.set('client', `c${number}`, client(`c${number}`, { zone: number < 7 ? 'a' : 'b' }));
      memory.set('state', `c${number}/load`, state(`c${number}`, 'load', number % 2));
      memory.set('state', `c${number}/disk`, state(`c${number}`, 'disk', 2));
    }
    await level();
    const { counts, total } = await find(index, {
      subject: 'results',
      counts: ['status', 'check', 'client.zone', 'output'],
    });
    expect(total).toBe(20);
    expect(counts).toEqual({
      status: { critical: 10, ok: 5, warning: 5 },
      check: { load: 10, disk: 10 },
      'client.zone': { a: 14, b: 6 },
      output: { fine: 20 },
    });
  });

  it('sorts, and pages behind a cursor', async () => {
    const { memory, index, level } = open();
    for (const [name, status, executed] of [
      ['a', 0, 5],
      ['b', 2, 1],
      ['c', 1, 9],
      ['d', 3, 9],
    ] as const) {
      memory.set('state', `${name}/x`, state(name, 'x', status, { executed }));
    }
    await level();
    const sorted = async (sort: string) => (await find(index, { subject: 'results', sort })).items.join(' ');
    expect(await sorted('client')).toBe('a/x b/x c/x d/x');
    expect(await sorted('-client')).toBe('d/x c/x b/x a/x');
    expect(await sorted('-status')).toBe('b/x c/x d/x a/x');
    expect(await sorted('executed')).toBe('b/x a/x c/x d/x');
    expect(await sorted('-executed')).toBe('c/x d/x a/x b/x');
    const first = await find(index, { subject: 'results', sort: '-executed', limit: 2 });
    expect(first).toMatchObject({ items: ['c/x', 'd/x'], total: 4, next: expect.any(String) });
    const cursor = first.next ?? '';
    const second = await find(index, { subject: 'results', sort: '-executed', limit: 2, cursor });
    expect(second).toMatchObject({ items: ['a/x', 'b/x'], total: 4, next: null });
    for (const wrong of [
      { sort: 'client', cursor },
      { cursor: 'x' },
      { sort: 'password' },
      { counts: ['nothing'] },
    ]) {
      await expect(find(index, { subject: 'results', ...wrong })).rejects.toMatchObject({
        code: 'MESSAGE_INVALID',
      });
    }
  });

  it('ends a page early when it gets long', async () => {
    const { memory, index, level } = open(new Memory(), { pageLength: 2 });
    for (const name of ['a', 'b', 'c', 'd', 'e']) memory.set('client', name, client(name));
    await level();
    const page = await find(index, { subject: 'clients' });
    expect(page).toMatchObject({ items: ['a', 'b', 'c'], total: 5, next: expect.any(String) });
    const rest = await find(index, { subject: 'clients', cursor: page.next ?? '' });
    expect(rest).toMatchObject({ items: ['d', 'e'], next: null });
  });

  it('follows removals, and reads everything again after a gap', async () => {
    const { memory, index, level } = open();
    memory.set('state', 'a/x', state('a', 'x', 1));
    memory.set('client', 'a', client('a'));
    await level();
    memory.states.delete('a/x');
    memory.clients.delete('a');
    memory.states.set('b/y', state('b', 'y', 1));
    memory.resync();
    await level();
    expect((await find(index, { subject: 'results' })).items).toEqual(['b/y']);
    expect((await find(index, { subject: 'clients' })).items).toEqual([]);
    memory.set('state', 'b/y', undefined);
    await level();
    expect((await find(index, { subject: 'results' })).items).toEqual([]);
  });

  it('refuses what does not fit any more, and finds names up to a bound', async () => {
    const { memory, index, level } = open(new Memory(), { atOnce: 1, waiting: 1 });
    for (const name of ['b', 'a', 'c']) memory.set('client', name, client(name));
    await level();
    const asked = [1, 2, 3].map(() => find(index, { subject: 'clients' }));
    const outcomes = await Promise.allSettled(asked);
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected']);
    expect(outcomes[2]).toMatchObject({ reason: { code: 'SEARCH_BUSY' } });
    expect(await index.searcher.names('clients', '', 3)).toEqual({ value: ['a', 'b', 'c'] });
    await expect(index.searcher.names('clients', '', 2)).rejects.toMatchObject({ code: 'MESSAGE_INVALID' });
    expect(await index.searcher.names('clients', 'nme:a', 3)).toMatchObject({ mistake: { position: 0 } });
  });

  it('gives up when it takes too long', async () => {
    const { memory, index, level } = open(new Memory(), { searchMs: -1 });
    const output = 'no '.repeat(30_000);
    for (let number = 0; number < 1_000; number++)
      memory.set('state', `c${number}/x`, state(`c${number}`, 'x', 0, { output }));
    await level();
    await expect(find(index, { subject: 'results', q: 'output:*e*' })).rejects.toMatchObject({
      code: 'TIMED_OUT',
    });
  });
});

const NAMES = ['a', 'b', 'web-1', 'disk_root', 'x'];
const term = fc.oneof(
  fc
    .constantFrom('ok', 'warning', 'critical', 'unknown', '0', '2', '200', '>=1', '<2', '*')
    .map((value) => `status:${value}`),
  fc.constantFrom('a', 'w*', '*1', 'WEB-1', '*').map((value) => `client:${value}`),
  fc.constantFrom('a', 'disk*', '*_*', 'x').map((value) => `check:${value}`),
  fc.constantFrom('eu', 'us', '*', '3', '>2').map((value) => `client.region:${value}`),
  fc.constantFrom('eu', '*').map((value) => `client.password:${value}`),
  fc.constantFrom('web', 'client:a').map((value) => `subscription:${value}`),
  fc.constantFrom('refused', '"NO route"', 'web-1', 'İ', '"ß"', 'r*f'),
  fc.constantFrom('check.executed:>50', 'check.history:*', 'check.password:a'),
);
const query = fc.letrec<{ tree: string }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 4 },
    term,
    fc.tuple(tie('tree'), tie('tree')).map(([one, other]) => `(${one} ${other})`),
    fc.tuple(tie('tree'), tie('tree')).map(([one, other]) => `(${one} OR ${other})`),
    tie('tree').map((one) => `NOT ${one}`),
  ),
})).tree;
const clients = fc.array(
  fc.record({
    name: fc.constantFrom(...NAMES),
    region: fc.constantFrom('eu', 'us', 3, null, ['eu', 'us'], { eu: 1 }),
    password: fc.constantFrom('eu', undefined),
    redact: fc.constantFrom(undefined, ['region'], []),
    subscriptions: fc.constantFrom(['web'], ['client:a', 'web'], []),
  }),
  { maxLength: 5 },
);
const results = fc.array(
  fc.record({
    client: fc.constantFrom(...NAMES),
    check: fc.constantFrom(...NAMES),
    status: fc.constantFrom(0, 1, 2, 3, 200, 254, 255, 256, -1),
    output: fc.constantFrom('connection REFUSED', 'no route', 'fine', 'İSTANBUL', 'STRASSE ß', ''),
    executed: fc.constantFrom(1, 100),
  }),
  { maxLength: 20 },
);

describe('the index', () => {
  it('finds what a plain scan finds, for random documents and searches', async () => {
    await fc.assert(
      fc.asyncProperty(clients, results, query, async (clientList, resultList, q) => {
        const { memory, index, level } = open();
        for (const more of clientList) memory.set('client', more.name, client(more.name, more));
        for (const { client: name, check, status, ...more } of resultList) {
          memory.set('state', `${name}/${check}`, state(name, check, status, more));
        }
        await level();
        for (const subject of ['clients', 'events', 'results'] as const) {
          const wanted = parseSearch(q, SEARCH_FIELDS[subject]).value;
          const found = await index.searcher.names(subject, q, 1000);
          expect(found.value).toEqual(
            wanted ? scan(memory, subject, (row) => wanted.matches(row, row.moment.nowMs)) : undefined,
          );
        }
        for (const close of closers.splice(0)) close();
      }),
      { numRuns: RANDOM_INPUTS },
    );
  });

  it('pages through documents that change without losing or repeating those that do not', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(fc.nat({ max: 40 }), { minLength: 5, maxLength: 30 }),
        fc.array(fc.nat({ max: 40 }), { maxLength: 30 }),
        fc.constantFrom('client', '-client', 'executed', '-executed', '-status', 'check'),
        async (first, changed, sort) => {
          const { memory, index, level } = open();
          const put = (number: number, executed: number): void => {
            const name = `c${String(number).padStart(2, '0')}`;
            memory.set('state', `${name}/x`, state(name, 'x', number % 3, { executed }));
          };
          for (const number of first) put(number, number % 5);
          await level();
          const seen: string[] = [];
          const changes = [...changed];
          for (let cursor: string | null | undefined; cursor !== null; ) {
            const page = await find(index, { subject: 'results', sort, limit: 3, cursor });
            seen.push(...page.items);
            cursor = page.next;
            for (const number of changes.splice(0, 2)) {
              if (number % 2 === 0) put(number, 7);
              else memory.set('state', `c${String(number).padStart(2, '0')}/x`, undefined);
            }
            await level();
          }
          const still = first.filter((number) => !changed.includes(number));
          for (const number of still) {
            const name = `c${String(number).padStart(2, '0')}/x`;
            expect(seen.filter((other) => other === name)).toEqual([name]);
          }
          for (const close of closers.splice(0)) close();
        },
      ),
      { numRuns: Math.min(RANDOM_INPUTS, 200) },
    );
  });
});

/** The names of everything that is asked for, by the search itself, without memory or order of questions. */
function scan(memory: Memory, subject: Subject, matches: (row: Row) => boolean): string[] {
  const table = new Table();
  for (const [name, value] of memory.clients) table.noteClient(name, value);
  for (const [name, value] of memory.states) table.noteState(name, value);
  const nowMs = Date.now();
  const moment: Moment = { table, nowMs, silencing: new Silencing([], nowMs) };
  const isThere = presence(subject, table);
  const found: string[] = [];
  const end = subject === 'clients' ? table.clients.length : table.end;
  for (let at = 0; at < end; at++) {
    if (!isThere(at) || !matches({ moment, at, isPublic: false })) continue;
    const client = table.clientNames.nameOf(subject === 'clients' ? at : (table.client[at] ?? 0));
    found.push(subject === 'clients' ? client : `${client}/${table.checkNames.nameOf(table.check[at] ?? 0)}`);
  }
  return found.sort();
}
