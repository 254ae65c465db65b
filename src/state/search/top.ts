import type { Block } from './block.ts';

/** Where an item stands in an order: small keys come first, and of the same key small ranks. Infinity: behind all others. */
export interface Place {
  key: number;
  rank: number;
}

interface Entry<Item> extends Place {
  item: Item;
}

function compare(left: Place, right: Place): number {
  if (left.key !== right.key) return left.key < right.key ? -1 : 1;
  return left.rank - right.rank;
}

/** Keeps the first items of an order out of many that come in any order, and counts the rest. */
export class Top<Item> {
  readonly #limit: number;
  readonly #afterKey: number;
  readonly #afterRank: number;
  #kept: Entry<Item>[] = [];
  /** Whatever comes behind this place is not among the first. */
  #lastKey = Number.POSITIVE_INFINITY;
  #lastRank = Number.POSITIVE_INFINITY;
  #offered = 0;

  /** @param after only what comes behind this place is wanted */
  constructor(limit: number, after?: Place) {
    this.#limit = limit;
    this.#afterKey = after?.key ?? Number.NEGATIVE_INFINITY;
    this.#afterRank = after?.rank ?? Number.NEGATIVE_INFINITY;
  }

  /** How many were offered behind `after`. */
  get offered(): number {
    return this.#offered;
  }

  /** Offers the rows of a block, where they stand; makes items of those that are among the first so far. */
  offerAll({ rows, keys, ranks, count }: Block, itemOf: (at: number, key: number) => Item): void {
    const afterKey = this.#afterKey;
    const afterRank = this.#afterRank;
    for (let index = 0; index < count; index++) {
      const key = keys[index] as number;
      const rank = ranks[index] as number;
      if (key < afterKey || (key === afterKey && rank <= afterRank)) continue;
      this.#offered++;
      if (key > this.#lastKey || (key === this.#lastKey && rank >= this.#lastRank)) continue;
      this.#keep(key, rank, itemOf(rows[index] as number, key));
    }
  }

  /** Offers one item. */
  offer(key: number, rank: number, item: Item): void {
    this.#offered++;
    if (key < this.#lastKey || (key === this.#lastKey && rank < this.#lastRank)) this.#keep(key, rank, item);
  }

  /** The first items, in order. */
  first(): Item[] {
    this.#cut();
    return this.#kept.map(({ item }) => item);
  }

  #keep(key: number, rank: number, item: Item): void {
    this.#kept.push({ key, rank, item });
    if (this.#kept.length >= this.#limit * 4) this.#cut();
  }

  #cut(): void {
    this.#kept.sort(compare);
    this.#kept.length = Math.min(this.#kept.length, this.#limit);
    const last = this.#kept.length === this.#limit ? this.#kept.at(-1) : undefined;
    if (!last) return;
    this.#lastKey = last.key;
    this.#lastRank = last.rank;
  }
}
