import { expect, test } from 'vitest';
import type { CheckResult } from '../../model/check.ts';
import type { RegisteredClient } from '../../model/client.ts';
import { silentLog } from '../../runtime/log.ts';
import type { ClientState } from '../../state/documents.ts';
import { ManualClock } from '../../testing/clock.ts';
import { KeepaliveWatch, keepaliveCheck } from './keepalive-watch.ts';

const client = (extra: object = {}): RegisteredClient => ({
  name: 'i-42',
  subscriptions: ['client:i-42'],
  timestamp: 1,
  ...extra,
});
const check = { thresholds: { warning: 120, critical: 180 } };
const judge = (age: number, extra: object = {}, hasHandler = false) =>
  keepaliveCheck(client(extra), age, { check, hasHandler, now: 5000 });

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

function watching(states: ClientState[]) {
  const clock = new ManualClock();
  const published: CheckResult[] = [];
  const start = clock.elapsed();
  const watch = new KeepaliveWatch({
    views: {
      clients: () => states,
      client: (name) => states.find(({ client: known }) => known.name === name),
    },
    attendance: { attendedMs: () => clock.elapsed() - start },
    transport: {
      publishResult: async ({ body }) => {
        published.push(body as CheckResult);
      },
    },
    check,
    hasHandler: false,
    clock,
    log: silentLog,
  });
  watch.start();
  return { clock, published, watch };
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
