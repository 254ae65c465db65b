import { expect, test } from 'vitest';
import type { Check } from '../model/check.ts';
import { splayOffsetMs } from '../model/splay.ts';
import { Timetable } from '../runtime/timetable.ts';
import { ManualClock } from '../testing/clock.ts';
import { SubdueBook, standaloneEntries } from './standalone.ts';

const disk: Check = { name: 'disk', command: 'x', standalone: true, interval: 60 };

test.each<[string, Check, unknown[]]>([
  ['its interval', disk, [{ key: 'disk', offsetMs: splayOffsetMs('i-42:disk', 60_000), intervalMs: 60_000 }]],
  ['its cron rather than its interval', { ...disk, cron: '@hourly' }, [{ key: 'disk', cron: '@hourly' }]],
  ['nothing, when it is unpublished', { ...disk, publish: false }, []],
  ['nothing, when it is not standalone', { ...disk, standalone: false }, []],
  ['nothing, without interval and cron', { name: 'x', command: 'y', standalone: true }, []],
])('a check is run by %s', (_, check, entries) => {
  expect(standaloneEntries('i-42', [check])).toEqual(entries);
});

test('the first run is where the original has it', () => {
  const [entry] = standaloneEntries('i-424242', [{ ...disk, name: 'test' }]);
  const nowMs = 1_414_213_569_032;
  const offsetMs = entry && 'offsetMs' in entry ? entry.offsetMs : Number.NaN;
  expect((offsetMs - (nowMs % 60_000) + 60_000) % 60_000).toBe(3_321);
});

test.each([
  ['spring', Date.UTC(2026, 2, 28, 23), ['01:00']],
  ['autumn', Date.UTC(2026, 9, 24, 22), ['00:30']],
])('through the night in %s, a check at 02:30 runs once', async (_, startMs, wanted) => {
  const clock = new ManualClock(startMs);
  const runs: string[] = [];
  const timetable = new Timetable({
    clock,
    timeZone: 'Europe/Berlin',
    run: () => runs.push(new Date(clock.now()).toISOString().slice(11, 16)),
  });
  timetable.set(standaloneEntries('i-42', [{ ...disk, cron: '30 2 * * *' }]));
  timetable.start();
  await clock.advance(5 * 3_600_000);
  timetable.stop();
  expect(runs).toEqual(wanted);
});

test('a check is subdued in its own windows alone', () => {
  const subdue = { days: { saturday: [{ begin: '5:00 PM', end: '6:00 PM' }] } };
  const book = new SubdueBook([disk, { ...disk, name: 'load', subdue }], { timeZone: 'Europe/Berlin' });
  const atMs = Date.UTC(2026, 10, 21, 16, 30);
  expect(book.isSubdued('load', atMs)).toBe(true);
  expect(book.isSubdued('load', atMs + 3_600_000)).toBe(false);
  expect(book.isSubdued('disk', atMs)).toBe(false);
  expect(book.isSubdued('unknown', atMs)).toBe(false);
});
