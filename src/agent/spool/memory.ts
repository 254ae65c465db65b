import type { Keeping, Kept, NumberedResult, Place, Spool } from './port.ts';

/**
 * Most results that are kept in memory; beyond it the oldest are dropped. Programs have to wait when so many of any kind
 * are on their way.
 */
export const MOST_WAITING = 10_000;
/** So many are dropped together, so that a long outage doesn't write a line of the log for each. */
export const DROPPED_AT_ONCE = 100;
/** What places in memory have for a segment; files begin at 1. */
const SEGMENT = 0;

/** Keeps results in memory, for as long as the process lives. */
export class MemorySpool implements Spool {
  readonly lasting = false;
  readonly #waiting = new Map<number, { result: NumberedResult; held: boolean }>();
  #next = 1;
  #lost = 0;

  get size(): number {
    return this.#waiting.size;
  }

  get lost(): number {
    return this.#lost;
  }

  add(result: NumberedResult, held = false): Promise<Keeping> {
    const at = this.#next++;
    this.#waiting.set(at, { result, held });
    if (this.#waiting.size > MOST_WAITING) this.#dropOldest();
    return Promise.resolve({ place: { segment: SEGMENT, at }, on: 'memory' });
  }

  async take(most: number): Promise<Kept[]> {
    const taken: Kept[] = [];
    for (const [at, entry] of this.#waiting) {
      if (taken.length >= most) break;
      if (entry.held) continue;
      entry.held = true;
      taken.push({ result: entry.result, place: { segment: SEGMENT, at } });
    }
    return taken;
  }

  done(places: readonly Place[]): void {
    for (const { at } of places) this.#waiting.delete(at);
  }

  giveBack(places: readonly Place[]): void {
    for (const { at } of places) {
      const entry = this.#waiting.get(at);
      if (entry) entry.held = false;
    }
  }

  forgetLost(): void {
    this.#lost = 0;
  }

  async close(): Promise<number> {
    const left = this.#waiting.size;
    this.#waiting.clear();
    return left;
  }

  #dropOldest(): void {
    let dropped = 0;
    for (const at of this.#waiting.keys()) {
      if (dropped++ === DROPPED_AT_ONCE) break;
      this.#waiting.delete(at);
    }
    this.#lost += DROPPED_AT_ONCE;
  }
}
