import type { Delivery } from '../../model/delivery.ts';
import { type Clock, sleep } from '../../runtime/clock.ts';
import { errorText, TocsinError } from '../../runtime/errors.ts';
import type { Log } from '../../runtime/log.ts';
import type { Registry } from '../../state/registry.ts';
import { update } from '../../state/update.ts';
import { holderOf } from './holding.ts';
import { isNotAway, Patience } from './patience.ts';

interface Postponed {
  delivery: Delivery;
  answer: (isOurs: boolean) => void;
}

const MOST_A_COMMIT = 500;
const GATHER_MS = 20;

/**
 * Writes down that deliveries are tried again, and when, so that a restart neither forgets their tries nor hurries. One
 * that is not in the store any more, or that another server has taken over, is left as it is.
 */
export class Postponements {
  readonly #registry: Registry;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #mark: string;
  readonly #patience: Patience;
  readonly #written: () => void;
  #waiting: Postponed[] = [];
  #writing = 0;
  #busy: Promise<void> | undefined;

  /**
   * @param parts.mark of this server
   * @param parts.written is called after each commit
   */
  constructor(parts: { registry: Registry; clock: Clock; log: Log; mark: string; written: () => void }) {
    this.#registry = parts.registry;
    this.#clock = parts.clock;
    this.#log = parts.log;
    this.#mark = parts.mark;
    this.#written = parts.written;
    this.#patience = new Patience(parts);
  }

  /** Those that are not written. */
  get pending(): number {
    return this.#waiting.length + this.#writing;
  }

  /** Resolves with false when the delivery is not ours any more. Never rejects. */
  add(delivery: Delivery): Promise<boolean> {
    return new Promise((answer) => {
      this.#waiting.push({ delivery, answer });
      this.#busy ??= this.#drain();
    });
  }

  /** Asks the store once more for what is not written; those whose tries it does not learn of are tried anew. */
  async stop(): Promise<void> {
    this.#patience.stop();
    await this.#busy;
  }

  async #drain(): Promise<void> {
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.splice(0, MOST_A_COMMIT);
      this.#writing = batch.length;
      await this.#write(batch);
      this.#writing = 0;
      this.#written();
      await sleep(this.#clock, GATHER_MS, this.#patience.signal);
    }
    this.#busy = undefined;
  }

  async #write(batch: readonly Postponed[]): Promise<void> {
    const next = new Map(batch.map(({ delivery }) => [delivery.id, delivery]));
    const lost = new Set<string>();
    const decide = (known: Delivery | undefined, id: string): Delivery | 'keep' => {
      const postponed = next.get(id);
      if (!known || !postponed || holderOf(known) !== this.#mark || known.tries > postponed.tries) {
        lost.add(id);
        return 'keep';
      }
      // Written by a commit that the store could not answer.
      if (known.tries === postponed.tries) return 'keep';
      return { ...postponed, ...(known.holder === undefined ? {} : { holder: known.holder }) };
    };
    const work = () => update(this.#registry, 'delivery', [...next.keys()], decide);
    try {
      if (this.#patience.signal.aborted) await work();
      else await this.#patience.insist(work, isNotAway);
    } catch (error) {
      this.#complain(error);
    }
    for (const { delivery, answer } of batch) answer(!lost.has(delivery.id));
  }

  #complain(error: unknown): void {
    const isOver = error instanceof TocsinError && error.kind === 'closed';
    if (isOver || this.#patience.signal.aborted) return;
    this.#log.error('the next try of deliveries could not be written down; it is made all the same', {
      error: errorText(error),
    });
  }
}
