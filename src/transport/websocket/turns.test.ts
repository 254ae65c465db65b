import { expect, it } from 'vitest';
import { turn } from '../../runtime/clock.ts';
import { Turns, WORK_IN_A_TURN } from './turns.ts';

it('does everything once, in order, a part in each turn, and what comes meanwhile behind it', async () => {
  const turns = new Turns();
  const done: number[] = [];
  const count = WORK_IN_A_TURN * 2 + 1;
  for (let index = 0; index < count; index++) {
    turns.add(() => {
      done.push(index);
      if (index === 0) turns.add(() => done.push(count));
    });
  }
  expect(done).toEqual([]);
  await turn();
  expect(done.length).toBe(WORK_IN_A_TURN);
  await turn();
  await turn();
  expect(done).toEqual(Array.from({ length: count + 1 }, (_, index) => index));
  turns.add(() => done.push(-1));
  await turn();
  expect(done.at(-1)).toBe(-1);
});
