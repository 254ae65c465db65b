import type { Clock } from '../../runtime/clock.ts';
import type { Lease } from '../port.ts';

interface Holding {
  holder: string;
  /** Elapsed milliseconds at which it ends. */
  endsMs: number;
}

/** Leases of one process: the file is locked for others, so nobody else can ask. */
export class Leases {
  readonly #clock: Clock;
  readonly #holdings = new Map<string, Holding>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** @param check throws when the store can no longer be asked */
  take(name: string, holder: string, ttlMs: number, check: () => void): Lease | undefined {
    const current = this.#current(name);
    if (current && current.holder !== holder) return undefined;
    const start = (): void => {
      this.#holdings.set(name, { holder, endsMs: this.#clock.elapsed() + ttlMs });
    };
    start();
    return {
      name,
      holder,
      renew: async () => {
        check();
        if (this.#current(name)?.holder !== holder) return false;
        start();
        return true;
      },
      release: async () => {
        if (this.#current(name)?.holder === holder) this.#holdings.delete(name);
      },
    };
  }

  #current(name: string): Holding | undefined {
    const holding = this.#holdings.get(name);
    return holding && this.#clock.elapsed() < holding.endsMs ? holding : undefined;
  }
}
