import type { Delivery } from '../../model/delivery.ts';
import { type Clock, type Timer, unixSeconds } from '../../runtime/clock.ts';
import { errorText } from '../../runtime/errors.ts';
import type { Log } from '../../runtime/log.ts';
import type { Registry } from '../../state/registry.ts';
import type { Lease } from '../../store/port.ts';
import { markOf } from './ids.ts';

/** A server that is silent for this long is gone, and others take over what it had in hand. */
const LEASE_MS = 60_000;
const BEAT_MS = 20_000;

/** The mark of the server that has a delivery in hand. */
export function holderOf({ id, holder }: Delivery): string {
  return holder ?? markOf(id);
}

/**
 * The sign of life of a server: as long as it holds the lease of its mark, nobody else takes up the deliveries that carry
 * the mark. At each beat it renews the lease and lets its owner look around.
 */
export class Holding {
  readonly #registry: Registry;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #mark: string;
  readonly #beat: () => void;
  #lease: Lease | undefined;
  #timer: Timer | undefined;
  #stopped = false;

  /** @param parts.beat is called after each renewal; it must not throw */
  constructor(parts: { registry: Registry; clock: Clock; log: Log; mark: string; beat: () => void }) {
    this.#registry = parts.registry;
    this.#clock = parts.clock;
    this.#log = parts.log;
    this.#mark = parts.mark;
    this.#beat = parts.beat;
  }

  /** Takes the lease, or renews it. Never rejects: a store that is away is asked again at the next beat. */
  async hold(): Promise<void> {
    try {
      if (this.#lease && (await this.#lease.renew())) return;
      if (this.#lease)
        this.#log.warn('this server was silent for too long: others may take over its deliveries');
      this.#lease = await this.#registry.lease(leaseName(this.#mark), this.#mark, LEASE_MS);
    } catch (error) {
      this.#log.warn('the lease of this server cannot be renewed', { error: errorText(error) });
    }
  }

  /** Begins to beat. */
  start(): void {
    if (this.#stopped) return;
    this.#timer = this.#clock.after(BEAT_MS, () => {
      void this.hold().then(() => {
        if (this.#stopped) return;
        this.#beat();
        this.start();
      });
    });
  }

  /** Whether nobody holds the lease of a mark. Rejects as the store does. */
  async isGone(mark: string): Promise<boolean> {
    const lease = await this.#registry.lease(leaseName(mark), this.#mark, LEASE_MS);
    await lease?.release();
    return lease !== undefined;
  }

  /** Others may take up at once what is left. Never rejects. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#timer?.cancel();
    await this.#lease?.release().catch(() => undefined);
  }
}

/** Whether a delivery that was left waits for its next try, so that this one has certainly not begun. */
export function isResting({ next_try: next }: Delivery, clock: Pick<Clock, 'now'>): boolean {
  return next !== undefined && next > unixSeconds(clock) + 1;
}

function leaseName(mark: string): string {
  return `server/${mark}`;
}
