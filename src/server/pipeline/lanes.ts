import type { Clock, Timer } from '../../runtime/clock.ts';

/** One handler's line: keys that may begin, and behind each key what has to wait for it. */
interface Lane<Item> {
  name: string;
  running: number;
  /** Items that run, rest or wait. */
  size: number;
  /** Items whose key is free, from `head` on. */
  ready: Item[];
  head: number;
  /** Keys that are ready, running or resting, and what waits behind each. */
  keys: Map<string, Item[]>;
  /** Keys whose first item rests until it may begin again. */
  resting: Map<string, Resting<Item>>;
}

interface Resting<Item> {
  item: Item;
  timer: Timer;
}

/** What an item belongs to. Items of one lane and key run one after another, in the order in which they came. */
export interface Place {
  lane: string;
  key: string;
}

/** How fast a lane may go. */
export interface LaneLimits {
  /** Most items that run at once. */
  concurrency: number;
  /** Milliseconds from the beginning of one to that of the next; 0: any. */
  gapMs: number;
}

export interface LanesParts<Item> {
  clock: Clock;
  /** The limits of a lane; they are asked for each time something could begin. */
  limits: (lane: string) => LaneLimits;
  /**
   * Runs an item; it must not reject. A number: it rests for so many milliseconds and is begun again, and what stands
   * behind it waits meanwhile.
   */
  begin: (item: Item) => Promise<number | undefined>;
  /** Called after each item that ended, and after each that begins to rest. */
  left: (item: Item) => void;
}

/** Most items begun in one turn of the event loop, so that a storm leaves room for everything else. */
const MOST_A_TURN = 50;
/** Timers come late; a lane may make up for so much, so that its rate is what it should be. */
const LATENESS_MS = 20;

/**
 * Runs items in lanes: so many of one lane at once and a second, those of one key one after another, the others as they
 * come. When little is going on, an item begins within `add`.
 */
export class Lanes<Item extends Place> {
  readonly #parts: LanesParts<Item>;
  readonly #lanes = new Map<string, Lane<Item>>();
  /** Lanes that could go on in the next turn. */
  readonly #held = new Set<Lane<Item>>();
  /** Lane with a rate → elapsed milliseconds at which its next item may begin. Outlives the lane: it is soon empty. */
  readonly #nextMs = new Map<string, number>();
  /** Lanes that wait for their rate. */
  readonly #paced = new Map<string, Timer>();
  #begun = 0;
  #size = 0;
  #running = 0;
  #resting = 0;
  #stopped = false;

  constructor(parts: LanesParts<Item>) {
    this.#parts = parts;
  }

  /** Items that run, rest or wait. */
  get size(): number {
    return this.#size;
  }

  get running(): number {
    return this.#running;
  }

  /** Items that rest, or wait behind one that rests. */
  get resting(): number {
    return this.#resting;
  }

  /** Items of one lane that run, rest or wait. */
  sizeOf(lane: string): number {
    return this.#lanes.get(lane)?.size ?? 0;
  }

  /** @param restMs how long it rests before it is begun for the first time here */
  add(item: Item, restMs = 0): void {
    const lane = this.#lane(item.lane);
    this.#size++;
    lane.size++;
    const behind = lane.keys.get(item.key);
    if (behind) {
      if (lane.resting.has(item.key)) this.#resting++;
      behind.push(item);
      return;
    }
    lane.keys.set(item.key, []);
    if (restMs > 0) {
      this.#rest(lane, item, restMs);
      return;
    }
    lane.ready.push(item);
    this.#advance(lane);
  }

  /** True when the first item of the key rests. */
  rests({ lane, key }: Place): boolean {
    return this.#lanes.get(lane)?.resting.has(key) === true;
  }

  /** What waits behind the first item of the key. */
  behind({ lane, key }: Place): readonly Item[] {
    return this.#lanes.get(lane)?.keys.get(key) ?? [];
  }

  /** Takes out of the line of a key what is `wanted`, unless it is ready or running. They are not told to `left`. */
  withdraw({ lane: name, key }: Place, wanted: (item: Item) => boolean): Item[] {
    const lane = this.#lanes.get(name);
    const behind = lane?.keys.get(key);
    if (!lane || !behind) return [];
    const first = lane.resting.get(key);
    const withdrawn = behind.filter(wanted);
    lane.keys.set(
      key,
      behind.filter((item) => !wanted(item)),
    );
    if (first) this.#resting -= withdrawn.length;
    if (first && wanted(first.item)) {
      first.timer.cancel();
      withdrawn.unshift(first.item);
      this.#wake(lane, key);
      this.#follow(lane, key);
    }
    lane.size -= withdrawn.length;
    this.#size -= withdrawn.length;
    this.#advance(lane);
    return withdrawn;
  }

  /** Other limits may be in force: goes on where they allow more. */
  look(): void {
    for (const timer of this.#paced.values()) timer.cancel();
    this.#paced.clear();
    for (const lane of [...this.#lanes.values()]) this.#advance(lane);
  }

  /** Begins nothing more. */
  stop(): void {
    this.#stopped = true;
    for (const timer of this.#paced.values()) timer.cancel();
    for (const lane of this.#lanes.values()) for (const { timer } of lane.resting.values()) timer.cancel();
  }

  #lane(name: string): Lane<Item> {
    const known = this.#lanes.get(name);
    if (known) return known;
    const lane: Lane<Item> = {
      ...{ name, running: 0, size: 0, ready: [], head: 0 },
      ...{ keys: new Map(), resting: new Map() },
    };
    this.#lanes.set(name, lane);
    return lane;
  }

  #advance(lane: Lane<Item>): void {
    const { concurrency, gapMs } = this.#parts.limits(lane.name);
    while (lane.running < concurrency && lane.head < lane.ready.length && !this.#stopped) {
      if (this.#begun >= MOST_A_TURN) {
        this.#held.add(lane);
        return;
      }
      if (gapMs > 0 && !this.#mayBegin(lane, gapMs)) return;
      if (this.#begun++ === 0) setImmediate(() => this.#nextTurn());
      const item = takeFirst(lane);
      lane.running++;
      this.#running++;
      void this.#parts.begin(item).then((restMs) => this.#ended(lane, item, restMs));
    }
  }

  /** Spends the right to begin one more item, or comes back when there is one. */
  #mayBegin({ name }: Lane<Item>, gapMs: number): boolean {
    if (this.#paced.has(name)) return false;
    const { clock } = this.#parts;
    const nowMs = clock.elapsed();
    // A rate that was raised meanwhile counts at once.
    const nextMs = Math.min(this.#nextMs.get(name) ?? nowMs, nowMs + gapMs);
    if (nextMs <= nowMs) {
      this.#nextMs.set(name, Math.max(nextMs, nowMs - LATENESS_MS) + gapMs);
      return true;
    }
    const come = (): void => {
      this.#paced.delete(name);
      const lane = this.#lanes.get(name);
      if (lane) this.#advance(lane);
    };
    this.#nextMs.set(name, nextMs);
    this.#paced.set(name, clock.after(nextMs - nowMs, come));
    return false;
  }

  #nextTurn(): void {
    this.#begun = 0;
    const held = [...this.#held];
    this.#held.clear();
    for (const lane of held) this.#advance(lane);
  }

  #ended(lane: Lane<Item>, item: Item, restMs: number | undefined): void {
    lane.running--;
    this.#running--;
    if (restMs === undefined) {
      this.#size--;
      lane.size--;
      this.#follow(lane, item.key);
    } else this.#rest(lane, item, restMs);
    this.#advance(lane);
    this.#parts.left(item);
  }

  /** The next of the key is ready. */
  #follow(lane: Lane<Item>, key: string): void {
    const next = lane.keys.get(key)?.shift();
    if (next) lane.ready.push(next);
    else lane.keys.delete(key);
    if (lane.keys.size === 0) this.#lanes.delete(lane.name);
  }

  #rest(lane: Lane<Item>, item: Item, restMs: number): void {
    const { key } = item;
    this.#resting += 1 + (lane.keys.get(key)?.length ?? 0);
    const timer = this.#parts.clock.after(restMs, () => {
      this.#wake(lane, key);
      lane.ready.push(item);
      this.#advance(lane);
    });
    lane.resting.set(key, { item, timer });
    if (this.#stopped) timer.cancel();
  }

  #wake(lane: Lane<Item>, key: string): void {
    lane.resting.delete(key);
    this.#resting -= 1 + (lane.keys.get(key)?.length ?? 0);
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
