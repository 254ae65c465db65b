import type { Delivery } from '../../model/delivery.ts';
import { justBefore } from './ids.ts';

/** A piece of what is due, in the order of ids; `isLast` when nothing stands behind it. */
export interface DuePage {
  deliveries: readonly Delivery[];
  /** Id up to which the piece goes, deliveries that cannot be read included. */
  through: string;
  isLast: boolean;
}

export interface BacklogParts {
  /** How many more deliveries of a handler may be in hand. */
  room: (handler: string) => number;
  /** Reads what is due behind an id; undefined when that cannot be done now. Does not reject. */
  read: (after: string) => Promise<DuePage | undefined>;
  /** Takes one in hand. */
  begin: (delivery: Delivery) => void;
}

/** What one handler has waiting in the store. */
interface Waiting {
  /** Ids of all that wait. */
  ids: Set<string>;
  /** Read back up to here. */
  cursor: string;
  /** Deliveries that ever came to wait; tells whether one came while we read. */
  came: number;
  reading: boolean;
}

/**
 * Deliveries of handlers that are behind: they are committed, so they wait in the store, and of each only its id is
 * remembered. They are read back in the order of their ids when there is room. From the first that waits until the last
 * is read back, everything new of that handler waits too, so nothing overtakes.
 */
export class Backlog {
  readonly #parts: BacklogParts;
  readonly #waiting = new Map<string, Waiting>();

  constructor(parts: BacklogParts) {
    this.#parts = parts;
  }

  /** Deliveries that wait in the store. */
  get size(): number {
    let size = 0;
    for (const { ids } of this.#waiting.values()) size += ids.size;
    return size;
  }

  /** True when the delivery is left in the store; otherwise it is to be taken in hand. */
  keeps({ id, handler }: Delivery): boolean {
    const waiting = this.#waiting.get(handler);
    if (!waiting) {
      if (this.#parts.room(handler) > 0) return false;
      this.#waiting.set(handler, { ids: new Set([id]), cursor: justBefore(id), came: 1, reading: false });
      return true;
    }
    // What is committed late can have been passed over already.
    if (id <= waiting.cursor) return false;
    waiting.ids.add(id);
    waiting.came++;
    return true;
  }

  /** True when a handler has deliveries waiting that are not being read back. */
  isWaiting(handler: string): boolean {
    return this.#waiting.get(handler)?.reading === false;
  }

  /** Reads back what a handler has waiting, as long as there is room. Never rejects. */
  async refill(handler: string): Promise<void> {
    const waiting = this.#waiting.get(handler);
    if (!waiting || waiting.reading) return;
    waiting.reading = true;
    while (waiting.ids.size > 0 && this.#parts.room(handler) > 0) {
      const { came } = waiting;
      const page = await this.#parts.read(waiting.cursor);
      if (!page) break;
      const isWhole = this.#takeBack(handler, waiting, page);
      // Whoever deleted what is not there any more wanted it not to be told.
      if (isWhole && page.isLast && waiting.came === came) waiting.ids.clear();
    }
    waiting.reading = false;
    if (waiting.ids.size === 0) this.#waiting.delete(handler);
  }

  /** False when there was no room for all of the piece. */
  #takeBack(handler: string, waiting: Waiting, page: DuePage): boolean {
    for (const delivery of page.deliveries) {
      const isOurs = waiting.ids.has(delivery.id);
      if (isOurs && this.#parts.room(handler) <= 0) return false;
      waiting.cursor = delivery.id;
      if (!isOurs) continue;
      waiting.ids.delete(delivery.id);
      this.#parts.begin(delivery);
    }
    waiting.cursor = page.through;
    return true;
  }
}
