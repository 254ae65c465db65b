import { Numbers } from './numbers.ts';

/** So many names are sorted at once, at most. */
const FRESH_LIMIT = 1_024;

/** The order of names at one moment: `ranks[id]` is the place of a name, counted from 0; `order` the other way round. */
export interface Ranking {
  readonly ranks: Uint32Array;
  readonly order: Uint32Array;
}

/** The rank of a name that came after the ranking was made. */
export const UNRANKED = 0xffff_ffff;

/**
 * Names as small numbers, with their order, so that a million rows need no texts to be told apart or sorted. A number
 * stands for its name until `recycle`, even when the name is gone: whoever is on the way through rows may go on.
 */
export class Names {
  readonly #ids = new Numbers();
  readonly #names: string[] = [];
  /** id → how many rows use it */
  readonly #uses: number[] = [];
  /** ids that the ranking lacks */
  #fresh: number[] = [];
  /** ids without a use: some of them are in the ranking, none of them is in `#ids` */
  #retired: number[] = [];
  readonly #free: number[] = [];
  #ranking: Ranking = { ranks: new Uint32Array(0), order: new Uint32Array(0) };

  /** All ids are below this. */
  get end(): number {
    return this.#names.length;
  }

  /** The id of a name that one more row uses. */
  take(name: string): number {
    const known = this.#ids.get(name);
    if (known !== undefined) {
      this.#uses[known] = (this.#uses[known] ?? 0) + 1;
      return known;
    }
    const id = this.#free.pop() ?? this.#names.length;
    this.#names[id] = name;
    this.#uses[id] = 1;
    this.#ids.add(name, id);
    this.#fresh.push(id);
    if (this.#fresh.length >= FRESH_LIMIT) this.#rank();
    return id;
  }

  /** One row less uses the id; true when it was the last. */
  release(id: number): boolean {
    const left = (this.#uses[id] ?? 0) - 1;
    this.#uses[id] = left;
    if (left > 0) return false;
    this.#ids.remove(this.nameOf(id));
    this.#retired.push(id);
    return true;
  }

  nameOf(id: number): string {
    return this.#names[id] ?? '';
  }

  idOf(name: string): number | undefined {
    return this.#ids.get(name);
  }

  /** The order of all names that are in use now. It never changes; a later call gives another one. */
  ranking(): Ranking {
    if (this.#fresh.length > 0) this.#rank();
    return this.#ranking;
  }

  /** Gives ids that nobody uses to new names. Only while nobody goes through rows. */
  recycle(): void {
    if (this.#retired.length === 0) return;
    this.#rank();
    for (const id of this.#retired) this.#names[id] = '';
    this.#free.push(...this.#retired.splice(0, 65_536));
  }

  /** Merges the fresh ids into the order: a search for each, and copies of what lies between. */
  #rank(): void {
    const used = (id: number): boolean => (this.#uses[id] ?? 0) > 0;
    const before = this.#retired.length > 0 ? this.#ranking.order.filter(used) : this.#ranking.order;
    const fresh = this.#fresh
      .filter(used)
      .sort((left, right) => (this.nameOf(left) < this.nameOf(right) ? -1 : 1));
    const order = new Uint32Array(before.length + fresh.length);
    let from = 0;
    for (const [index, id] of fresh.entries()) {
      const to = placeOf(this.nameOf(id), before, from, (other) => this.nameOf(other));
      order.set(before.subarray(from, to), from + index);
      order[to + index] = id;
      from = to;
    }
    order.set(before.subarray(from), from + fresh.length);
    const ranks = new Uint32Array(this.#names.length).fill(UNRANKED);
    for (let rank = 0; rank < order.length; rank++) ranks[order[rank] as number] = rank;
    this.#ranking = { ranks, order };
    this.#fresh = [];
  }
}

/**
 * Where a name stands in an order: the place of the first one that is not before it.
 * @param from no place before this one comes into question
 */
export function placeOf(
  name: string,
  order: Uint32Array,
  from: number,
  nameOf: (id: number) => string,
): number {
  let low = from;
  let high = order.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (nameOf(order[middle] as number) < name) low = middle + 1;
    else high = middle;
  }
  return low;
}
