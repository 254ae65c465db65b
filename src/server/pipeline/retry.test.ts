import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Delivery } from '../../model/delivery.ts';
import { sampleEvent } from '../../testing/plugin-context.ts';
import { RANDOM_INPUTS } from '../../testing/random.ts';
import { afterFailure, type Retry, restOf, retryOf, triedAnew, UNTOLD_RETRY } from './retry.ts';

const delivery: Delivery = { id: 'd', handler: 'mail', event: sampleEvent(), tries: 1 };
const failed = { outcome: 'failed', stage: 'handler', error: '502' } as const;
const facts = { chance: 0, nowMs: 1_000_000 };

describe('retryOf', () => {
  test.each<[string, Parameters<typeof retryOf>[0], Retry | undefined]>([
    ['nothing', {}, undefined],
    ['a number', { retry: 5 }, { tries: 5, pauseMs: 1_000, longestPauseMs: 300_000 }],
    [
      'an object',
      { retry: { tries: 3, pause: 0.5, longest_pause: 20 } },
      { tries: 3, pauseMs: 500, longestPauseMs: 20_000 },
    ],
    [
      'a longest pause below the pause',
      { retry: { tries: 3, longest_pause: 0.2 } },
      { tries: 3, pauseMs: 200, longestPauseMs: 200 },
    ],
  ])('reads %s', (_, handler, wanted) => {
    expect(retryOf(handler)).toEqual(wanted);
  });
});

describe('afterFailure', () => {
  const retry: Retry = { tries: 3, pauseMs: 1_000, longestPauseMs: 1_500 };

  test.each<[string, Partial<Delivery>, object, Retry | undefined, unknown]>([
    ['without retry', {}, {}, undefined, 'failed'],
    ['what can only fail again', {}, { final: true }, retry, 'failed'],
    ['the first failure', {}, {}, retry, { restMs: 1_000 }],
    ['the second', { failures: 1 }, {}, retry, { restMs: 1_500 }],
    ['the last try', { failures: 2 }, {}, retry, 'dead'],
    ['the only try', {}, {}, { ...retry, tries: 1 }, 'dead'],
    ['without retry, when nothing was told', {}, { untold: true }, undefined, { restMs: 1_000 }],
    ['the last of these', { failures: UNTOLD_RETRY.tries - 1 }, { untold: true }, undefined, 'dead'],
    ['told in part after tries that told nothing', { failures: 3 }, {}, undefined, 'failed'],
  ])('decides %s', (_, past, how, rules, wanted) => {
    const after = afterFailure({ ...delivery, ...past }, { ...failed, ...how }, rules, facts);
    if (typeof wanted === 'string') expect(after).toBe(wanted);
    else expect(after).toMatchObject(wanted as object);
  });

  test('notes in the delivery when and why', () => {
    expect(afterFailure(delivery, failed, retry, facts)).toEqual({
      restMs: 1_000,
      delivery: { ...delivery, tries: 2, failures: 1, next_try: 1_001, last_error: '502' },
    });
  });

  test('every delivery is dead after just its tries, and its pauses grow within their bounds', () => {
    const rules = fc.record({
      tries: fc.integer({ min: 1, max: 60 }),
      pauseMs: fc.integer({ min: 1, max: 10_000 }),
      longestPauseMs: fc.integer({ min: 10_000, max: 86_400_000 }),
    });
    const chance = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
    fc.assert(
      fc.property(rules, chance, (each, chance) => {
        let now = delivery;
        for (let failures = 1; failures < each.tries; failures++) {
          const after = afterFailure(now, failed, each, { chance, nowMs: 5_000 });
          if (typeof after !== 'object') throw new Error('given up too early');
          const wholeMs = Math.min(each.pauseMs * 2 ** (failures - 1), each.longestPauseMs);
          expect(after.restMs).toBeGreaterThanOrEqual(wholeMs / 2);
          expect(after.restMs).toBeLessThanOrEqual(wholeMs);
          expect(restOf(after.delivery, each, 5_000)).toBeCloseTo(after.restMs, 0);
          now = after.delivery;
        }
        expect(afterFailure(now, failed, each, { chance, nowMs: 5_000 })).toBe('dead');
        expect(now.tries).toBe(each.tries);
      }),
      { numRuns: RANDOM_INPUTS },
    );
  });
});

test('what was left rests no longer than its handler says, whatever the clock does', () => {
  const retry: Retry = { tries: 3, pauseMs: 1_000, longestPauseMs: 60_000 };
  const left = { ...delivery, next_try: 2_000 };
  expect(restOf(delivery, retry, 0)).toBe(0);
  expect(restOf(left, retry, 1_990_000)).toBe(10_000);
  expect(restOf(left, retry, 2_100_000)).toBe(0);
  expect(restOf(left, retry, 0)).toBe(60_000);
});

test('a dead letter is tried anew with all its tries before it, and may be told to have been tried', () => {
  const given = { ...delivery, tries: 5, failures: 4, next_try: 7, last_error: '502' };
  expect(triedAnew(given)).toEqual({ ...delivery, tries: 6 });
});
