import type { Clock } from '../../runtime/clock.ts';

/** Longest stretch of work between two turns of the event loop, in milliseconds. */
const SLICE_MS = 6;

/** Asks whether a stretch of work has lasted long enough; then `next` has to be awaited before it goes on. */
export interface Stretch {
  isOver(): boolean;
  /** Resolves when it is our turn again. */
  next(): Promise<void>;
}

/**
 * Hands out turns of the event loop to long work, one a turn whoever waits: however many searches run, nothing else
 * waits longer than one slice.
 */
export class Turns {
  readonly #clock: Clock;
  readonly #waiting: (() => void)[] = [];
  #planned = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Work begins with `await next()`. */
  stretch(sliceMs = SLICE_MS): Stretch {
    let endMs = Number.NEGATIVE_INFINITY;
    return {
      isOver: () => this.#clock.elapsed() >= endMs,
      next: async () => {
        await this.#turn();
        endMs = this.#clock.elapsed() + sliceMs;
      },
    };
  }

  #turn(): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      this.#plan();
    });
  }

  #plan(): void {
    if (this.#planned || this.#waiting.length === 0) return;
    this.#planned = true;
    setImmediate(() => {
      this.#planned = false;
      this.#waiting.shift()?.();
      this.#plan();
    });
  }
}
