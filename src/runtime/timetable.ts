import { nextOnGrid } from '../model/splay.ts';
import type { Clock, Timer } from './clock.ts';

/** Something that runs whenever the wall time in milliseconds is congruent to `offsetMs` modulo `intervalMs`. */
export interface TimetableEntry {
  key: string;
  offsetMs: number;
  intervalMs: number;
}

interface Planned extends TimetableEntry {
  dueMs: number;
}

/** A set clock or a machine that slept is noticed within this time. */
const LONGEST_WAIT_MS = 1000;
/** Waking costs more than running: what falls due this close together runs together. */
const SHORTEST_WAIT_MS = 10;
/** Wall time that falls behind elapsed time by more than this was set back; less is the slewing of a time service. */
const SET_BACK_MS = 50;
/** After a sleep everything may be due at once; other work gets a turn after so many. */
const MOST_AT_ONCE = 500;

/**
 * Runs many entries on their grids with one timer, without drift. After the clock was set forward or the machine
 * slept, an entry that is overdue runs once and goes on at its next moment on the grid; after the clock was set
 * back, it goes on at the next moment by the new time.
 */
export class Timetable {
  readonly #clock: Clock;
  readonly #run: (key: string, dueMs: number) => void;
  #heap: Planned[] = [];
  #timer: Timer | undefined;
  #started = false;
  #seenNowMs = 0;
  #seenElapsedMs = 0;

  /** @param parts.run is called for each entry that is due, with the moment it was due at; it must not throw */
  constructor(parts: { clock: Clock; run: (key: string, dueMs: number) => void }) {
    this.#clock = parts.clock;
    this.#run = parts.run;
  }

  /** Replaces all entries. One that stays, on the same grid, keeps the moment it is due at. */
  set(entries: readonly TimetableEntry[]): void {
    const before = new Map(this.#heap.map((planned) => [planned.key, planned]));
    const nowMs = this.#clock.now();
    this.#rebuild(
      entries.map((entry) => {
        const known = before.get(entry.key);
        const same = known?.intervalMs === entry.intervalMs && known.offsetMs === entry.offsetMs;
        const dueMs = same ? known.dueMs : nextOnGrid(nowMs, entry.offsetMs, entry.intervalMs);
        return { ...entry, dueMs };
      }),
    );
    if (this.#started) this.#arm();
  }

  start(): void {
    this.#started = true;
    this.#look();
    const nowMs = this.#clock.now();
    this.#rebuild(
      this.#heap.map((entry) => ({ ...entry, dueMs: nextOnGrid(nowMs, entry.offsetMs, entry.intervalMs) })),
    );
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
      first.dueMs = nextOnGrid(nowMs + 1, first.offsetMs, first.intervalMs);
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

  /** Nothing on a grid can be further off than one interval. */
  #regrid(): void {
    const nowMs = this.#clock.now();
    this.#rebuild(
      this.#heap.map((entry) =>
        entry.dueMs - nowMs > entry.intervalMs
          ? { ...entry, dueMs: nextOnGrid(nowMs, entry.offsetMs, entry.intervalMs) }
          : entry,
      ),
    );
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
