import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RANDOM_INPUTS } from '../testing/random.ts';
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

  it('passes over busy and refusing members while another is there, whoever joins and leaves', () => {
    const step = fc.oneof(
      fc.record({ ask: fc.constantFrom('disk', 'load'), refused: fc.subarray([0, 1, 2, 3, 4]) }),
      fc.record({ join: fc.integer({ min: 0, max: 4 }) }),
      fc.record({ leave: fc.integer({ min: 0, max: 4 }) }),
      fc.record({ end: fc.nat(20) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const turns = new RoundRobin<number>();
        const members = new Set<number>();
        let held: { member: number; name: string; ended: () => void }[] = [];
        for (const one of steps) {
          if ('join' in one && !members.has(one.join)) {
            turns.join(one.join);
            members.add(one.join);
          } else if ('leave' in one) {
            turns.leave(one.leave);
            members.delete(one.leave);
            held = held.filter(({ member }) => member !== one.leave);
          } else if ('end' in one) held.splice(one.end % (held.length + 1), 1)[0]?.ended();
          else if ('ask' in one) {
            const refused = new Set(one.refused);
            const asked = [...members].filter((member) => !refused.has(member));
            const inHand = (member: number): number =>
              held.filter((run) => run.member === member && run.name === one.ask).length;
            const next = turns.next(one.ask, refused);
            if (!next) {
              expect(asked).toEqual([]);
              continue;
            }
            expect(asked).toContain(next.member);
            expect(inHand(next.member)).toBe(Math.min(...asked.map(inHand)));
            held.push({ member: next.member, name: one.ask, ended: next.ended });
          }
        }
        expect(turns.size).toBe(members.size);
      }),
      { numRuns: RANDOM_INPUTS },
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
