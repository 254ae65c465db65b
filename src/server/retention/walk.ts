/**
 * Goes through many documents a slice at a time and begins again at the end. It holds its place in the living
 * collection, so that it copies nothing: what is deleted meanwhile is passed over, what is added is met.
 */
export class Walk<Item> {
  readonly #all: () => Iterable<Item>;
  #place: Iterator<Item> | undefined;

  constructor(all: () => Iterable<Item>) {
    this.#all = all;
  }

  /** Looks at the next items, at most so many; false when that was the end of a round. */
  forEach(most: number, look: (item: Item) => void): boolean {
    this.#place ??= this.#all()[Symbol.iterator]();
    for (let count = 0; count < most; count++) {
      const { done, value } = this.#place.next();
      if (done) {
        this.#place = undefined;
        return false;
      }
      look(value);
    }
    return true;
  }
}
