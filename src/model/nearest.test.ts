import { expect, test } from 'vitest';
import { editDistance, nearestName, nearestNames } from './nearest.ts';

test.each([
  ['', '', 0],
  ['abc', 'abc', 0],
  ['', 'abc', 3],
  ['abc', 'acb', 1],
  ['interval', 'intervall', 1],
  ['kitten', 'sitting', 3],
  ['subscribers', 'subscribes', 1],
])('from %j to %j it takes %i', (one, other, distance) => {
  expect(editDistance(one, other)).toBe(distance);
  expect(editDistance(other, one)).toBe(distance);
});

test('the nearest names come in the order of their distance', () => {
  const known = ['start_with?', 'size', 'upcase', 'downcase', 'include?'];
  expect(nearestNames('up', known, 3)).toEqual(['size', 'upcase', 'include?']);
  expect(nearestNames('x'.repeat(100_000), known, 1)).toHaveLength(1);
  expect(nearestNames('up', [], 3)).toEqual([]);
});

test('the nearest name is found, and only a near one', () => {
  const known = ['interval', 'timeout', 'handlers', 'handler', 'ttl'];
  expect(nearestName('intervall', known)).toBe('interval');
  expect(nearestName('Timeout', known)).toBe('timeout');
  expect(nearestName('hanlder', known)).toBe('handler');
  expect(nearestName('tll', known)).toBe('ttl');
  expect(nearestName('owner', known)).toBeUndefined();
  expect(nearestName('handler', ['handler'])).toBeUndefined();
  expect(nearestName('x'.repeat(100_000), ['x'.repeat(100_001)])).toBeUndefined();
});
