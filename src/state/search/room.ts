import { TocsinError } from '../../runtime/errors.ts';

/** Lets so many in at once, so many wait in order, and refuses the others. */
export class Room {
  readonly #places: number;
  readonly #seats: number;
  readonly #waiting: (() => void)[] = [];
  #inside = 0;

  constructor(places: number, seats: number) {
    this.#places = places;
    this.#seats = seats;
  }

  /** How many are inside. */
  get inside(): number {
    return this.#inside;
  }

  /** @throws TocsinError SEARCH_BUSY when too many wait */
  async run<Value>(work: () => Promise<Value>): Promise<Value> {
    if (this.#inside < this.#places) this.#inside++;
    else await this.#wait();
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      // Whoever comes in takes over the place.
      if (next) next();
      else this.#inside--;
    }
  }

  #wait(): Promise<void> {
    if (this.#waiting.length >= this.#seats) {
      throw new TocsinError('SEARCH_BUSY', 'Too many searches are running; try again in a moment.');
    }
    return new Promise((resolve) => this.#waiting.push(resolve));
  }
}
