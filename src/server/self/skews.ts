import type { ClientState } from '../../state/documents.ts';
import { type Skew, skewOf } from '../../state/skew.ts';
import { Walk } from '../retention/walk.ts';
import { SKEW_SECONDS } from './thresholds.ts';

/** Clients that are looked at in one go. */
const SLICE = 5000;
/** A keepalive older than this says nothing of today's clock. */
const FRESH_MS = 300_000;

/** Goes round the clients, a slice at each look, and remembers what the last whole round found of their clocks. */
export class Skews {
  readonly #walk: Walk<ClientState>;
  #round: Skew[] = [];
  #largest = 0;
  #found: { skewed: readonly Skew[]; largest: number } = { skewed: [], largest: 0 };

  constructor(clients: () => Iterable<ClientState>) {
    this.#walk = new Walk(clients);
  }

  /** Clients that differ by more than the threshold, the worst first. */
  get skewed(): readonly Skew[] {
    return this.#found.skewed;
  }

  /** Seconds by which any clock differs most. */
  get largest(): number {
    return this.#found.largest;
  }

  /** @param nowMs Unix milliseconds */
  look(nowMs: number): void {
    const goesOn = this.#walk.forEach(SLICE, (state) => {
      const skew = skewOf(state, nowMs - FRESH_MS);
      if (skew === undefined) return;
      const seconds = Math.abs(skew.seconds);
      this.#largest = Math.max(this.#largest, seconds);
      if (seconds > SKEW_SECONDS) this.#round.push(skew);
    });
    if (goesOn) return;
    const skewed = this.#round.sort((one, other) => Math.abs(other.seconds) - Math.abs(one.seconds));
    this.#found = { skewed, largest: this.#largest };
    this.#round = [];
    this.#largest = 0;
  }
}
