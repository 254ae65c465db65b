import { checkKeyOf } from '../numbers.ts';
import type { NumberedResult, Place } from './port.ts';

/** Most checks whose newest result is known; those beyond them come in their turn. */
const MOST_CHECKS = 10_000;

/** Knows where the newest result of each check lies. */
export class Newest {
  readonly #places = new Map<string, Place>();

  note({ id, body }: NumberedResult, place: Place): void {
    const key = checkKeyOf(id.agent, body);
    if (this.#places.size < MOST_CHECKS || this.#places.has(key)) this.#places.set(key, place);
  }

  /** Where those lie that are the newest of their checks now. */
  places(): ReadonlyMap<number, ReadonlySet<number>> {
    const bySegment = new Map<number, Set<number>>();
    for (const { segment, at } of this.#places.values()) {
      const places = bySegment.get(segment);
      if (places) places.add(at);
      else bySegment.set(segment, new Set([at]));
    }
    return bySegment;
  }

  clear(): void {
    this.#places.clear();
  }
}
