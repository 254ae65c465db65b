import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { TakenNumber } from '../../state/documents.ts';
import { judgeNumber } from './taken.ts';

const id = (boot: string, number: number, agent = 'a') => ({ agent, boot, number });

/** The numbers to remember after a result that must be new. */
function taken(before: readonly TakenNumber[], given: ReturnType<typeof id>): readonly TakenNumber[] {
  const judged = judgeNumber(before, given);
  if (judged.verdict !== 'new') throw new Error(`the number is ${judged.verdict}`);
  return judged.taken;
}

test('numbers that rise are new, the same again is a repeat, a lower one is late', () => {
  const first = taken([], id('b1', 5));
  expect(judgeNumber(first, id('b1', 5)).verdict).toBe('repeat');
  expect(judgeNumber(first, id('b1', 4)).verdict).toBe('late');
  expect(judgeNumber(first, id('b1', 9)).verdict).toBe('new');
});

test('a new boot begins anew, and what an earlier boot left behind is late', () => {
  const second = taken(taken([], id('b1', 5)), id('b2', 1));
  expect(judgeNumber(second, id('b1', 6)).verdict).toBe('late');
  expect(judgeNumber(second, id('b2', 2)).verdict).toBe('new');
});

test('agents do not disturb each other, whatever they are called', () => {
  const first = taken([], id('b', 5, '__proto__'));
  expect(judgeNumber(first, id('b', 1, 'toString')).verdict).toBe('new');
  expect(judgeNumber(first, id('b', 5, '__proto__')).verdict).toBe('repeat');
});

test('of any shuffled and repeated delivery each number is new at most once', () => {
  const numbers = fc.array(fc.tuple(fc.constantFrom('b1', 'b2', 'b3'), fc.integer({ min: 1, max: 9 })), {
    maxLength: 60,
  });
  fc.assert(
    fc.property(numbers, (list) => {
      let numbersTaken: readonly TakenNumber[] = [];
      const seen = new Set<string>();
      for (const [boot, number] of list) {
        const judged = judgeNumber(numbersTaken, id(boot, number));
        if (judged.verdict !== 'new') continue;
        numbersTaken = judged.taken;
        expect(seen.has(`${boot}/${number}`)).toBe(false);
        seen.add(`${boot}/${number}`);
      }
    }),
  );
});

test('of very many agents the newest are remembered', () => {
  let numbers: readonly TakenNumber[] = [];
  for (let agent = 0; agent < 500; agent++) numbers = taken(numbers, id('b', 1, `a${agent}`));
  expect(numbers.length).toBeLessThan(100);
  expect(judgeNumber(numbers, id('b', 1, 'a499')).verdict).toBe('repeat');
});
