/** Statuses that are remembered of a client's check. */
export const HISTORY_LENGTH = 21;

/** The history with one more status, oldest first, at most 21. */
export function extendHistory(history: readonly number[], status: number): number[] {
  const kept = history.length < HISTORY_LENGTH ? history.slice() : history.slice(1 - HISTORY_LENGTH);
  kept.push(status);
  return kept;
}

/**
 * How restless a history is, in percent, newer changes weighing more: 0 (also while there are fewer than 21
 * entries) to 101. Entry i counts 0.8 + 0.02·i when it differs from the one before; the sum is related to 20.
 * The weight is added up in steps, since the rounding of that sum is part of what peers see.
 * (Sensu Core 1.9 documentation, "Flap detection", after the Nagios manual.)
 */
export function totalStateChange(history: readonly number[]): number {
  if (history.length !== HISTORY_LENGTH) return 0;
  let weight = 0.8;
  let sum = 0;
  for (let index = 1; index < HISTORY_LENGTH; index++) {
    weight += 0.02;
    if (history[index] !== history[index - 1]) sum += weight;
  }
  return Math.trunc((sum / 20) * 100);
}

/**
 * Whether a check flaps: from the high threshold on, until it has come down to the low one.
 * Without two whole numbers as thresholds nothing flaps.
 */
export function isFlapping(
  stateChange: number,
  thresholds: { low: unknown; high: unknown },
  wasFlapping: boolean,
): boolean {
  const { low, high } = thresholds;
  if (!Number.isInteger(low) || !Number.isInteger(high)) return false;
  return wasFlapping ? stateChange > (low as number) : stateChange >= (high as number);
}
