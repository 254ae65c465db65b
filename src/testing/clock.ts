import type { Clock, Timer } from '../runtime/clock.ts';

interface Pending {
  dueMs: number;
  order: number;
  run: () => void;
}

/** A clock that moves only when told, so that a day passes in milliseconds. */
export class ManualClock implements Clock {
  #nowMs: number;
  #elapsedMs = 0;
  #order = 0;
  #timers: Pending[] = [];

  /** @param startMs wall time to begin with, Unix milliseconds */
  constructor(startMs = 1_800_000_000_000) {
    this.#nowMs = startMs;
  }

  now(): number {
    return this.#nowMs;
  }

  elapsed(): number {
    return this.#elapsedMs;
  }

  after(delayMs: number, run: () => void): Timer {
    const timer: Pending = { dueMs: this.#elapsedMs + Math.max(delayMs, 0), order: this.#order++, run };
    this.#timers.push(timer);
    return {
      cancel: () => {
        this.#timers = this.#timers.filter((other) => other !== timer);
      },
    };
  }

  /** Timers that are set. */
  get pending(): number {
    return this.#timers.length;
  }

  /**
   * Lets time pass: each timer that falls due runs at its own moment, and promises settle in between.
   * Wall time and elapsed time move alike.
   */
  async advance(ms: number): Promise<void> {
    const end = this.#elapsedMs + ms;
    await settle();
    for (let next = this.#next(end); next !== undefined; next = this.#next(end)) {
      this.#move(next.dueMs - this.#elapsedMs);
      this.#timers = this.#timers.filter((timer) => timer !== next);
      next.run();
      await settle();
    }
    this.#move(end - this.#elapsedMs);
  }

  /** Somebody sets the machine's clock: wall time jumps, elapsed time does not. */
  step(ms: number): void {
    this.#nowMs += ms;
  }

  /**
   * The machine sleeps: wall time goes on and nothing runs. Elapsed time stands still, as on Linux, or
   * goes on (`elapsedGoesOn`), as elsewhere; then all overdue timers run when `advance` is called next.
   */
  suspend(ms: number, options: { elapsedGoesOn?: boolean } = {}): void {
    this.#nowMs += ms;
    if (options.elapsedGoesOn) this.#elapsedMs += ms;
  }

  #move(ms: number): void {
    if (ms <= 0) return;
    this.#elapsedMs += ms;
    this.#nowMs += ms;
  }

  #next(end: number): Pending | undefined {
    let first: Pending | undefined;
    for (const timer of this.#timers) {
      if (timer.dueMs > end) continue;
      if (!first || timer.dueMs < first.dueMs || (timer.dueMs === first.dueMs && timer.order < first.order)) {
        first = timer;
      }
    }
    return first;
  }
}

/** Lets everything that is ready to run, run: promise callbacks and what they set off, I/O apart. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 3; turn++) await new Promise<void>((resolve) => setImmediate(resolve));
}
