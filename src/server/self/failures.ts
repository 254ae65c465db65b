import type { Counters } from '../../runtime/counters.ts';
import { FAILURES_WINDOW_MS } from './thresholds.ts';

/** Looks that fit in the window. */
const LOOKS = FAILURES_WINDOW_MS / 10_000;

interface Counted {
  handled: number;
  failed: number;
}

/**
 * How many deliveries ended well and badly in the last minutes, by the difference of counters. The canary's do not
 * count, and of a delivery that is tried again only how it ends.
 */
export class Failures {
  readonly #counters: Counters;
  /** Counters at the last looks, oldest first. */
  readonly #looks: Counted[] = [];
  #lately: Counted = { handled: 0, failed: 0 };

  constructor(counters: Counters) {
    this.#counters = counters;
    this.#looks.push(this.#count());
  }

  get lately(): Counted {
    return this.#lately;
  }

  look(): void {
    const now = this.#count();
    this.#looks.push(now);
    if (this.#looks.length > LOOKS + 1) this.#looks.shift();
    const [before = now] = this.#looks;
    this.#lately = { handled: now.handled - before.handled, failed: now.failed - before.failed };
  }

  #count(): Counted {
    const handled = this.#counters.read('deliveries_handled') - this.#counters.read('canaries_passed');
    const failed = this.#counters.read('deliveries_failed') + this.#counters.read('deliveries_dead');
    return { handled, failed };
  }
}
