import { expect, test } from 'vitest';
import type { StatusPoint, TakenNumber } from '../../state/documents.ts';
import { noteLate, withPoint } from './late.ts';

const numbers = (before?: readonly StatusPoint[]): readonly TakenNumber[] => [
  { agent: 'a', boot: 'b', number: 9, missing: [], earlierBoots: [], before },
];
const check = (executed: number, status: number) => ({ name: 'disk', output: '', executed, status });

test('a gap begins with what the newest was before it', () => {
  expect(withPoint(numbers(), check(100, 2))[0]?.before).toEqual([[100, 2]]);
  expect(withPoint(numbers(), undefined)[0]?.before).toEqual([]);
});

test('late results are compared with the one before them in time, across gaps', () => {
  let taken = numbers([
    [100, 0],
    [200, 1],
  ]);
  const came = (executed: number, status: number): number | undefined => {
    const note = noteLate(taken, 'a', check(executed, status));
    taken = note.taken;
    return note.before;
  };
  expect(came(110, 2)).toBe(0);
  expect(came(120, 2)).toBe(2);
  expect(came(130, 0)).toBe(2);
  expect(came(210, 1)).toBe(1);
  expect(came(220, 2)).toBe(1);
  expect(taken[0]?.before).toEqual([
    [130, 0],
    [220, 2],
  ]);
});

test('before the first of all there was nothing wrong; of an agent that tells nothing, nothing is known', () => {
  expect(noteLate(numbers([]), 'a', check(50, 2)).before).toBe(0);
  expect(noteLate(numbers(), 'a', check(50, 2)).before).toBeUndefined();
  expect(noteLate(numbers([]), 'other', check(50, 2)).before).toBeUndefined();
});
