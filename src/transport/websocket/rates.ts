/** How much one client may send. */
export interface MessageLimits {
  /** Of one frame. */
  messageBytes: number;
  resultsPerSecond: number;
  bytesPerSecond: number;
}

/**
 * What one client may still send: two buckets, of messages and of bytes, that hold one second's worth and fill evenly.
 * What has come is always spent, so a bucket can owe; its owner is not read from until nothing is owed.
 */
export class Allowance {
  #messages = Number.POSITIVE_INFINITY;
  #bytes = Number.POSITIVE_INFINITY;
  #atMs = 0;

  /** Books one message; returns the milliseconds until nothing is owed, 0 when nothing is. */
  spend(nowMs: number, bytes: number, { resultsPerSecond, bytesPerSecond }: MessageLimits): number {
    const passed = Math.max(nowMs - this.#atMs, 0) / 1000;
    this.#atMs = nowMs;
    this.#messages = Math.min(this.#messages + passed * resultsPerSecond, resultsPerSecond) - 1;
    this.#bytes = Math.min(this.#bytes + passed * bytesPerSecond, bytesPerSecond) - bytes;
    const owedSeconds = Math.max(-this.#messages / resultsPerSecond, -this.#bytes / bytesPerSecond, 0);
    return Math.ceil(owedSeconds * 1000);
  }
}

/** Agents that are let in each second, unless told otherwise. */
export const ARRIVALS_PER_SECOND = 2_000;
/** So many milliseconds' worth of them may come at once. */
export const ARRIVALS_AT_ONCE_MS = 1_000;
/** Nobody is told to come again later than this. */
export const LONGEST_TURN_MS = 60_000;

/**
 * Lets agents in at a bounded pace. Whoever comes too early is given a turn of its own, later, so that those who are
 * told to come again do not come together.
 */
export class ArrivalPace {
  readonly #stepMs: number;
  #freeAtMs = Number.NEGATIVE_INFINITY;

  constructor(arrivalsPerSecond = ARRIVALS_PER_SECOND) {
    this.#stepMs = 1000 / arrivalsPerSecond;
  }

  /** Milliseconds after which this one had better come again; 0: it may come in. */
  turnInMs(nowMs: number): number {
    const turnAtMs = Math.max(nowMs, this.#freeAtMs);
    const waitMs = turnAtMs - nowMs;
    this.#freeAtMs = Math.min(turnAtMs + this.#stepMs, nowMs + LONGEST_TURN_MS);
    return waitMs > ARRIVALS_AT_ONCE_MS ? waitMs : 0;
  }
}
