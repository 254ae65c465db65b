import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Tape } from './tape.ts';

describe('Tape', () => {
  it('finds exactly what follows any cursor that it still knows', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 8 }), fc.nat(30), fc.nat(30), (size, count, asked) => {
        const tape = new Tape(size, 'c0');
        for (let number = 1; number <= count; number++) tape.add(`c${number}`, []);
        const place = tape.placeBehind(`c${asked}`);
        const known = asked <= count && asked >= count - size;
        expect(place !== undefined).toBe(known);
        const following: (string | undefined)[] = [];
        for (let at = place ?? tape.end; at < tape.end; at++) following.push(tape.at(at)?.cursor);
        const wanted = Array.from(
          { length: known ? count - asked : 0 },
          (_, index) => `c${asked + 1 + index}`,
        );
        expect(following).toEqual(wanted);
        expect(tape.cursor).toBe(`c${count}`);
      }),
    );
  });

  it('forgets everything when it starts over, and shows it to whoever was at its end', () => {
    const tape = new Tape(3, 'c0');
    tape.add('c1', []);
    const end = tape.end;
    tape.restart('c9');
    expect(end).toBeLessThan(tape.oldest);
    expect([tape.placeBehind('c1'), tape.placeBehind('c0')]).toEqual([undefined, undefined]);
    expect(tape.placeBehind('c9')).toBe(tape.end);
    tape.add('c10', []);
    expect(tape.at(tape.end - 1)?.cursor).toBe('c10');
    expect(tape.at(end)).toBeUndefined();
  });
});
