import type { Clock } from '../../runtime/clock.ts';
import type { FeedItem } from '../../store/port.ts';
import type { Views } from '../views.ts';
import { Table } from './table.ts';
import type { Stretch, Turns } from './turns.ts';

/** Documents between two looks at the time. */
const GLANCE = 64;

/**
 * Keeps the table in step with the committed documents: reads them all in slices when it begins and after a gap in
 * the feed, and follows every change meanwhile.
 */
export class Upkeep {
  readonly table = new Table();
  /** Resolves when every document that was there at the beginning has its row. */
  readonly built: Promise<void>;
  readonly #views: Views;
  readonly #turns: Turns;
  readonly #signal: AbortSignal;
  #cursor: string;
  readonly #failed: (error: unknown) => void;
  #reading: Promise<void> = Promise.resolve();
  #readings = 0;

  /** @param failed is called when the store can no longer be followed */
  constructor(
    parts: { views: Views; clock: Clock; turns: Turns },
    signal: AbortSignal,
    failed: (error: unknown) => void,
  ) {
    this.#views = parts.views;
    this.#turns = parts.turns;
    this.#signal = signal;
    this.#cursor = parts.views.cursor;
    this.#failed = failed;
    this.#readAll();
    this.built = this.#reading;
    this.#follow().catch(failed);
  }

  /** Cursor of the newest change that the table shows; undefined while it reads everything. */
  get cursor(): string | undefined {
    return this.#readings > 0 ? undefined : this.#cursor;
  }

  async #follow(): Promise<void> {
    for await (const items of this.#views.follow(this.#cursor, this.#signal)) {
      for (const item of items) this.#take(item);
    }
  }

  #take(item: FeedItem): void {
    if (item.type === 'resync') this.#readAll();
    else if (item.type === 'document' && item.kind === 'state') this.#noteState(item.name);
    else if (item.type === 'document' && item.kind === 'client') this.#noteClient(item.name);
    this.#cursor = item.cursor;
  }

  /** An item of the feed may be older than the documents; the table follows these. */
  #noteState(name: string): void {
    this.table.noteState(name, this.#views.units().get(name));
  }

  #noteClient(name: string): void {
    this.table.noteClient(name, this.#views.client(name));
  }

  /** Reads everything when what is being read has been read. */
  #readAll(): void {
    this.#readings++;
    this.#reading = this.#reading.then(() => this.#read());
    this.#reading.catch(this.#failed);
  }

  async #read(): Promise<void> {
    const stretch = this.#turns.stretch();
    const { table } = this;
    const views = this.#views;
    await this.#each(table.names(), stretch, (name) => this.#noteState(name));
    const clients = table.clients.flatMap((client) => client?.client.name ?? []);
    await this.#each(clients, stretch, (name) => this.#noteClient(name));
    await this.#each(views.clientNames(), stretch, (name) => this.#noteClient(name));
    await this.#each(views.units(), stretch, ([name, state]) => table.noteState(name, state));
    this.#readings--;
  }

  async #each<Item>(items: Iterable<Item>, stretch: Stretch, note: (item: Item) => void): Promise<void> {
    await stretch.next();
    let count = 0;
    for (const item of items) {
      if (this.#signal.aborted) return;
      note(item);
      if (++count % GLANCE === 0 && stretch.isOver()) await stretch.next();
    }
  }
}
