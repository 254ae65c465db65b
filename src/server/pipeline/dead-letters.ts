import type { DeadLetter, Delivery } from '../../model/delivery.ts';
import { type Clock, unixSeconds } from '../../runtime/clock.ts';
import type { Counters } from '../../runtime/counters.ts';
import { errorText } from '../../runtime/errors.ts';
import type { Log } from '../../runtime/log.ts';
import { type Registry, writing } from '../../state/registry.ts';
import type { Views } from '../../state/views.ts';
import { triedAnew } from './retry.ts';

/** Dead letters that are kept, and for how long; the oldest go. */
export const MOST_DEAD_LETTERS = 1_000;
const LONGEST_KEPT_SECONDS = 30 * 86_400;
/** Characters that they may have together: outputs can be long, and all are in memory. */
export const MOST_CHARACTERS = 64_000_000;
/** Of a letter beside the output of its check, roughly. */
const USUAL_CHARACTERS = 4_000;

export interface DeadLettersParts {
  registry: Registry;
  views: Pick<Views, 'deadLetters'>;
  clock: Clock;
  log: Log;
  counters: Counters;
  /** Of this server. */
  mark: string;
  /** Carries out deliveries whose commit has resolved. */
  take: (deliveries: readonly Delivery[]) => void;
}

/**
 * Looks after the deliveries that were given up: sends again those that somebody asked for, and drops the oldest when
 * there are too many.
 */
export class DeadLetters {
  readonly #parts: DeadLettersParts;
  #looking = false;
  #lookAgain = false;
  #stopped = false;

  constructor(parts: DeadLettersParts) {
    this.#parts = parts;
  }

  /** Does what is to be done now. Never rejects: what a store cannot take is done at the next look. */
  async look(): Promise<void> {
    this.#lookAgain = true;
    if (this.#looking) return;
    this.#looking = true;
    while (this.#lookAgain && !this.#stopped) {
      this.#lookAgain = false;
      try {
        await this.#sendAgain();
        await this.#dropOldest();
      } catch (error) {
        this.#parts.log.warn('dead letters could not be looked after', { error: errorText(error) });
      }
    }
    this.#looking = false;
  }

  stop(): void {
    this.#stopped = true;
  }

  /** Only one of several servers gets hold of a letter. */
  async #sendAgain(): Promise<void> {
    const { registry, views, mark, take, log } = this.#parts;
    const wanted = [...views.deadLetters()].filter(([, { again }]) => again !== undefined).sort(byName);
    if (wanted.length === 0) return;
    const names = wanted.map(([name]) => name);
    const reads = await registry.read('dead', names);
    const letters = reads.flatMap((read, index) =>
      read?.value.again === undefined ? [] : [{ name: names[index] ?? '', read }],
    );
    const deliveries = letters.map(({ read }) => ({ ...triedAnew(read.value.delivery), holder: mark }));
    const changes = letters.map(({ name, read }, index) => ({
      writes: [
        writing('dead', name, undefined, read.revision),
        writing('delivery', name, deliveries[index], 'absent'),
      ],
    }));
    const lost = new Set((await registry.store.commit(changes)).conflicts);
    const ours = deliveries.filter((_, index) => !lost.has(index));
    log.info('dead letters are sent again', { deliveries: ours.length });
    take(ours);
  }

  async #dropOldest(): Promise<void> {
    const { registry, views, clock, counters, log } = this.#parts;
    const letters = views.deadLetters();
    const oldestSeconds = unixSeconds(clock) - LONGEST_KEPT_SECONDS;
    let characters = 0;
    const oldest = [...letters].sort(byTimeNewestFirst).filter(([, { delivery, timestamp }], index) => {
      characters += delivery.event.check.output.length + USUAL_CHARACTERS;
      return index >= MOST_DEAD_LETTERS || characters > MOST_CHARACTERS || timestamp < oldestSeconds;
    });
    if (oldest.length === 0) return;
    await registry.store.commit(oldest.map(([name]) => ({ writes: [writing('dead', name, undefined)] })));
    counters.increment('dead_letters_dropped', oldest.length);
    log.warn('dead letters were dropped: there were too many, or they were too old', {
      deliveries: oldest.length,
    });
  }
}

type Named = readonly [name: string, letter: DeadLetter];

function byName([left]: Named, [right]: Named): number {
  return left < right ? -1 : 1;
}

function byTimeNewestFirst([, left]: Named, [, right]: Named): number {
  return right.timestamp - left.timestamp;
}
