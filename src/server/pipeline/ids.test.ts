import { expect, test } from 'vitest';
import { ManualClock } from '../../testing/clock.ts';
import { seededRandom } from '../../testing/random.ts';
import { DeliveryIds } from './ids.ts';

function idsAt(startMs: number): { ids: DeliveryIds; clock: ManualClock } {
  const clock = new ManualClock(startMs);
  return { ids: new DeliveryIds({ clock, random: seededRandom() }), clock };
}

test('ids are UUIDs of version 7 that carry the time', () => {
  const { ids } = idsAt(0x0190_1234_5678);
  expect(ids.next()).toMatch(/^01901234-5678-7[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}$/);
});

test('ids sort in the order in which they were made, also when the clock is set back', () => {
  const { ids, clock } = idsAt(1_800_000_000_000);
  const made = Array.from({ length: 5000 }, () => ids.next());
  clock.step(-3_600_000);
  made.push(ids.next());
  clock.step(7_200_000);
  made.push(ids.next());
  expect(made.toSorted()).toEqual(made);
  expect(new Set(made).size).toBe(made.length);
});

test('ids sort behind those of a former process whose clock was ahead', () => {
  const former = idsAt(1_900_000_000_000).ids;
  former.next();
  const last = former.next();
  const { ids } = idsAt(1_800_000_000_000);
  ids.startBehind(last);
  expect(ids.next() > last).toBe(true);
});

test('a former id of an earlier time, or of another form, changes nothing', () => {
  const { ids } = idsAt(1_800_000_000_000);
  const first = ids.next();
  ids.startBehind(idsAt(1_700_000_000_000).ids.next());
  ids.startBehind('zzz');
  const next = ids.next();
  expect(next > first).toBe(true);
  expect(next.slice(0, 13)).toBe(first.slice(0, 13));
});
