import { type Cron, parseCron } from '../model/cron.ts';
import { nextOnGrid } from '../model/splay.ts';
import type { Clock, Timer } from './clock.ts';
import { TocsinError } from './errors.ts';

/** Something that runs whenever the wall time in milliseconds is congruent to `offsetMs` modulo `intervalMs`. */
export interface GridEntry {
  key: string;
  offsetMs: number;
  intervalMs: number;
}

/** Something that runs at the moments of a cron expression. */
export interface CronEntry {
  key: string;
  cron: string;
}

export type TimetableEntry = GridEntry | CronEntry;

/** An entry and the moment it is due at; infinite: never. */
interface Planned {
  key: string;
  /** Undefined: on the grid. */
  cron: Cron | undefined;
  /** The expression, or the grid, as a text: an entry that keeps it keeps its moment. */
  when: string;
  offsetMs: number;
  intervalMs: number;
  dueMs: number;
  /** Further away than this it can only be when the clock was set back. */
  longestMs: number;
}

/** A set clock or a machine that slept is noticed within this time. */
const LONGEST_WAIT_MS = 1000;
/** Waking costs more than running: what falls due this close together runs together. */
const SHORTEST_WAIT_MS = 10;
/** Wall time that falls behind elapsed time by more than this was set back; less is the slewing of a time service. */
const SET_BACK_MS = 50;
/**
 * How much longer than from one moment of a cron to the next an entry may be left waiting when the clock was set back.
 * Within it, no moment is run a second time; beyond it, that is better than silence.
 */
const CRON_PATIENCE = 2;
/** After a sleep everything may be due at once; other work gets a turn after so many. */
const MOST_AT_ONCE = 500;

/**
 * Runs many entries at their moments with one timer, without drift. After the clock was set forward or the machine
 * slept, an entry that is overdue runs once and goes on at its next moment. After the clock was set back, it goes on
 * at the next moment by the new time; an entry with a cron waits instead for the one it was waiting for, when that
 * is not far off, so that it runs no moment twice.
 */
export class Timetable {
  readonly #clock: Clock;
  readonly #timeZone: string | undefined;
  readonly #run: (key: string, dueMs: number) => void;
  #heap: Planned[] = [];
  #timer: Timer | undefined;
  #started = false;
  #seenNowMs = 0;
  #seenElapsedMs = 0;

  /**
   * @param parts.run is called for each entry that is due, with the moment it was due at; it must not throw
   * @param parts.timeZone an IANA name for crons; without it, the zone of this process
   */
  constructor(parts: {
    clock: Clock;
    run: (key: string, dueMs: number) => void;
    timeZone?: string | undefined;
  }) {
    this.#clock = parts.clock;
    this.#run = parts.run;
    this.#timeZone = parts.timeZone;
  }

  /**
   * Replaces all entries. One that stays, on the same grid or with the same cron, keeps the moment it is due at.
   * Throws with kind `config` for a cron that cannot be read, and changes nothing then.
   */
  set(entries: readonly TimetableEntry[]): void {
    const before = new Map(this.#heap.map((planned) => [planned.key, planned]));
    const nowMs = this.#clock.now();
    const crons = new Map<string, Cron>();
    this.#rebuild(
      entries.map((entry) => {
        const planned = this.#planned(entry, crons);
        const known = before.get(entry.key);
        return known?.when === planned.when ? known : replanned(planned, nowMs, 0);
      }),
    );
    if (this.#started) this.#arm();
  }

  start(): void {
    this.#started = true;
    this.#look();
    const nowMs = this.#clock.now();
    this.#rebuild(this.#heap.map((entry) => replanned(entry, nowMs, 0)));
    this.#arm();
  }

  stop(): void {
    this.#started = false;
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  /** Entries in force. */
  get size(): number {
    return this.#heap.length;
  }

  #wake(): void {
    if (this.#look()) this.#regrid();
    const nowMs = this.#clock.now();
    for (let count = 0; count < MOST_AT_ONCE; count++) {
      const first = this.#heap[0];
      if (!first || first.dueMs > nowMs || !this.#started) break;
      const dueMs = first.dueMs;
      replanned(first, nowMs, 1);
      this.#sink(0);
      this.#run(first.key, dueMs);
    }
    if (this.#started) this.#arm(SHORTEST_WAIT_MS);
  }

  /** Notes both times; true when wall time was set back since they were noted last. */
  #look(): boolean {
    const nowMs = this.#clock.now();
    const elapsedMs = this.#clock.elapsed();
    const behindMs = elapsedMs - this.#seenElapsedMs - (nowMs - this.#seenNowMs);
    this.#seenNowMs = nowMs;
    this.#seenElapsedMs = elapsedMs;
    return behindMs > SET_BACK_MS;
  }

  #regrid(): void {
    const nowMs = this.#clock.now();
    this.#rebuild(
      this.#heap.map((entry) => (entry.dueMs - nowMs > entry.longestMs ? replanned(entry, nowMs, 0) : entry)),
    );
  }

  /** Entries with the same expression share a cron, and with it the search for its next moment. */
  #planned(entry: TimetableEntry, crons: Map<string, Cron>): Planned {
    const { key } = entry;
    const unplanned = { key, dueMs: Number.POSITIVE_INFINITY };
    if (!('cron' in entry)) {
      const { offsetMs, intervalMs } = entry;
      const when = `${offsetMs} ${intervalMs}`;
      return { ...unplanned, cron: undefined, when, offsetMs, intervalMs, longestMs: intervalMs };
    }
    const cron = crons.get(entry.cron) ?? this.#read(entry);
    crons.set(entry.cron, cron);
    return { ...unplanned, cron, when: `cron ${entry.cron}`, offsetMs: 0, intervalMs: 0, longestMs: 0 };
  }

  #read({ key, cron: text }: CronEntry): Cron {
    const { cron, problem } = parseCron(text, { timeZone: this.#timeZone });
    if (cron) return cron;
    throw new TocsinError('CONFIG_INVALID', `the cron expression of "${key}" cannot be read: ${problem}`);
  }

  #arm(atLeastMs = 0): void {
    this.#timer?.cancel();
    const first = this.#heap[0];
    const waitMs = first ? Math.min(first.dueMs - this.#clock.now(), LONGEST_WAIT_MS) : LONGEST_WAIT_MS;
    this.#timer = first ? this.#clock.after(Math.max(waitMs, atLeastMs), () => this.#wake()) : undefined;
  }

  #rebuild(entries: Planned[]): void {
    this.#heap = entries.sort((left, right) => left.dueMs - right.dueMs);
  }

  /** Restores the order of the heap after the entry at `index` became later. */
  #sink(index: number): void {
    const heap = this.#heap;
    for (let parent = index; ; ) {
      const left = 2 * parent + 1;
      let earliest = parent;
      for (const child of [left, left + 1]) {
        if ((heap[child]?.dueMs ?? Number.POSITIVE_INFINITY) < (heap[earliest]?.dueMs ?? 0)) earliest = child;
      }
      if (earliest === parent) return;
      const moved = heap[parent] as Planned;
      heap[parent] = heap[earliest] as Planned;
      heap[earliest] = moved;
      parent = earliest;
    }
  }
}

/** Sets an entry to its first moment at `nowMs + laterMs` or after it; that of a cron is later than `nowMs`. */
function replanned(entry: Planned, nowMs: number, laterMs: number): Planned {
  if (!entry.cron) {
    entry.dueMs = nextOnGrid(nowMs + laterMs, entry.offsetMs, entry.intervalMs);
    return entry;
  }
  entry.dueMs = entry.cron.next(nowMs) ?? Number.POSITIVE_INFINITY;
  entry.longestMs = CRON_PATIENCE * (entry.dueMs - nowMs);
  return entry;
}
