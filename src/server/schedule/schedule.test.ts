import { expect, test } from 'vitest';
import type { Check, CheckRequest } from '../../model/check.ts';
import { nextOnGrid, splayOffsetMs } from '../../model/splay.ts';
import { Counters } from '../../runtime/counters.ts';
import { ManualClock } from '../../testing/clock.ts';
import { memoryLog } from '../../testing/log.ts';
import { requestFor, Schedule } from './index.ts';

const HOUR_MS = 3_600_000;

function open(checks: Check[], heard: (subscription: string) => Promise<number | null> = async () => 1) {
  const clock = new ManualClock();
  const log = memoryLog();
  const counters = new Counters();
  const published: { subscription: string; request: CheckRequest; atMs: number }[] = [];
  const transport = {
    publishRequest(subscription: string, request: CheckRequest) {
      published.push({ subscription, request, atMs: clock.now() });
      return heard(subscription);
    },
  };
  const schedule = new Schedule({
    checks: new Map(checks.map((check) => [check.name, check])),
    transport,
    clock,
    log,
    counters,
  });
  schedule.start();
  return { clock, log, counters, published, schedule };
}

test.each([
  ['test', 60, 17.601],
  ['test', 3600, 3497.601],
  ['i-424242:test', 60, 3.321],
  ['i-424242:test', 3600, 783.321],
])('the first run of %s at interval %i is %f s away, as in the original', (key, interval, splay) => {
  const nowMs = 1_414_213_569_032;
  expect((nextOnGrid(nowMs, splayOffsetMs(key, interval * 1000), interval * 1000) - nowMs) / 1000).toBe(
    splay,
  );
});

test('a request is the definition without subscribers and interval, with name and time of issue', () => {
  const check = {
    name: 'disk',
    command: 'check-disk',
    subscribers: ['web'],
    interval: 60,
    playbook: 'http://wiki',
    handlers: ['mail'],
  };
  expect(requestFor(check, 1795245750)).toEqual({
    command: 'check-disk',
    playbook: 'http://wiki',
    handlers: ['mail'],
    name: 'disk',
    issued: 1795245750,
  });
});

test('each subscription gets one request for each interval', async () => {
  const { clock, published, counters } = open([
    { name: 'disk', command: 'x', interval: 60, subscribers: ['web', 'db'] },
  ]);
  await clock.advance(10 * 60_000);
  expect(published.filter(({ subscription }) => subscription === 'web').length).toBe(10);
  expect(published.filter(({ subscription }) => subscription === 'db').length).toBe(10);
  expect(published.every(({ request, atMs }) => request.issued === Math.floor(atMs / 1000))).toBe(true);
  expect(counters.read('requests_published')).toBe(20);
});

test('standalone, unpublished and cron checks are not scheduled here', async () => {
  const { clock, published } = open([
    { name: 'a', command: 'x', interval: 1, standalone: true },
    { name: 'b', command: 'x', interval: 1, subscribers: ['web'], publish: false },
    { name: 'c', command: 'x', cron: '* * * * *', subscribers: ['web'] },
  ]);
  await clock.advance(60_000);
  expect(published).toEqual([]);
});

test.each([
  ['forward', (clock: ManualClock) => clock.step(HOUR_MS)],
  ['back', (clock: ManualClock) => clock.step(-HOUR_MS)],
  ['by sleep', (clock: ManualClock) => clock.suspend(HOUR_MS)],
])('time jumps %s by an hour: each check runs once, then on its grid', async (_, happen) => {
  const checks = Array.from({ length: 20 }, (_unused, index) => ({
    name: `c${index}`,
    command: 'x',
    interval: 60,
    subscribers: ['web'],
  }));
  const { clock, published } = open(checks);
  await clock.advance(120_000);
  const counts = (): number[] => {
    const runs = published.splice(0);
    return checks.map(({ name }) => runs.filter(({ request }) => request.name === name).length);
  };
  counts();
  happen(clock);
  const overdue = clock.now() > 1_800_000_000_000 + 120_000;
  await clock.advance(overdue ? 2_000 : 60_000);
  const caughtUp = counts();
  expect(caughtUp.every((count) => count >= 1 && count <= (overdue ? 2 : 1))).toBe(true);
  await clock.advance(180_000);
  expect(counts()).toEqual(checks.map(() => 3));
});

test('a request nobody hears is counted, one that cannot be published is logged, and the schedule goes on', async () => {
  const { clock, counters, log } = open(
    [{ name: 'disk', command: 'x', interval: 60, subscribers: ['web', 'down'] }],
    async (subscription) => {
      if (subscription === 'down') throw new Error('no broker');
      return 0;
    },
  );
  await clock.advance(120_000);
  expect(counters.read('requests_unheard')).toBe(2);
  expect(log.lines.filter(({ message }) => message === 'could not publish check request').length).toBe(2);
});
