import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ManualClock } from '../testing/clock.ts';
import { Timetable, type TimetableEntry } from './timetable.ts';

const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;
const START_MS = 1_800_000_000_000;

function open(entries: TimetableEntry[], startMs = START_MS) {
  const clock = new ManualClock(startMs);
  const runs: { key: string; atMs: number; dueMs: number }[] = [];
  const timetable = new Timetable({
    clock,
    timeZone: 'Europe/Berlin',
    run: (key, dueMs) => runs.push({ key, atMs: clock.now(), dueMs }),
  });
  timetable.set(entries);
  timetable.start();
  const since = (): number[] => runs.splice(0).map((run) => run.atMs);
  return { clock, timetable, runs, since };
}

const minute = { key: 'a', offsetMs: 7_250, intervalMs: MINUTE_MS };

test('an entry runs on its grid, without drift', async () => {
  const { clock, since } = open([minute]);
  await clock.advance(10 * MINUTE_MS);
  expect(since()).toEqual(Array.from({ length: 10 }, (_, index) => START_MS + 7_250 + index * MINUTE_MS));
});

test('one timer serves all', async () => {
  const entries = Array.from({ length: 1000 }, (_, index) => ({
    key: `c${index}`,
    offsetMs: index * 13,
    intervalMs: 15_000,
  }));
  const { clock, runs } = open(entries);
  expect(clock.pending).toBe(1);
  await clock.advance(29_999);
  expect(clock.pending).toBe(1);
  expect(runs.length).toBe(2000);
  expect(runs.every((run) => run.atMs >= run.dueMs && run.atMs - run.dueMs < 11)).toBe(true);
});

test.each([
  ['the clock is set forward by an hour', (clock: ManualClock) => clock.step(HOUR_MS)],
  ['the machine sleeps for an hour', (clock: ManualClock) => clock.suspend(HOUR_MS)],
  [
    'the machine sleeps and elapsed time goes on',
    (clock: ManualClock) => clock.suspend(HOUR_MS, { elapsedGoesOn: true }),
  ],
])('%s: what is overdue runs once, then returns to its grid', async (_, happen) => {
  const { clock, since } = open([minute]);
  await clock.advance(90_000);
  since();
  happen(clock);
  await clock.advance(2_000);
  expect(since().length).toBe(1);
  await clock.advance(3 * MINUTE_MS);
  const runs = since();
  expect(runs.length).toBe(3);
  expect(runs.every((atMs) => atMs % MINUTE_MS === 7_250)).toBe(true);
});

test('the clock is set back by an hour: each entry runs once within its interval, on its grid', async () => {
  const { clock, since } = open([minute]);
  await clock.advance(90_000);
  since();
  clock.step(-HOUR_MS);
  await clock.advance(MINUTE_MS);
  const first = since();
  expect(first.length).toBe(1);
  await clock.advance(5 * MINUTE_MS);
  const runs = since();
  expect(runs.length).toBe(5);
  expect([...first, ...runs].every((atMs) => atMs % MINUTE_MS === 7_250)).toBe(true);
});

test('small corrections of the clock neither skip nor repeat a run', async () => {
  const { clock, runs } = open([minute]);
  for (let index = 0; index < 60; index++) {
    clock.step(index % 2 === 0 ? 3 : -3);
    await clock.advance(10_000);
  }
  expect(runs.length).toBe(10);
});

test('entries can be replaced while it runs; one that stays keeps its next moment', async () => {
  const { clock, timetable, runs } = open([minute]);
  await clock.advance(30_000);
  timetable.set([minute, { key: 'b', offsetMs: 0, intervalMs: 20_000 }]);
  await clock.advance(MINUTE_MS);
  expect(runs.filter((run) => run.key === 'a').length).toBe(2);
  expect(runs.filter((run) => run.key === 'b').length).toBe(3);
  timetable.set([]);
  await clock.advance(HOUR_MS);
  expect(runs.length).toBe(5);
});

test('nothing runs after stop, and no timer stays', async () => {
  const { clock, timetable, runs } = open([minute]);
  timetable.stop();
  await clock.advance(HOUR_MS);
  expect(runs).toEqual([]);
  expect(clock.pending).toBe(0);
});

test('whatever the entries, each runs once for each moment on its grid, at once or with its neighbours', async () => {
  const entry = fc.record({
    offset: fc.integer({ min: 0, max: 99_999 }),
    interval: fc.integer({ min: 1, max: 40 }),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(entry, { minLength: 1, maxLength: 20 }), async (list) => {
      const entries = list.map(({ offset, interval }, index) => ({
        key: `c${index}`,
        offsetMs: offset % (interval * 1000),
        intervalMs: interval * 1000,
      }));
      const { clock, runs } = open(entries);
      await clock.advance(40_010);
      for (const { key, offsetMs, intervalMs } of entries) {
        const ownRuns = runs.filter((run) => run.key === key && run.dueMs <= START_MS + 40_000);
        const own = ownRuns.map((run) => run.dueMs);
        expect(runs.every((run) => run.atMs - run.dueMs < 11)).toBe(true);
        const wanted: number[] = [];
        for (let atMs = START_MS; atMs <= START_MS + 40_000; atMs++)
          if (atMs % intervalMs === offsetMs) wanted.push(atMs);
        expect(own).toEqual(wanted);
      }
    }),
    { numRuns: 15 },
  );
});

/** 08:00:30 in Berlin. */
const MORNING_MS = Date.UTC(2026, 10, 21, 7, 0, 30);
const SPRING_MS = Date.UTC(2026, 2, 29, 0, 50);
const AUTUMN_MS = Date.UTC(2026, 9, 25, 0, 50);
const every5 = { key: 'a', cron: '*/5 * * * *' };
const times = (moments: number[]): string[] =>
  moments.map((atMs) => new Date(atMs).toISOString().slice(11, 19));

test('a cron runs at its moments, beside a grid', async () => {
  const { clock, runs } = open([every5, { ...minute, key: 'b' }], MORNING_MS);
  await clock.advance(20 * MINUTE_MS);
  const of = (key: string): number[] => runs.filter((run) => run.key === key).map((run) => run.atMs);
  expect(times(of('a'))).toEqual(['07:05:00', '07:10:00', '07:15:00', '07:20:00']);
  expect(of('b').length).toBe(20);
  expect(clock.pending).toBe(1);
});

test('a cron whose moment is now does not run, and one that never comes harms nobody', async () => {
  const { clock, since } = open([every5, { key: 'never', cron: '0 0 31 2 *' }], MORNING_MS - 30_000);
  await clock.advance(6 * MINUTE_MS);
  expect(times(since())).toEqual(['07:05:00']);
});

test.each([
  ['is set forward', (clock: ManualClock) => clock.step(HOUR_MS)],
  ['sleeps', (clock: ManualClock) => clock.suspend(HOUR_MS)],
])('the clock %s by an hour: a cron that is overdue runs once, then goes on', async (_, happen) => {
  const { clock, since } = open([every5], MORNING_MS);
  await clock.advance(2 * MINUTE_MS);
  happen(clock);
  await clock.advance(2_000);
  expect(since().length).toBe(1);
  await clock.advance(10 * MINUTE_MS);
  expect(times(since())).toEqual(['08:05:00', '08:10:00']);
});

test('the clock is set back by an hour: a cron goes on by the new time', async () => {
  const { clock, since } = open([every5], MORNING_MS);
  await clock.advance(32 * MINUTE_MS);
  since();
  clock.step(-HOUR_MS);
  await clock.advance(15 * MINUTE_MS);
  expect(times(since())).toEqual(['06:35:00', '06:40:00', '06:45:00']);
});

test.each([
  ['once a day, by an hour', '0 8 * * *', MORNING_MS - 5 * MINUTE_MS, 10 * MINUTE_MS, HOUR_MS, ['07:00:00']],
  [
    'every minute, by half a minute',
    '* * * * *',
    MORNING_MS,
    MINUTE_MS,
    45_000,
    ['07:01:00', '07:02:00', '07:03:00'],
  ],
  [
    'every five minutes, by four',
    '*/5 * * * *',
    MORNING_MS,
    5 * MINUTE_MS,
    4 * MINUTE_MS,
    ['07:05:00', '07:10:00'],
  ],
])(
  'the clock is set back a little, %s: no moment runs twice',
  async (_, cron, startMs, beforeMs, backMs, wanted) => {
    const { clock, since } = open([{ key: 'a', cron }], startMs);
    await clock.advance(beforeMs);
    clock.step(-backMs);
    await clock.advance(
      cron.startsWith('0') ? 2 * HOUR_MS : 3 * MINUTE_MS + (cron.startsWith('*/') ? 6 * MINUTE_MS : 0),
    );
    expect(times(since()).slice(0, wanted.length + 1)).toEqual(wanted);
  },
);

test.each([
  ['within its second showing', 40 * MINUTE_MS, 5 * MINUTE_MS],
  ['from its second showing into its first', 25 * MINUTE_MS, 20 * MINUTE_MS],
  ['by a little, just after a moment', 11 * MINUTE_MS, 2 * MINUTE_MS],
])('in the doubled hour, the clock is set back %s: no moment runs twice', async (_, beforeMs, backMs) => {
  const entries = ['1 2 * * *', '30 2 * * *', '55 2 * * *', '5 3 * * *'].map((cron) => ({ key: cron, cron }));
  const { clock, runs } = open(entries, AUTUMN_MS - 55 * MINUTE_MS);
  await clock.advance(55 * MINUTE_MS + beforeMs);
  clock.step(-backMs);
  await clock.advance(3 * HOUR_MS);
  expect(runs.map((run) => run.key).sort()).toEqual(entries.map((entry) => entry.key).sort());
});

test.each([
  ['spring', SPRING_MS, '30 2 * * *', ['01:00:00']],
  ['spring', SPRING_MS, '*/15 2-3 * * *', ['01:00:00', '01:15:00', '01:30:00', '01:45:00']],
  ['autumn', AUTUMN_MS, '55 2 * * *', ['00:55:00']],
  ['autumn', AUTUMN_MS, '*/20 * * * *', ['02:00:00', '02:20:00', '02:40:00']],
])('in the night in %s from %i, %s', async (_, startMs, cron, wanted) => {
  const { clock, since } = open([{ key: 'a', cron }], startMs);
  await clock.advance(2 * HOUR_MS);
  expect(times(since())).toEqual(wanted);
});

test('an entry keeps its moment when entries are replaced, and takes a new one with a new cron', async () => {
  const { clock, timetable, since } = open([every5], MORNING_MS);
  await clock.advance(4 * MINUTE_MS + 29_000);
  clock.suspend(60_000);
  timetable.set([every5]);
  await clock.advance(2_000);
  expect(since().length).toBe(1);
  timetable.set([{ key: 'a', cron: '*/7 * * * *' }]);
  await clock.advance(15 * MINUTE_MS);
  expect(times(since())).toEqual(['07:07:00', '07:14:00', '07:21:00']);
});

test('a cron that cannot be read is refused, and nothing changes', async () => {
  const { clock, timetable, since } = open([every5], MORNING_MS);
  expect(() => timetable.set([minute, { key: 'b', cron: 'often' }])).toThrow(
    'the cron expression of "b" cannot be read: it has 1 field',
  );
  await clock.advance(5 * MINUTE_MS);
  expect(times(since())).toEqual(['07:05:00']);
});
