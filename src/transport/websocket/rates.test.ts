import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RANDOM_INPUTS, seededRandom } from '../../testing/random.ts';
import {
  Allowance,
  ARRIVALS_AT_ONCE_MS,
  ARRIVALS_PER_SECOND,
  ArrivalPace,
  LONGEST_TURN_MS,
} from './rates.ts';
import { LONGEST_PAUSE_MS, reconnectInMs, SPREAD_MS, TOLD_SPREAD_MS } from './reconnect.ts';

const limits = { messageBytes: 1_000, resultsPerSecond: 10, bytesPerSecond: 5_000 };

describe('Allowance', () => {
  it('gives one second’s worth at once and then asks for time', () => {
    const allowance = new Allowance();
    const owed = Array.from({ length: 12 }, () => allowance.spend(0, 1, limits));
    expect(owed).toEqual([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 100, 200]);
    expect(allowance.spend(300, 1, limits)).toBe(0);
    expect(new Allowance().spend(0, 15_000, limits)).toBe(2_000);
  });

  it('lets no more through than the rate, whoever waits as long as asked', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(500), fc.integer({ min: 1, max: 2_000 })), { minLength: 1, maxLength: 100 }),
        (messages) => {
          const allowance = new Allowance();
          let nowMs = 0;
          let bytes = 0;
          for (const [index, [pauseMs, size]] of messages.entries()) {
            nowMs += pauseMs;
            bytes += size;
            const owedMs = allowance.spend(nowMs, size, limits);
            nowMs += owedMs;
            const seconds = nowMs / 1000;
            expect(index + 1).toBeLessThanOrEqual(limits.resultsPerSecond * (seconds + 1) + 1e-6);
            expect(bytes).toBeLessThanOrEqual(limits.bytesPerSecond * (seconds + 1) + 1e-6);
          }
        },
      ),
      { numRuns: RANDOM_INPUTS },
    );
  });
});

describe('ArrivalPace', () => {
  it('lets a thousand in at once, and gives everybody beyond a turn of its own', () => {
    const pace = new ArrivalPace();
    const turns = Array.from({ length: 10_000 }, () => pace.turnInMs(0));
    const atOnce = (ARRIVALS_AT_ONCE_MS / 1000) * ARRIVALS_PER_SECOND;
    expect(turns.filter((turn) => turn === 0).length).toBe(atOnce + 1);
    const told = turns.filter((turn) => turn > 0);
    expect(new Set(told).size).toBe(told.length);
    expect(told.at(-1)).toBe(((turns.length - 1) * 1000) / ARRIVALS_PER_SECOND);
  });

  it('forgets a rush, and never asks for more than a minute', () => {
    const pace = new ArrivalPace();
    const turns = Array.from({ length: 200_000 }, () => pace.turnInMs(0));
    expect(turns.at(-1)).toBe(LONGEST_TURN_MS);
    expect(pace.turnInMs(LONGEST_TURN_MS)).toBe(0);
  });
});

describe('reconnectInMs', () => {
  const always = (number: number) => ({ ...seededRandom(), number: () => number });
  it('spreads the first try, doubles the bound, and heeds the server', () => {
    expect(reconnectInMs({ failures: 0 }, always(0.5))).toBe(SPREAD_MS / 2);
    expect(reconnectInMs({ failures: 0, spreadMs: 9_000 }, always(0.5))).toBe(4_500);
    const bounds = [1, 2, 3, 4, 5, 6, 7, 500].map((failures) => reconnectInMs({ failures }, always(1)));
    expect(bounds).toEqual([2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000, LONGEST_PAUSE_MS]);
    expect(reconnectInMs({ failures: 9, againInMs: 5_000 }, always(0.5))).toBe(5_000 + TOLD_SPREAD_MS / 2);
    expect(reconnectInMs({ failures: 9 }, always(0))).toBe(0);
  });
});
