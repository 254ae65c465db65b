import type { Clock, Timer } from '../../runtime/clock.ts';
import type { Store } from '../../store/port.ts';

const LOOK_EVERY_MS = 1000;

/** How far a view is behind its store: the time since it last showed everything that was committed. */
export class Freshness {
  readonly #clock: Clock;
  readonly #store: Pick<Store, 'connected' | 'cursor'>;
  readonly #cursor: () => string | undefined;
  #levelMs: number;
  #timer: Timer | undefined;

  /** @param cursor the newest change that the view shows; undefined while it is incomplete */
  constructor(parts: {
    clock: Clock;
    store: Pick<Store, 'connected' | 'cursor'>;
    cursor: () => string | undefined;
  }) {
    this.#clock = parts.clock;
    this.#store = parts.store;
    this.#cursor = parts.cursor;
    this.#levelMs = parts.clock.elapsed();
    this.#look();
  }

  /** Milliseconds; 0 when nothing is missing. Counted from the last look, which is a second ago at most. */
  behindMs(): number {
    const nowMs = this.#clock.elapsed();
    if (this.#isLevel()) this.#levelMs = nowMs;
    return nowMs - this.#levelMs;
  }

  close(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  readonly #look = (): void => {
    this.behindMs();
    this.#timer = this.#clock.after(LOOK_EVERY_MS, this.#look);
  };

  #isLevel(): boolean {
    const cursor = this.#cursor();
    return this.#store.connected && cursor !== undefined && cursor >= this.#store.cursor();
  }
}
