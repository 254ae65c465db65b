import type { Random } from '../../runtime/random.ts';

/** Over so long those who lost their server at the same moment come back. */
export const SPREAD_MS = 3_000;
/** Longest pause after the first try that failed; doubled with each further one. */
export const FIRST_PAUSE_MS = 2_000;
/** No pause is longer, unless the server asked for it. */
export const LONGEST_PAUSE_MS = 60_000;
/** Those who were told to come again after the same time come within so long of each other. */
export const TOLD_SPREAD_MS = 1_000;

/** How the last connection, or the last try, ended. */
export interface Ended {
  /** Tries in a row that led to no welcome. */
  failures: number;
  /** After which time the server asked for another try. */
  againInMs?: number | undefined;
  /** Over which time a server that left wants its agents to come back. */
  spreadMs?: number | undefined;
}

/**
 * Milliseconds until the next try: any time within a bound that doubles ("full jitter": the whole pause is chance, so
 * that thousands of agents never come in step), but not before a server that named a time.
 */
export function reconnectInMs({ failures, againInMs, spreadMs = SPREAD_MS }: Ended, random: Random): number {
  if (againInMs !== undefined) return againInMs + random.number() * TOLD_SPREAD_MS;
  if (failures === 0) return random.number() * spreadMs;
  return random.number() * Math.min(FIRST_PAUSE_MS * 2 ** (failures - 1), LONGEST_PAUSE_MS);
}
