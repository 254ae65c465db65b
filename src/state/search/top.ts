/** Where an item stands: by a value first (undefined: behind all that have one), then by the rank of its name. */
export interface Place {
  value: number | undefined;
  rank: number;
}

/** Which way an order goes. */
export interface Direction {
  /** 1: small values first, -1: large ones. */
  values: 1 | -1;
  /** The same for names. */
  names: 1 | -1;
}

/** Negative when a place comes before the other one, 0 when it is the same. Called for every row: it makes no object. */
function compare(value: number | undefined, rank: number, other: Place, direction: Direction): number {
  if (value === other.value) return (rank - other.rank) * direction.names;
  if (value === undefined) return 1;
  if (other.value === undefined) return -1;
  return (value - other.value) * direction.values;
}

interface Entry<Item> extends Place {
  item: Item;
}

/** Keeps the first items of an order out of many that come in any order, and counts the rest. */
export class Top<Item> {
  readonly #limit: number;
  readonly #direction: Direction;
  readonly #after: Place | undefined;
  #kept: Entry<Item>[] = [];
  #last: Entry<Item> | undefined;
  #offered = 0;

  /** @param after only what comes behind this place is wanted */
  constructor(limit: number, direction: Direction, after?: Place) {
    this.#limit = limit;
    this.#direction = direction;
    this.#after = after;
  }

  /** How many were offered behind `after`. */
  get offered(): number {
    return this.#offered;
  }

  /** Counts an item; true when it is among the first so far and has to be kept. Called for every row. */
  offer(value: number | undefined, rank: number): boolean {
    if (this.#after && compare(value, rank, this.#after, this.#direction) <= 0) return false;
    this.#offered++;
    return this.#last === undefined || compare(value, rank, this.#last, this.#direction) < 0;
  }

  /** Keeps an item that was offered. */
  keep(value: number | undefined, rank: number, item: Item): void {
    this.#kept.push({ value, rank, item });
    if (this.#kept.length >= this.#limit * 4) this.#cut();
  }

  /** The first items, in order. */
  first(): Item[] {
    this.#cut();
    return this.#kept.map(({ item }) => item);
  }

  #cut(): void {
    this.#kept.sort((left, right) => compare(left.value, left.rank, right, this.#direction));
    this.#kept.length = Math.min(this.#kept.length, this.#limit);
    if (this.#kept.length === this.#limit) this.#last = this.#kept.at(-1);
  }
}
