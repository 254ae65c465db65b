import { expect, test } from 'vitest';
import { Queue } from './queue.ts';

test('what was pushed comes out in order, across any mixture of both', () => {
  const queue = new Queue<number>();
  const out: number[] = [];
  for (let n = 0; n < 1000; n++) {
    queue.push(n);
    if (n % 3 === 0) out.push(queue.shift() ?? -1);
  }
  expect(queue.length).toBe(1000 - out.length);
  for (let next = queue.shift(); next !== undefined; next = queue.shift()) out.push(next);
  expect(out).toEqual(Array.from({ length: 1000 }, (_, n) => n));
  expect(queue.length).toBe(0);
});
