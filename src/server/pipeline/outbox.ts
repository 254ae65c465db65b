import { isAttributes } from '../../model/attributes.ts';
import type { Delivery, DeliveryRecord } from '../../model/delivery.ts';
import { type Clock, sleep } from '../../runtime/clock.ts';
import type { Counters } from '../../runtime/counters.ts';
import { errorText } from '../../runtime/errors.ts';
import type { Log } from '../../runtime/log.ts';
import { commitApart } from '../../state/commit-apart.ts';
import { logging, type NamedRead, type Registry, writing } from '../../state/registry.ts';
import type { Change, Write } from '../../store/port.ts';
import type { DuePage } from './backlog.ts';
import { isResting } from './holding.ts';
import { isClosed, isNotAway, Patience } from './patience.ts';

/** Which of the deliveries in the store a server takes up, and under which mark. */
export interface Claim {
  mark: string;
  isOurs: (delivery: Delivery) => Promise<boolean>;
}

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

/**
 * The store's side of deliveries: those that a server which is gone has left, and the ending of each, which takes it out of
 * the store and adds its record in one commit. What ends while a commit is under way goes into the next one. A
 * store that is away is asked again, ever more slowly; should it have written the commit that it could not answer,
 * the record stands there twice.
 */
export class Outbox {
  readonly #registry: Registry;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #counters: Counters;
  readonly #written: () => void;
  readonly #patience: Patience;
  #finished: Finished[] = [];
  #committing = 0;
  #draining = false;

  /** @param parts.written is called after each commit */
  constructor(parts: {
    registry: Registry;
    clock: Clock;
    log: Log;
    counters: Counters;
    written: () => void;
  }) {
    this.#registry = parts.registry;
    this.#clock = parts.clock;
    this.#log = parts.log;
    this.#counters = parts.counters;
    this.#written = parts.written;
    this.#patience = new Patience(parts);
  }

  /** Endings that are not committed. */
  get pending(): number {
    return this.#finished.length + this.#committing;
  }

  /** Notes how a delivery ended. */
  end(delivery: Delivery, record: DeliveryRecord): void {
    if (this.#patience.signal.aborted) return;
    this.#finished.push({ delivery, record, atMs: this.#clock.now() });
    if (!this.#draining) void this.#drain();
  }

  /**
   * The deliveries in the store that are ours to take up, piece by piece in the order in which they came up, each marked as
   * taken up once more by us. Waits for a store that is away; rejects as the store does otherwise.
   */
  async *takeUp(claim: Claim): AsyncGenerator<Delivery[]> {
    let after: string | undefined;
    do {
      const options = { after, limit: MOST_A_COMMIT };
      const page = await this.#patience.insist(
        () => this.#registry.store.list('delivery', options),
        isNotAway,
      );
      if (!page) return;
      const ours = await this.#ours(page.items as NamedRead<'delivery'>[], claim);
      yield await this.#mark(ours, claim);
      after = page.next;
    } while (after !== undefined);
  }

  /** A piece of what is due behind an id. Waits for a store that is away; undefined when it cannot be read or we stop. */
  async read(after: string): Promise<DuePage | undefined> {
    const list = () => this.#registry.store.list('delivery', { after, limit: A_PAGE });
    try {
      const page = await this.#patience.insist(list, isNotAway);
      if (!page) return undefined;
      const reads = page.items as NamedRead<'delivery'>[];
      const deliveries = reads.filter((read) => this.#isReadable(read)).map(({ value }) => value);
      return { deliveries, through: reads.at(-1)?.name ?? after, isLast: page.next === undefined };
    } catch (error) {
      this.#patience.complain(error, 'those that wait there are read back later');
      return undefined;
    }
  }

  /** Writes once what has ended, then nothing more; what the store does not take now stays in it as due. */
  async stop(): Promise<void> {
    if (this.#patience.signal.aborted) return;
    this.#patience.stop();
    const last = this.#finished;
    this.#finished = [];
    if (last.length === 0) return;
    await this.#registry.store
      .commit(last.map(changeOf))
      .catch((error: unknown) =>
        this.#patience.complain(error, 'they are carried out again after the next start'),
      );
  }

  async #ours(found: readonly NamedRead<'delivery'>[], claim: Claim): Promise<NamedRead<'delivery'>[]> {
    const ours: NamedRead<'delivery'>[] = [];
    for (const read of found) {
      if (!this.#isReadable(read)) continue;
      if (await this.#patience.insist(() => claim.isOurs(read.value), isNotAway)) ours.push(read);
    }
    return ours;
  }

  /** Deliveries that somebody else has changed meanwhile are theirs. */
  async #mark(found: readonly NamedRead<'delivery'>[], { mark }: Claim): Promise<Delivery[]> {
    if (found.length === 0) return [];
    const deliveries = found.map(({ value }) => ({
      ...value,
      tries: isResting(value, this.#clock) ? value.tries : value.tries + 1,
      holder: mark,
    }));
    const changes = found.map((read, index) => ({
      writes: [writing('delivery', read.name, deliveries[index], read.revision)],
    }));
    const committed = await this.#patience.insist(() => this.#registry.store.commit(changes), isNotAway);
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
      await this.#commit(batch);
      this.#committing = 0;
      this.#written();
      if (this.#finished.length < MOST_A_COMMIT) await sleep(this.#clock, GATHER_MS, this.#patience.signal);
    }
    this.#draining = false;
  }

  /** Nothing is expected of the documents, so nothing conflicts; only a store that is closed is not asked again. */
  async #commit(batch: readonly Finished[]): Promise<void> {
    const changes = batch.map(changeOf);
    try {
      const committed = await this.#patience.insist(
        () => commitApart(this.#registry.store, changes),
        isClosed,
      );
      const unwritten = committed?.impossible.flatMap(({ index, error }) =>
        this.#unwritten(batch[index], error),
      );
      if (unwritten?.length)
        await this.#patience.insist(() => commitApart(this.#registry.store, unwritten), isClosed);
    } catch (error) {
      this.#patience.complain(error, 'they are carried out again after the next start');
      this.#patience.stop();
      this.#finished = [];
    }
  }

  /** A delivery whose record nobody can write has been carried out all the same, and leaves the store without one. */
  #unwritten(finished: Finished | undefined, error: unknown): Change[] {
    if (!finished) return [];
    const { delivery, record } = finished;
    const { handler, client, check } = record;
    this.#counters.increment('set_aside');
    this.#log.error('the record of a delivery was set aside: a defect of Tocsin; please report it', {
      ...{ delivery: delivery.id, handler, client, check },
      error: errorText(error),
    });
    return [{ writes: [writing('delivery', delivery.id, undefined)] }];
  }
}

function changeOf({ delivery, record, atMs }: Finished): Change {
  const { client, check } = delivery.event;
  const writes: Write[] = [writing('delivery', delivery.id, undefined)];
  if (record.outcome === 'dead') {
    const timestamp = Math.floor(atMs / 1000);
    writes.push(writing('dead', delivery.id, { delivery, record, timestamp }));
  }
  return { writes, appends: [logging('deliveries', client.name, check.name, atMs, record)] };
}
