import { isAttributes } from '../../model/attributes.ts';
import type { Delivery, DeliveryRecord } from '../../model/delivery.ts';
import { type Clock, sleep } from '../../runtime/clock.ts';
import { errorText, TocsinError } from '../../runtime/errors.ts';
import type { Log } from '../../runtime/log.ts';
import { logging, type NamedRead, type Registry, writing } from '../../state/registry.ts';
import type { Change } from '../../store/port.ts';
import type { DuePage } from './backlog.ts';

interface Finished {
  delivery: Delivery;
  record: DeliveryRecord;
  atMs: number;
}

/** Most deliveries written in one commit. */
const MOST_A_COMMIT = 500;
/** Deliveries read back at a time. A store may have to bring all their names into order for it. */
const A_PAGE = 5000;
/** A commit costs as much as many endings, so what ends shortly after one is gathered for the next. */
const GATHER_MS = 20;
const FIRST_REST_MS = 100;
const LONGEST_REST_MS = 10_000;

/**
 * The store's side of deliveries: those that a former process left, and the ending of each, which takes it out of
 * the store and adds its record in one commit. What ends while a commit is under way goes into the next one. A
 * store that is away is asked again, ever more slowly; should it have written the commit that it could not answer,
 * the record stands there twice.
 */
export class Outbox {
  readonly #registry: Registry;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #written: () => void;
  readonly #stop = new AbortController();
  #finished: Finished[] = [];
  #committing = 0;
  #draining = false;
  #cause = '';

  /** @param parts.written is called after each commit */
  constructor(parts: { registry: Registry; clock: Clock; log: Log; written: () => void }) {
    this.#registry = parts.registry;
    this.#clock = parts.clock;
    this.#log = parts.log;
    this.#written = parts.written;
  }

  /** Endings that are not committed. */
  get pending(): number {
    return this.#finished.length + this.#committing;
  }

  /** Notes how a delivery ended. */
  end(delivery: Delivery, record: DeliveryRecord): void {
    if (this.#stop.signal.aborted) return;
    this.#finished.push({ delivery, record, atMs: this.#clock.now() });
    if (!this.#draining) void this.#drain();
  }

  /**
   * The deliveries in the store, piece by piece in the order in which they came up, each marked as taken up once more.
   * Waits for a store that is away; rejects as the store does otherwise.
   */
  async *takeUp(): AsyncGenerator<Delivery[]> {
    let after: string | undefined;
    do {
      const options = { after, limit: MOST_A_COMMIT };
      const page = await this.#insist(() => this.#registry.store.list('delivery', options), isNotAway);
      if (!page) return;
      yield await this.#mark(page.items as NamedRead<'delivery'>[]);
      after = page.next;
    } while (after !== undefined);
  }

  /** A piece of what is due behind an id. Waits for a store that is away; undefined when it cannot be read or we stop. */
  async read(after: string): Promise<DuePage | undefined> {
    const list = () => this.#registry.store.list('delivery', { after, limit: A_PAGE });
    try {
      const page = await this.#insist(list, isNotAway);
      if (!page) return undefined;
      const reads = page.items as NamedRead<'delivery'>[];
      const deliveries = reads.filter((read) => this.#isReadable(read)).map(({ value }) => value);
      return { deliveries, through: reads.at(-1)?.name ?? after, isLast: page.next === undefined };
    } catch (error) {
      this.#complain(error, 'those that wait there are read back later');
      return undefined;
    }
  }

  /** Writes once what has ended, then nothing more; what the store does not take now stays in it as due. */
  async stop(): Promise<void> {
    if (this.#stop.signal.aborted) return;
    this.#stop.abort();
    const last = this.#finished;
    this.#finished = [];
    if (last.length === 0) return;
    await this.#registry.store
      .commit(last.map(changeOf))
      .catch((error: unknown) => this.#complain(error, 'they are carried out again after the next start'));
  }

  /** Deliveries that somebody else has changed meanwhile are theirs. */
  async #mark(found: readonly NamedRead<'delivery'>[]): Promise<Delivery[]> {
    const readable = found.filter((read) => this.#isReadable(read));
    if (readable.length === 0) return [];
    const deliveries = readable.map(({ value }) => ({ ...value, tries: value.tries + 1 }));
    const changes = readable.map((read, index) => ({
      writes: [writing('delivery', read.name, deliveries[index], read.revision)],
    }));
    const committed = await this.#insist(() => this.#registry.store.commit(changes), isNotAway);
    if (!committed) return [];
    const lost = new Set(committed.conflicts);
    return deliveries.filter((_, index) => !lost.has(index));
  }

  #isReadable({ name, value }: NamedRead<'delivery'>): boolean {
    const fits =
      isAttributes(value) &&
      typeof value.id === 'string' &&
      typeof value.handler === 'string' &&
      Number.isInteger(value.tries) &&
      isAttributes(value.event) &&
      typeof value.event.client?.name === 'string' &&
      typeof value.event.check?.name === 'string';
    if (!fits) this.#log.error('delivery cannot be read and is left in the store', { delivery: name });
    return fits;
  }

  /** The first ending goes at once; until a while passes without any, the others go together. */
  async #drain(): Promise<void> {
    this.#draining = true;
    while (this.#finished.length > 0) {
      const batch = this.#finished.splice(0, MOST_A_COMMIT);
      this.#committing = batch.length;
      await this.#commit(batch.map(changeOf));
      this.#committing = 0;
      this.#written();
      if (this.#finished.length < MOST_A_COMMIT) await sleep(this.#clock, GATHER_MS, this.#stop.signal);
    }
    this.#draining = false;
  }

  /** Nothing is expected of the documents, so nothing conflicts; only a store that is closed is not asked again. */
  async #commit(changes: readonly Change[]): Promise<void> {
    try {
      await this.#insist(() => this.#registry.store.commit(changes), isClosed);
    } catch (error) {
      this.#complain(error, 'they are carried out again after the next start');
      this.#stop.abort();
      this.#finished = [];
    }
  }

  /** Does it until it is done or rejects with a hopeless error; undefined when we stop before. */
  async #insist<T>(work: () => Promise<T>, isHopeless: (error: unknown) => boolean): Promise<T | undefined> {
    let restMs = FIRST_REST_MS;
    while (!this.#stop.signal.aborted) {
      try {
        const result = await work();
        this.#well();
        return result;
      } catch (error) {
        if (isHopeless(error)) throw error;
        this.#complain(error, 'trying again');
        await sleep(this.#clock, restMs, this.#stop.signal);
        restMs = Math.min(restMs * 2, LONGEST_REST_MS);
      }
    }
    return undefined;
  }

  #complain(error: unknown, then: string): void {
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

function changeOf({ delivery, record, atMs }: Finished): Change {
  const { client, check } = delivery.event;
  return {
    writes: [writing('delivery', delivery.id, undefined)],
    appends: [logging('deliveries', client.name, check.name, atMs, record)],
  };
}

function isNotAway(error: unknown): boolean {
  return !(error instanceof TocsinError && (error.kind === 'unavailable' || error.kind === 'timeout'));
}

function isClosed(error: unknown): boolean {
  return error instanceof TocsinError && error.kind === 'closed';
}
