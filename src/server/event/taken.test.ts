import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { TakenNumber } from '../../state/documents.ts';
import { RANDOM_INPUTS } from '../../testing/random.ts';
import { judgeNumber } from './taken.ts';

const arrival = fc.constantFrom('live' as const, 'spooled' as const, 'overtaken' as const);
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

const linked = (boot: string, number: number, previous: number, agent = 'a') => ({
  agent,
  boot,
  number,
  previous,
});

test('an agent that tells what came before: what is missing is late once, and then a repeat', () => {
  let numbers = taken([], linked('b1', 3, 0));
  numbers = taken(numbers, linked('b1', 20, 15));
  const judged = judgeNumber(numbers, linked('b1', 15, 9));
  expect(judged.verdict).toBe('late');
  if (judged.verdict !== 'late') return;
  expect(judgeNumber(judged.taken, linked('b1', 15, 9)).verdict).toBe('repeat');
  expect(judgeNumber(judged.taken, linked('b1', 9, 3)).verdict).toBe('late');
  expect(judgeNumber(numbers, linked('b1', 3, 0)).verdict).toBe('repeat');
});

test('without a gap nothing is remembered that was not before', () => {
  let numbers = taken([], linked('b1', 1, 0));
  const first = numbers[0]?.missing;
  for (let number = 2; number < 10; number++) numbers = taken(numbers, linked('b1', number, number - 1));
  expect(numbers[0]?.missing).toBe(first);
  expect(numbers[0]?.before).toBeUndefined();
});

test('what waited on disk in a boot that was never seen is late, and not new, when a newer one was taken', () => {
  const numbers = taken([], linked('b3', 1, 0));
  const judged = judgeNumber(numbers, linked('b2', 7, 0), 'overtaken');
  expect(judged.verdict).toBe('late');
  if (judged.verdict !== 'late') return;
  expect(judgeNumber(judged.taken, linked('b2', 7, 0), 'overtaken').verdict).toBe('repeat');
  const next = judgeNumber(judged.taken, linked('b2', 9, 7), 'overtaken');
  expect(next.verdict).toBe('late');
  expect(judgeNumber(judged.taken, linked('b3', 2, 1)).verdict).toBe('new');
  expect(judgeNumber(numbers, linked('b2', 7, 0)).verdict).toBe('new');
});

test('a boot that lives is heard again when what an earlier one left on disk came as the newest', () => {
  // Both in the same second, or the clock was set back in between.
  const live = taken([], linked('b2', 1, 0));
  const left = judgeNumber(live, linked('b1', 7, 0), 'spooled');
  if (left.verdict !== 'new') throw new Error(left.verdict);
  const next = judgeNumber(left.taken, linked('b2', 2, 1));
  if (next.verdict !== 'new') throw new Error(next.verdict);
  expect(judgeNumber(next.taken, linked('b2', 3, 2)).verdict).toBe('new');
  expect(judgeNumber(next.taken, linked('b2', 2, 1)).verdict).toBe('repeat');
  expect(judgeNumber(next.taken, linked('b2', 1, 0)).verdict).toBe('repeat');
  expect(judgeNumber(next.taken, linked('b1', 7, 0), 'spooled').verdict).toBe('repeat');
  expect(judgeNumber(next.taken, linked('b1', 8, 7), 'spooled').verdict).toBe('late');
  expect(next.taken[0]?.earlierBoots.length).toBe(1);
});

test('of several boots in any order each number counts once, and the one that lives is never late for long', () => {
  const message = fc.tuple(fc.constantFrom('b1', 'b2', 'b3'), fc.integer({ min: 1, max: 9 }), arrival);
  fc.assert(
    fc.property(fc.array(message, { maxLength: 60 }), (list) => {
      let numbers: readonly TakenNumber[] = taken([], linked('live', 1, 0));
      let number = 1;
      const seen = new Set<string>();
      for (const [boot, left, how] of list) {
        // What is left behind on disk comes between what the agent that runs now reports.
        const came = judgeNumber(numbers, id(boot, left), how === 'live' ? 'spooled' : how);
        if (came.verdict !== 'repeat') numbers = came.taken;
        if (came.verdict === 'new') expect(seen.has(`${boot}/${left}`)).toBe(false);
        seen.add(`${boot}/${left}`);
        numbers = taken(numbers, linked('live', number + 1, number));
        number += 1;
      }
    }),
    { numRuns: RANDOM_INPUTS },
  );
});

test('what an older version stored is read, and its boots are known to be late', () => {
  const stored = JSON.parse('[{"agent":"a","boot":"b2","number":8,"earlierBoots":["b1"]}]');
  expect(judgeNumber(stored, linked('b2', 8, 4)).verdict).toBe('repeat');
  expect(judgeNumber(stored, linked('b2', 4, 0)).verdict).toBe('late');
  expect(judgeNumber(stored, linked('b1', 4, 0)).verdict).toBe('late');
  expect(taken(stored, linked('b2', 9, 8))[0]?.number).toBe(9);
  expect(taken(stored, linked('b3', 1, 0))[0]?.earlierBoots.length).toBe(2);
});

test('in whatever order and however often results come, each is taken once, and none is taken for a repeat', () => {
  const run = fc.tuple(
    fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 1, maxLength: 12 }),
    fc.array(fc.nat(), { maxLength: 60 }),
    fc.array(arrival, { minLength: 60, maxLength: 60 }),
  );
  fc.assert(
    fc.property(run, ([steps, order, arrivals]) => {
      const ids: ReturnType<typeof linked>[] = [];
      let number = 0;
      for (const step of steps) {
        const previous = ids.at(-1)?.number ?? 0;
        number += step;
        ids.push(linked('b1', number, previous));
      }
      let numbers: readonly TakenNumber[] = [];
      const came = new Set<number>();
      for (const [index, where] of order.entries()) {
        const one = ids[where % ids.length] as ReturnType<typeof linked>;
        const judged = judgeNumber(numbers, one, arrivals[index]);
        expect(judged.verdict === 'repeat').toBe(came.has(one.number));
        came.add(one.number);
        if (judged.verdict !== 'repeat') numbers = judged.taken;
        // It goes through the store.
        numbers = JSON.parse(JSON.stringify(numbers));
      }
    }),
    { numRuns: RANDOM_INPUTS },
  );
});

test('of very many gaps the oldest are run together: rather late twice than lost', () => {
  let numbers: readonly TakenNumber[] = [];
  for (let number = 2; number <= 2_000; number += 2)
    numbers = taken(numbers, linked('b', number, number - 1));
  expect(JSON.stringify(numbers).length).toBeLessThan(500);
  for (let number = 1; number < 2_000; number += 2) {
    expect(judgeNumber(numbers, linked('b', number, number - 1)).verdict).toBe('late');
  }
});
