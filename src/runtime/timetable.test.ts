import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ManualClock } from '../testing/clock.ts';
import { Timetable } from './timetable.ts';

const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;
const START_MS = 1_800_000_000_000;

function open(entries: { key: string; offsetMs: number; intervalMs: number }[]) {
  const clock = new ManualClock(START_MS);
  const runs: { key: string; atMs: number; dueMs: number }[] = [];
  const timetable = new Timetable({
    clock,
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
