import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { SelfReport } from '../../state/self-reports.ts';
import { RANDOM_INPUTS } from '../../testing/random.ts';
import { LOOKS_IN_A_ROW, Steady } from './steady.ts';

const report = (status: SelfReport['status']): SelfReport => ({
  check: 'lag',
  status,
  output: `is ${status}`,
});
const told = (statuses: readonly SelfReport['status'][]): (number | undefined)[] => {
  const steady = new Steady();
  return statuses.map((status) => steady.note(report(status))?.status);
};

test.each<[string, SelfReport['status'][], (number | undefined)[]]>([
  ['what is well at the start is told once', [0, 0, 0, 0], [undefined, undefined, 0, undefined]],
  ['a hitch is not told', [0, 0, 0, 2, 2, 0, 0], [undefined, undefined, 0, ...Array(4).fill(undefined)]],
  ['what lasts is told as it is by then', [1, 2, 2, 2], [undefined, undefined, 2, undefined]],
])('%s', (_, statuses, expected) => {
  expect(told(statuses)).toEqual(expected);
});

test('each thing stands for itself, and what is not well is listed', () => {
  const steady = new Steady();
  for (let look = 0; look < LOOKS_IN_A_ROW; look++) {
    steady.note(report(2));
    steady.note({ check: 'skew', status: 0, output: 'fine' });
  }
  expect(steady.problems()).toEqual([report(2)]);
});

test('never is the same told twice in a row, and what holds for three looks is what was told', () => {
  const status = fc.constantFrom<SelfReport['status']>(0, 1, 2);
  fc.assert(
    fc.property(fc.array(status, { maxLength: 60 }), (statuses) => {
      const changes = told([...statuses, ...Array(LOOKS_IN_A_ROW).fill(statuses.at(-1) ?? 0)]);
      const heard = changes.filter((change) => change !== undefined);
      expect(heard.every((change, index) => change !== heard[index - 1])).toBe(true);
      expect(heard.at(-1)).toBe(statuses.at(-1) ?? 0);
    }),
    { numRuns: RANDOM_INPUTS },
  );
});
