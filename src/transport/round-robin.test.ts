import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RoundRobin } from './round-robin.ts';

describe('RoundRobin', () => {
  it('has nobody to choose when nobody joined', () => {
    expect(new RoundRobin<string>().next('disk')).toBeUndefined();
  });

  it('keeps counts of members that are always idle within one, whatever the others do', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.constantFrom('disk', 'load'), fc.boolean()), { maxLength: 80 }),
        (requests) => {
          const turns = new RoundRobin<string>();
          for (const member of ['idle-1', 'idle-2', 'busy-1', 'busy-2']) turns.join(member);
          const counts: Record<string, number> = {};
          const held: (() => void)[] = [];
          for (const [name, release] of requests) {
            if (release) held.shift()?.();
            const next = turns.next(name);
            if (!next) throw new Error('nobody was chosen');
            if (next.member.startsWith('busy')) held.push(next.ended);
            else next.ended();
            const key = `${next.member}/${name}`;
            counts[key] = (counts[key] ?? 0) + 1;
            const difference = (counts[`idle-1/${name}`] ?? 0) - (counts[`idle-2/${name}`] ?? 0);
            expect(Math.abs(difference)).toBeLessThanOrEqual(1);
          }
        },
      ),
    );
  });

  it('gives a newcomer its turn once and does not make it catch up', () => {
    const turns = new RoundRobin<string>();
    const take = (): string | undefined => {
      const next = turns.next('disk');
      next?.ended();
      return next?.member;
    };
    turns.join('a');
    turns.join('b');
    for (let count = 0; count < 10; count++) take();
    turns.join('c');
    expect([take(), take(), take(), take()]).toEqual(['c', 'a', 'b', 'c']);
    turns.leave('a');
    expect([take(), take(), take()]).toEqual(['b', 'c', 'b']);
    expect(turns.size).toBe(2);
  });
});
