import { expect, it } from 'vitest';
import { MOST_CHECKS, newNumbering, ResultNumbers } from './numbers.ts';

const result = (name: string, source?: string) => ({
  client: 'i-42',
  check: { name, status: 0, output: '', ...(source === undefined ? {} : { source }) },
});

it('numbers count over all checks, and each tells the one before it of the same check and client', () => {
  const numbers = new ResultNumbers(newNumbering('b'));
  const told = [
    result('disk'),
    result('load'),
    result('disk', 'router'),
    result('disk'),
    result('disk', 'i-42'),
  ];
  expect(told.map((one) => numbers.next('i-42', one))).toEqual(
    [0, 0, 0, 1, 4].map((previous, index) => ({ agent: 'i-42', boot: 'b', number: index + 1, previous })),
  );
  expect(numbers.next('renamed', result('disk')).previous).toBe(0);
});

it('once a check was forgotten, nothing is told of one that is not known', () => {
  const numbers = new ResultNumbers(newNumbering('b'));
  for (let check = 0; check <= MOST_CHECKS; check++) numbers.next('i-42', result(`c${check}`));
  expect(numbers.next('i-42', result('c0')).previous).toBeUndefined();
  expect(numbers.next('i-42', result('c0')).previous).toBe(MOST_CHECKS + 2);
});

it('a run whose numbers go on tells what an earlier one may have left, and nothing where that is not known', () => {
  const waiting = new Map([['i-42/i-42/disk', 1_004]]);
  const numbers = new ResultNumbers({ boot: 'b', first: 2_001, waiting, complete: true });
  expect([numbers.next('i-42', result('disk')), numbers.next('i-42', result('load'))]).toMatchObject([
    { boot: 'b', number: 2_001, previous: 1_004 },
    { boot: 'b', number: 2_002, previous: 0 },
  ]);
  const unsure = new ResultNumbers({ boot: 'b', first: 2_001, waiting, complete: false });
  expect(unsure.next('i-42', result('load')).previous).toBeUndefined();
});
