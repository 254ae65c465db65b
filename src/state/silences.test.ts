import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RANDOM_INPUTS } from '../testing/random.ts';
import { endAfter, secondsLeft, silenceDocument, silenceId } from './silences.ts';

describe('the id of a silence', () => {
  it.each([
    [{ subscription: 'web', check: 'disk' }, 'web:disk'],
    [{ subscription: 'client:i-42' }, 'client:i-42:*'],
    [{ check: 'disk', subscription: null }, '*:disk'],
  ])('of %j is %s', (entry, id) => {
    expect(silenceId(entry)).toBe(id);
  });
});

describe('what is left of a silence', () => {
  it.each([
    [null, 5_000, -1],
    [10_000, 5_000, 5],
    [10_000, 5_600, 4],
    [10_000, 10_000, 0],
    [10_000, 99_000, 0],
  ])('that ends at %j is at %j: %j s', (endsAtMs, nowMs, left) => {
    expect(secondsLeft(endsAtMs, nowMs)).toBe(left);
  });

  it('is what it was made for, whatever the numbers, and always a number', () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), fc.nat({ max: 4e12 }), (seconds, nowMs) => {
        const endsAtMs = endAfter(seconds, nowMs);
        expect(Number.isSafeInteger(endsAtMs)).toBe(true);
        const left = secondsLeft(endsAtMs, nowMs);
        if (Math.abs(seconds) < 8e12 - nowMs) expect(left).toBe(Math.max(0, seconds));
        else expect(left).toBeGreaterThanOrEqual(0);
      }),
      { numRuns: RANDOM_INPUTS },
    );
  });

  it('stands behind its members', () => {
    const silence = {
      ...{ id: 'web:*', subscription: 'web', check: null, reason: null, creator: null, begin: null },
      ...{ expire_on_resolve: false, timestamp: 1 },
    };
    const document = silenceDocument({ silence, endsAtMs: null }, 0);
    expect(Object.keys(document)).toEqual([...Object.keys(silence), 'expire']);
  });
});
