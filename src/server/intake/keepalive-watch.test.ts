import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type CheckResult, CheckResultSchema } from '../../model/check.ts';
import type { RegisteredClient } from '../../model/client.ts';
import type { Handler } from '../../model/handler.ts';
import { problemsOf } from '../../model/problems.ts';
import { turn } from '../../runtime/clock.ts';
import { Counters } from '../../runtime/counters.ts';
import type { ClientState } from '../../state/documents.ts';
import { ManualClock } from '../../testing/clock.ts';
import { memoryLog } from '../../testing/log.ts';
import { RANDOM_INPUTS } from '../../testing/random.ts';
import { until } from '../../testing/until.ts';
import { judgeKeepalive } from './keepalive-check.ts';
import { KeepaliveWatch } from './keepalive-watch.ts';

const client = (extra: object = {}): RegisteredClient => ({
  name: 'i-42',
  subscriptions: ['client:i-42'],
  timestamp: 1,
  ...extra,
});
const check = { thresholds: { warning: 120, critical: 180 } };
const judge = (age: number, extra: object = {}, hasHandler = false) =>
  judgeKeepalive(client(extra), age, { check, hasHandler, now: 5000 }).check;

test.each([
  [0, 0, 'Keepalive sent from client 0 seconds ago'],
  [119, 0, 'Keepalive sent from client 119 seconds ago'],
  [120, 1, 'No keepalive sent from client for 120 seconds (>=120)'],
  [180, 2, 'No keepalive sent from client for 180 seconds (>=180)'],
])('age %i s is status %i', (age, status, output) => {
  expect(judge(age)).toEqual({ ...check, name: 'keepalive', issued: 5000, executed: 5000, status, output });
});

test('a client lays its own attributes over its keepalive check', () => {
  const judged = judge(40, { keepalive: { thresholds: { warning: 30 }, contact: 'ops' } }, true);
  expect(judged).toMatchObject({
    status: 1,
    contact: 'ops',
    handler: 'keepalive',
    thresholds: { warning: 30, critical: 180 },
  });
});

function watching(states: ClientState[], mayGo = true) {
  const clock = new ManualClock();
  const log = memoryLog();
  const counters = new Counters();
  const silent: string[] = [];
  const published: CheckResult[] = [];
  const start = clock.elapsed();
  const watch = new KeepaliveWatch({
    views: {
      clientNames: () => states.map(({ client: known }) => known.name),
      client: (name) => states.find(({ client: known }) => known.name === name),
    },
    attendance: { attendedMs: () => clock.elapsed() - start },
    transport: {
      publishResult: async ({ body }) => {
        published.push(body as CheckResult);
      },
    },
    settings: () => ({ keepalives: { check }, handlers: new Map<string, Handler>() }),
    silent: (known, age, removeAfter) => {
      silent.push(`${known.client.name} ${age} ${removeAfter}`);
      return mayGo;
    },
    clock,
    log,
    counters,
  });
  watch.start();
  return { clock, published, watch, silent, log, counters };
}

test('every client is looked at every 30 s, from 30 s after the start on, and those without keepalives never', async () => {
  const states = Array.from({ length: 70 }, (_, index) => ({
    client: { ...client({ name: `c${index}` }), ...(index === 5 ? { keepalives: false } : {}) },
    signature: index === 6 ? 'secret' : '',
    seenAttendedMs: 0,
    seenAtMs: 0,
  }));
  const { clock, published, watch } = watching(states);
  await clock.advance(30_000);
  expect(published).toEqual([]);
  await clock.advance(60_000);
  expect(published.length).toBe(2 * 69);
  expect(published.find(({ client: name }) => name === 'c6')?.signature).toBe('secret');
  await clock.advance(120_000);
  expect(published.at(-1)?.check.status).toBe(2);
  watch.stop();
  expect(clock.pending).toBe(0);
});

test('a client is judged by what is known when its second comes, and not at all once it is gone', async () => {
  const states = Array.from({ length: 60 }, (_, index) => ({
    client: client({ name: `c${index}` }),
    signature: '',
    seenAttendedMs: 0,
    seenAtMs: 0,
  }));
  const { clock, published, watch } = watching(states);
  await clock.advance(35_000);
  const begun = published.length;
  const gone = states.pop();
  for (const state of states) state.seenAttendedMs = 35_000;
  await clock.advance(25_000);
  const later = published.slice(begun);
  expect(later.some(({ client: name }) => name === gone?.client.name)).toBe(false);
  expect(later.every(({ check: { output } }) => Number(/\d+/.exec(output)?.[0]) <= 25)).toBe(true);
  watch.stop();
});

test('tokens in the keepalive check are filled in from the client; one that nothing stands at makes OK a warning', () => {
  const keepalive = {
    contact: ':::team:::',
    playbook: 'http://wiki/:::name:::',
    note: ':::a.b::: :::c|d:::',
  };
  expect(judge(0, { keepalive: { contact: ':::team:::' }, team: 'ops' })).toMatchObject({
    ...{ contact: 'ops', status: 0, output: 'Keepalive sent from client 0 seconds ago' },
  });
  expect(judge(3, { keepalive })).toMatchObject({
    ...{ contact: '', playbook: 'http://wiki/i-42', note: ' d', status: 1 },
    output: 'Keepalive sent from client 3 seconds ago - Unmatched client token(s): team, a.b',
  });
  expect(judge(200, { keepalive })).toMatchObject({ status: 2 });
});

test.each<[string, unknown, object, string]>([
  [
    'a threshold',
    { thresholds: { warning: '60', critical: 100 } },
    { thresholds: { warning: 120, critical: 100 } },
    'thresholds.warning',
  ],
  ['all thresholds', { thresholds: 5 }, { thresholds: { warning: 120, critical: 180 } }, 'thresholds'],
  ['handlers', { handlers: 'ops', contact: 'x' }, { contact: 'x' }, 'handlers'],
  ['remove_after', { remove_after: -1 }, {}, 'remove_after'],
  ['what a result must not have', { ttl: 'x', aggregate: 5, source: 'a b' }, {}, 'ttl, aggregate, source'],
  ['the whole', 'quick', {}, 'keepalive'],
])('%s that does not fit is left out, and the result says so', (_, keepalive, rest, named) => {
  const judged = judge(20, { keepalive });
  expect(judged).toEqual({
    ...check,
    ...rest,
    ...{ name: 'keepalive', issued: 5000, executed: 5000, status: 1 },
    output: `Keepalive sent from client 20 seconds ago - Ignored keepalive attribute(s): ${named}`,
  });
});

test('whatever a client lays over its keepalive check, the result fits, and silence is critical', () => {
  const value = fc.oneof(fc.jsonValue(), fc.constantFrom(':::name:::', ':::x:::', 60, '60', [':::x|5:::']));
  const attribute = fc.constantFrom(
    'thresholds',
    'handlers',
    'handler',
    'source',
    'ttl',
    'status',
    'executed',
    'type',
    'x',
  );
  const attributes = fc.oneof(fc.dictionary(attribute, value), value);
  fc.assert(
    fc.property(attributes, (keepalive) => {
      const judged = judge(1e9, { keepalive });
      expect(problemsOf(CheckResultSchema, { client: 'i-42', check: judged })).toEqual([]);
      expect(judged).toMatchObject({ name: 'keepalive', executed: 5000, status: 2 });
    }),
    { numRuns: RANDOM_INPUTS },
  );
});

const state = (extra: object = {}): ClientState => ({
  ...{ client: client(extra), signature: '', seenAttendedMs: 0, seenAtMs: 0 },
});

test('attributes that do not fit are counted each time and logged once', async () => {
  const { clock, counters, log, watch } = watching([state({ keepalive: { handlers: 5 } })]);
  await clock.advance(100_000);
  expect(counters.read('keepalive_attributes_invalid')).toBe(3);
  expect(log.lines.map(({ fields }) => fields.attributes)).toEqual(['handlers']);
  watch.stop();
});

test('a client that is silent for as long as it may is given to be removed and told of no more', async () => {
  const { clock, silent, published, watch } = watching([state({ keepalive: { remove_after: 100 } })]);
  await clock.advance(92_000);
  expect(silent).toEqual([]);
  const before = published.length;
  await clock.advance(60_000);
  expect(silent).toEqual(['i-42 121 100', 'i-42 151 100']);
  expect(published.length).toBe(before);
  watch.stop();
});

test('while it is not removed it is told of', async () => {
  const { clock, silent, published, watch } = watching([state({ keepalive: { remove_after: 10 } })], false);
  await clock.advance(130_000);
  expect([silent.length, published.length]).toEqual([4, 4]);
  watch.stop();
});

test('of a large fleet only so many are judged before other work gets a turn, and none after the stop', async () => {
  const { clock, published, watch } = watching(
    Array.from({ length: 9_000 }, (_, index) => state({ name: `c${index}` })),
  );
  await clock.advance(30_500);
  let most = 0;
  let before = 0;
  let over = false;
  const beside = (async () => {
    for (; !over; before = published.length) {
      await turn();
      most = Math.max(most, published.length - before);
    }
  })();
  await clock.advance(1_000);
  await until(() => published.length === 300, 'the first share was judged');
  over = true;
  await beside;
  expect(most).toBeLessThanOrEqual(100);
  const advanced = clock.advance(1_000);
  while (published.length === 300) await turn();
  watch.stop();
  await advanced;
  expect(published.length).toBeLessThan(600);
});

test('a client that cannot be judged keeps nobody else from being judged', async () => {
  const states = ['a', 'b'].map((name) => state({ name }));
  Object.defineProperty(states[0], 'seenAttendedMs', {
    get: () => {
      throw new Error('broken');
    },
  });
  const { clock, published, watch, log } = watching(states);
  await clock.advance(40_000);
  expect(published.map(({ client: name }) => name)).toEqual(['b']);
  expect(log.lines).toMatchObject([{ level: 'error', fields: { client: 'a', error: 'broken' } }]);
  watch.stop();
});
