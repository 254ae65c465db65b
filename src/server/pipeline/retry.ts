import type { Delivery } from '../../model/delivery.ts';
import type { Handler } from '../../model/handler.ts';
import type { Ending } from './rules.ts';

/** How often and when a delivery that failed is tried again. */
export interface Retry {
  /** Tries in all. */
  tries: number;
  pauseMs: number;
  longestPauseMs: number;
}

const PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 300_000;

/**
 * For a handler without `retry` whose command could not be started, or whose receiver could not be reached: then nothing
 * was told, so it cannot be told twice. About four minutes.
 */
export const UNTOLD_RETRY: Retry = { tries: 10, pauseMs: PAUSE_MS, longestPauseMs: 60_000 };

/** What a handler's `retry` says; undefined when it says nothing. */
export function retryOf({ retry }: Pick<Handler, 'retry'>): Retry | undefined {
  if (retry === undefined) return undefined;
  const { tries, pause, longest_pause: longest } = typeof retry === 'number' ? { tries: retry } : retry;
  const longestPauseMs = longest === undefined ? LONGEST_PAUSE_MS : longest * 1000;
  const pauseMs = pause === undefined ? PAUSE_MS : pause * 1000;
  return { tries, pauseMs: Math.min(pauseMs, longestPauseMs), longestPauseMs };
}

/** What a failed try leads to: the end, as `failed` or `dead`, or the delivery as it is tried again after a while. */
export type AfterFailure = 'failed' | 'dead' | { delivery: Delivery; restMs: number };

/**
 * Decides what becomes of a delivery whose try has failed. Pauses double from try to try; each is cut by chance to between
 * half and all of itself, so that what failed together does not come back together. (AWS Architecture Blog, "Exponential
 * backoff and jitter", 2015: equal jitter.)
 * @param facts.chance from 0 up to, not including, 1
 */
export function afterFailure(
  delivery: Delivery,
  ending: Extract<Ending, { outcome: 'failed' }>,
  retry: Retry | undefined,
  facts: { chance: number; nowMs: number },
): AfterFailure {
  if (ending.final || (!retry && !ending.untold)) return 'failed';
  const { tries, pauseMs, longestPauseMs } = retry ?? UNTOLD_RETRY;
  const failures = (delivery.failures ?? 0) + 1;
  if (failures >= tries) return 'dead';
  const wholeMs = Math.min(pauseMs * 2 ** (failures - 1), longestPauseMs);
  const restMs = Math.ceil(wholeMs * (1 - facts.chance / 2));
  const next = {
    ...delivery,
    tries: delivery.tries + 1,
    failures,
    next_try: (facts.nowMs + restMs) / 1000,
    last_error: ending.error,
  };
  return { delivery: next, restMs };
}

/** Milliseconds until a delivery that was left may be tried; a clock that was set back does not stretch them. */
export function restOf({ next_try: next }: Delivery, retry: Retry | undefined, nowMs: number): number {
  if (next === undefined) return 0;
  const { longestPauseMs } = retry ?? UNTOLD_RETRY;
  return Math.min(Math.max(0, next * 1000 - nowMs), longestPauseMs);
}

/** A dead letter's delivery as it is tried anew: with all its tries before it. */
export function triedAnew({ failures, next_try, last_error, ...delivery }: Delivery): Delivery {
  return { ...delivery, tries: delivery.tries + 1 };
}
