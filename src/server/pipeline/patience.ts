import { type Clock, sleep } from '../../runtime/clock.ts';
import { errorText, TocsinError } from '../../runtime/errors.ts';
import type { Log } from '../../runtime/log.ts';

const FIRST_REST_MS = 100;
const LONGEST_REST_MS = 10_000;

/** Asks a store that is away again and again, ever more slowly, and says so once for each cause. */
export class Patience {
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #stop = new AbortController();
  #cause = '';

  constructor(parts: { clock: Clock; log: Log }) {
    this.#clock = parts.clock;
    this.#log = parts.log;
  }

  /** Aborted when nothing is tried any more. */
  get signal(): AbortSignal {
    return this.#stop.signal;
  }

  stop(): void {
    this.#stop.abort();
  }

  /** Does it until it is done or rejects with a hopeless error; undefined when we stop before. */
  async insist<T>(work: () => Promise<T>, isHopeless: (error: unknown) => boolean): Promise<T | undefined> {
    let restMs = FIRST_REST_MS;
    while (!this.#stop.signal.aborted) {
      try {
        const result = await work();
        this.#well();
        return result;
      } catch (error) {
        if (isHopeless(error)) throw error;
        this.complain(error, 'trying again');
        await sleep(this.#clock, restMs, this.#stop.signal);
        restMs = Math.min(restMs * 2, LONGEST_REST_MS);
      }
    }
    return undefined;
  }

  complain(error: unknown, then: string): void {
    const cause = errorText(error);
    if (cause === this.#cause) return;
    this.#cause = cause;
    this.#log.error(`deliveries cannot be written to the store: ${then}`, { error: cause });
  }

  #well(): void {
    if (this.#cause === '') return;
    this.#cause = '';
    this.#log.info('deliveries are written to the store again');
  }
}

/** Hopeless is everything but a store that is away or slow. */
export function isNotAway(error: unknown): boolean {
  return !(error instanceof TocsinError && (error.kind === 'unavailable' || error.kind === 'timeout'));
}

/** Hopeless is only a store that is closed. */
export function isClosed(error: unknown): boolean {
  return error instanceof TocsinError && error.kind === 'closed';
}
