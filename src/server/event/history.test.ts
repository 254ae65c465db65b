import { expect, test } from 'vitest';
import { extendHistory, isFlapping, totalStateChange } from './history.ts';

const alternating = Array.from({ length: 21 }, (_, index) => index % 2);

test('a history keeps the newest 21 statuses, oldest first', () => {
  const history = Array.from({ length: 30 }, (_, index) => index).reduce<number[]>(extendHistory, []);
  expect(history).toEqual(Array.from({ length: 21 }, (_, index) => index + 9));
});

test('extending a history leaves the one that was given alone', () => {
  const before = Object.freeze([0, 1]);
  expect(extendHistory(before, 2)).toEqual([0, 1, 2]);
});

test.each([
  ['alternating', alternating, 101],
  ['only the newest differs', [...Array(20).fill(0), 1], 6],
  ['only the second differs from the first', [0, ...Array(20).fill(1)], 4],
  ['all the same', Array(21).fill(2), 0],
  ['twenty entries', alternating.slice(1), 0],
  ['none', [], 0],
])('total state change: %s', (_, history, expected) => {
  expect(totalStateChange(history as number[])).toBe(expected);
});

test('total state change decays as the original does once the alternation stops', () => {
  const decay: number[] = [];
  let history = alternating;
  for (let step = 0; step < 20; step++) {
    decay.push(totalStateChange(history));
    history = extendHistory(history, 0);
  }
  expect(decay).toEqual([101, 95, 89, 83, 77, 72, 66, 61, 55, 50, 45, 40, 35, 30, 26, 21, 17, 12, 8, 4]);
});

test.each([
  [20, { low: 10, high: 20 }, false, true],
  [19, { low: 10, high: 20 }, false, false],
  [11, { low: 10, high: 20 }, true, true],
  [10, { low: 10, high: 20 }, true, false],
  [99, { low: undefined, high: 20 }, false, false],
  [99, { low: '10', high: '20' }, true, false],
  [99, { low: 1.5, high: 20 }, false, false],
])('flapping at %i with %o, before: %s → %s', (change, thresholds, before, expected) => {
  expect(isFlapping(change, thresholds, before)).toBe(expected);
});
