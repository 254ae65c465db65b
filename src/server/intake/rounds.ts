import type { Clock, Timer } from '../../runtime/clock.ts';

/** Everything that is watched is looked at this often. */
export const ROUND_SECONDS = 30;

export interface RoundsParts {
  /** Names of what is to be looked at in the round that begins. */
  names: () => Iterable<string>;
  /** Looks at one share; what is known of each name is to be looked up now, since it may have changed. */
  look: (names: readonly string[]) => void;
  clock: Clock;
}

/**
 * Goes round what is watched every 30 s, a share each second, so that no second has all the work. The first round
 * begins 30 s after the start: until then those that live can be heard.
 */
export class Rounds {
  readonly #parts: RoundsParts;
  #timer: Timer | undefined;
  #second = 0;
  #round: string[] = [];

  constructor(parts: RoundsParts) {
    this.#parts = parts;
  }

  start(): void {
    this.#timer = this.#parts.clock.after(1000, () => this.#tick());
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #tick(): void {
    const step = this.#second % ROUND_SECONDS;
    if (step === 0 && this.#second > 0) this.#round = [...this.#parts.names()];
    this.#second++;
    this.#timer = this.#parts.clock.after(1000, () => this.#tick());
    const share = this.#share(step);
    if (share.length > 0) this.#parts.look(share);
  }

  #share(step: number): string[] {
    const share: string[] = [];
    for (let index = step; index < this.#round.length; index += ROUND_SECONDS) {
      share.push(this.#round[index] ?? '');
    }
    return share;
  }
}
