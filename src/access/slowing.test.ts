import { expect, it } from 'vitest';
import { ManualClock } from '../testing/clock.ts';
import { PATIENCE_MS, Slowing } from './slowing.ts';

function fail(slowing: Slowing, address: string, times: number): void {
  for (let time = 0; time < times; time++) {
    slowing.turn(address);
    slowing.ended(address, false);
  }
}

it('forgives ten failures, then pauses longer and longer, then sends away', async () => {
  const clock = new ManualClock();
  const slowing = new Slowing(clock);
  fail(slowing, '10.0.0.1', 10);
  const waits: (number | undefined)[] = [];
  for (let time = 0; time < 12; time++) {
    const wait = slowing.turn('10.0.0.1');
    waits.push(wait);
    if (wait === undefined) break;
    await clock.advance(wait);
    slowing.ended('10.0.0.1', false);
  }
  const numbers = waits.filter((wait) => wait !== undefined);
  expect(numbers[0]).toBeLessThanOrEqual(200);
  expect(numbers).toEqual([...numbers].sort((left, right) => left - right));
  expect(numbers.at(-1)).toBeGreaterThanOrEqual(4_000);
});

it('lets nobody pass the line by coming all at once', () => {
  const slowing = new Slowing(new ManualClock());
  const waits = Array.from({ length: 100 }, () => slowing.turn('10.0.0.1'));
  expect(waits.slice(0, 10).every((wait) => wait === 0)).toBe(true);
  expect(waits.filter((wait) => wait !== undefined).length).toBeLessThan(20);
  expect(waits.every((wait) => wait === undefined || wait <= PATIENCE_MS)).toBe(true);
});

it('is no hindrance for other addresses, nor for those who were right', () => {
  const slowing = new Slowing(new ManualClock());
  fail(slowing, '10.0.0.1', 50);
  expect(slowing.turn('10.0.0.1')).not.toBe(0);
  expect(slowing.turn('10.0.0.2')).toBe(0);
  for (let time = 0; time < 1000; time++) {
    expect(slowing.turn('10.0.0.3')).toBe(0);
    slowing.ended('10.0.0.3', true);
  }
});

it('takes a whole network of IPv6 as one, and IPv4 in both its writings', () => {
  const slowing = new Slowing(new ManualClock());
  for (let time = 0; time < 30; time++) fail(slowing, `2001:db8:0:1::${time.toString(16)}`, 1);
  expect(slowing.turn('2001:db8:0:1:1:2:3:4')).not.toBe(0);
  expect(slowing.turn('2001:db8:0:2::1')).toBe(0);
  fail(slowing, '::ffff:10.0.0.1', 30);
  expect(slowing.turn('10.0.0.1')).not.toBe(0);
});

it('forgets after ten quiet minutes', async () => {
  const clock = new ManualClock();
  const slowing = new Slowing(clock);
  fail(slowing, '10.0.0.1', 30);
  await clock.advance(600_000);
  expect(slowing.turn('10.0.0.1')).toBe(0);
});
