/** One handler's line: keys that may begin, and behind each key what has to wait for it. */
interface Lane<Item> {
  name: string;
  running: number;
  /** Items that run or wait. */
  size: number;
  /** Items whose key is free, from `head` on. */
  ready: Item[];
  head: number;
  /** Keys that are ready or running, and what waits behind each. */
  keys: Map<string, Item[]>;
}

/** What an item belongs to. Items of one lane and key run one after another, in the order in which they came. */
export interface Place {
  lane: string;
  key: string;
}

/** Most items begun in one turn of the event loop, so that a storm leaves room for everything else. */
const MOST_A_TURN = 50;

/**
 * Runs items in lanes: so many of one lane at once, those of one key one after another, the others as they come.
 * When little is going on, an item begins within `add`.
 */
export class Lanes<Item extends Place> {
  readonly #limit: number;
  readonly #begin: (item: Item) => Promise<void>;
  readonly #left: (item: Item) => void;
  readonly #lanes = new Map<string, Lane<Item>>();
  /** Lanes that could go on in the next turn. */
  readonly #held = new Set<Lane<Item>>();
  #begun = 0;
  #size = 0;
  #running = 0;
  #stopped = false;

  /**
   * @param parts.begin runs an item; it must not reject
   * @param parts.left is called after each item that ended
   */
  constructor(parts: { limit: number; begin: (item: Item) => Promise<void>; left: (item: Item) => void }) {
    this.#limit = parts.limit;
    this.#begin = parts.begin;
    this.#left = parts.left;
  }

  /** Items that run or wait. */
  get size(): number {
    return this.#size;
  }

  get running(): number {
    return this.#running;
  }

  /** Items of one lane that run or wait. */
  sizeOf(lane: string): number {
    return this.#lanes.get(lane)?.size ?? 0;
  }

  add(item: Item): void {
    const lane = this.#lane(item.lane);
    this.#size++;
    lane.size++;
    const behind = lane.keys.get(item.key);
    if (behind) {
      behind.push(item);
      return;
    }
    lane.keys.set(item.key, []);
    lane.ready.push(item);
    this.#advance(lane);
  }

  /** Begins nothing more. */
  stop(): void {
    this.#stopped = true;
  }

  #lane(name: string): Lane<Item> {
    const known = this.#lanes.get(name);
    if (known) return known;
    const lane: Lane<Item> = { name, running: 0, size: 0, ready: [], head: 0, keys: new Map() };
    this.#lanes.set(name, lane);
    return lane;
  }

  #advance(lane: Lane<Item>): void {
    while (lane.running < this.#limit && lane.head < lane.ready.length && !this.#stopped) {
      if (this.#begun >= MOST_A_TURN) {
        this.#held.add(lane);
        return;
      }
      if (this.#begun++ === 0) setImmediate(() => this.#nextTurn());
      const item = takeFirst(lane);
      lane.running++;
      this.#running++;
      void this.#begin(item).then(() => this.#ended(lane, item));
    }
  }

  #nextTurn(): void {
    this.#begun = 0;
    const held = [...this.#held];
    this.#held.clear();
    for (const lane of held) this.#advance(lane);
  }

  #ended(lane: Lane<Item>, item: Item): void {
    lane.running--;
    this.#running--;
    this.#size--;
    lane.size--;
    const behind = lane.keys.get(item.key) ?? [];
    const next = behind.shift();
    if (next) lane.ready.push(next);
    else lane.keys.delete(item.key);
    if (lane.keys.size === 0) this.#lanes.delete(lane.name);
    else this.#advance(lane);
    this.#left(item);
  }
}

/** Cutting off what was taken moves the rest, so it waits until that is the larger part. */
function takeFirst<Item>(lane: Lane<Item>): Item {
  const item = lane.ready[lane.head++] as Item;
  if (lane.head * 2 >= lane.ready.length) {
    lane.ready = lane.ready.slice(lane.head);
    lane.head = 0;
  }
  return item;
}
