import type { TocsinError } from '../runtime/errors.ts';
import type { FeedItem } from './port.ts';

/** An item of the feed without its cursor. */
export type Happening =
  | { type: 'document'; kind: string; name: string; value: unknown }
  | { type: 'log'; log: string; timeMs: number; entry: unknown };

/** How much of the feed is kept for those who follow: items, and characters of their JSON text. */
export interface FeedLimits {
  items: number;
  length: number;
}

const DEFAULT_LIMITS: FeedLimits = { items: 8_192, length: 4 << 20 };
const MOST_IN_BATCH = 1_024;

/**
 * The feed: a ring of the newest changes. They enter when they are made and are shown when they are durable. Whoever
 * asks for a place that has left the ring gets `resync`.
 */
export class Feed {
  readonly #limits: FeedLimits;
  #run: number;
  /** What every cursor of this run begins with. */
  #prefix: string;
  #start: number;
  readonly #ring: (Happening | undefined)[] = [];
  readonly #lengths: number[] = [];
  #length = 0;
  /** Places: before the first item in the ring, of the last one in it, and of the last one that is durable. */
  #forgotten: number;
  #newest: number;
  #durable: number;
  /** How often another history began; whoever follows the one before gets `resync`. */
  #histories = 0;
  #ended = false;
  #failure: TocsinError | undefined;
  readonly #sleepers = new Set<() => void>();

  /** @param run which opening of the file this is; @param start the place of the last change before it */
  constructor(run: number, start: number, limits: FeedLimits = DEFAULT_LIMITS) {
    this.#run = run;
    this.#prefix = `${String(run).padStart(8, '0')}.`;
    this.#start = start;
    this.#limits = limits;
    this.#forgotten = start;
    this.#newest = start;
    this.#durable = start;
  }

  /** The place of the last change that entered. */
  get newest(): number {
    return this.#newest;
  }

  /** Takes the next change. @param length characters of its JSON text */
  add(item: Happening, length: number): void {
    const place = ++this.#newest % this.#limits.items;
    if (this.#newest - this.#forgotten > this.#limits.items) this.#forget();
    this.#ring[place] = item;
    this.#lengths[place] = length;
    this.#length += length;
    while (this.#length > this.#limits.length) this.#forget();
  }

  /** Everything up to this place is durable. */
  release(position: number): void {
    if (position <= this.#durable) return;
    this.#durable = position;
    this.#wake();
  }

  /** Begins anew behind a place of another history, or of one of which something was missed. */
  restart(run: number, start: number): void {
    this.#run = run;
    this.#prefix = `${String(run).padStart(8, '0')}.`;
    this.#start = start;
    this.#ring.length = 0;
    this.#lengths.length = 0;
    this.#length = 0;
    this.#forgotten = start;
    this.#newest = start;
    this.#durable = start;
    this.#histories++;
    this.#wake();
  }

  cursor(): string {
    return this.#cursorOf(this.#durable);
  }

  follow(cursor: string | undefined, signal: AbortSignal): AsyncIterable<readonly FeedItem[]> {
    return this.#stream(cursor === undefined ? this.#durable : this.#placeOf(cursor), signal);
  }

  /** Lets followers see what is durable, then ends them. With an error they reject. */
  end(failure?: TocsinError): void {
    this.#ended = true;
    this.#failure ??= failure;
    this.#wake();
  }

  async *#stream(from: number | undefined, signal: AbortSignal): AsyncGenerator<readonly FeedItem[]> {
    let place = from ?? -1;
    let history = this.#histories;
    while (!signal.aborted) {
      if (history !== this.#histories) {
        history = this.#histories;
        place = -1;
      }
      if (place < this.#forgotten) {
        place = Math.max(this.#durable, this.#forgotten);
        yield [{ cursor: this.#cursorOf(place), type: 'resync' }];
      } else if (place < this.#durable) {
        const end = Math.min(place + MOST_IN_BATCH, this.#durable);
        const batch = this.#between(place, end);
        place = end;
        yield batch;
      } else if (this.#ended) break;
      else await this.#sleep(signal);
    }
    if (this.#failure && !signal.aborted) throw this.#failure;
  }

  #between(place: number, end: number): FeedItem[] {
    const batch: FeedItem[] = [];
    for (let position = place + 1; position <= end; position++) {
      const item = this.#ring[position % this.#limits.items];
      if (item) batch.push({ cursor: this.#cursorOf(position), ...item });
    }
    return batch;
  }

  /** Digits of one width each, so that cursors of one store compare as texts. */
  #cursorOf(position: number): string {
    return `${this.#prefix}${String(position).padStart(16, '0')}`;
  }

  /** The place that a cursor names; undefined when it is unknown or another history may stand before it. */
  #placeOf(cursor: string): number | undefined {
    const [, run, position] = /^(\d{8,10})\.(\d{16})$/.exec(cursor) ?? [];
    const place = Number(position);
    if (Number(run) === this.#run && place <= this.#durable) return place;
    if (Number(run) === this.#run - 1 && place === this.#start) return place;
    return undefined;
  }

  #forget(): void {
    const place = ++this.#forgotten % this.#limits.items;
    this.#length -= this.#lengths[place] ?? 0;
    this.#ring[place] = undefined;
    this.#lengths[place] = 0;
  }

  #wake(): void {
    for (const wake of [...this.#sleepers]) wake();
  }

  #sleep(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        this.#sleepers.delete(wake);
        signal.removeEventListener('abort', wake);
        resolve();
      };
      this.#sleepers.add(wake);
      signal.addEventListener('abort', wake, { once: true });
    });
  }
}
