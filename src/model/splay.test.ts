import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nextOnGrid, splayOffsetMs } from './splay.ts';

/** 1414213569.032 in milliseconds. */
const NOW = 1_414_213_569_032;

describe('the splay grid', () => {
  it.each([
    ['i-424242:test', 60, 3.321],
    ['i-424242:test', 3600, 783.321],
    ['test', 60, 17.601],
    ['test', 3600, 3497.601],
  ])('runs %s every %d s first after %d s, as Sensu Core 1.9 does', (key, interval, splay) => {
    const intervalMs = interval * 1000;
    expect((nextOnGrid(NOW, splayOffsetMs(key, intervalMs), intervalMs) - NOW) / 1000).toBe(splay);
  });

  it('is met at every moment congruent to the offset and never longer than an interval away', () => {
    fc.assert(
      fc.property(
        fc.string(),
        fc.integer({ min: 1, max: 1e8 }),
        fc.integer({ min: -1e12, max: 4e12 }),
        (key, intervalMs, fromMs) => {
          const offsetMs = splayOffsetMs(key, intervalMs);
          expect(offsetMs).toBeGreaterThanOrEqual(0);
          expect(offsetMs).toBeLessThan(intervalMs);
          const nextMs = nextOnGrid(fromMs, offsetMs, intervalMs);
          expect(nextMs - fromMs).toBeGreaterThanOrEqual(0);
          expect(nextMs - fromMs).toBeLessThan(intervalMs);
          expect((((nextMs - offsetMs) % intervalMs) + intervalMs) % intervalMs).toBe(0);
          expect(nextOnGrid(nextMs, offsetMs, intervalMs)).toBe(nextMs);
        },
      ),
    );
  });
});
