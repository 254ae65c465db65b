import fc from 'fast-check';
import { expect, test } from 'vitest';
import { RANDOM_INPUTS } from '../testing/random.ts';
import { Shares } from './shares.ts';

test('one address cannot have all places, and what it gives back can be taken again', () => {
  const shares = new Shares(8, 6);
  const taken = (address: string, times: number): number =>
    Array.from({ length: times }, () => shares.take(address)).filter(Boolean).length;
  expect([taken('a', 100), taken('b', 100), taken('c', 100)]).toEqual([6, 2, 0]);
  shares.giveBack('a');
  expect([taken('b', 1), taken('a', 1)]).toEqual([1, 0]);
});

test('never more places are taken than there are, of one address or of all', () => {
  const steps = fc.array(fc.tuple(fc.constantFrom('a', 'b', 'c'), fc.boolean()));
  fc.assert(
    fc.property(steps, (given) => {
      const shares = new Shares(5, 3);
      const held = new Map<string, number>();
      for (const [address, takes] of given) {
        const own = held.get(address) ?? 0;
        if (takes && shares.take(address)) held.set(address, own + 1);
        if (!takes && own > 0) {
          shares.giveBack(address);
          held.set(address, own - 1);
        }
        const all = [...held.values()];
        expect(Math.max(0, ...all)).toBeLessThanOrEqual(3);
        expect(all.reduce((sum, one) => sum + one, 0)).toBeLessThanOrEqual(5);
      }
    }),
    { numRuns: RANDOM_INPUTS },
  );
});
