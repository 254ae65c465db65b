import type { Newest } from './newest.ts';
import type { Kept } from './port.ts';
import type { Segment } from './segment.ts';

/** Reads what stands in a segment; what cannot be read is left out. */
type Load = (segment: Segment) => Promise<Awaited<ReturnType<Segment['load']>>>;

/**
 * Hands out what nobody holds: the newest of each check first, then the others, both in order. Files that come into being
 * meanwhile are walked as well. What it hands out is held from then on.
 * @param segments oldest first
 */
export async function* walk(
  segments: ReadonlyMap<number, Segment>,
  newest: Newest,
  load: Load,
): AsyncGenerator<Kept> {
  const places = newest.places();
  for (const segment of [...segments.values()]) {
    const among = places.get(segment.number);
    if (among) yield* free(segment, load, among);
  }
  for (const segment of segments.values()) yield* free(segment, load);
}

/** What nobody holds of a segment, or of some places in it. */
async function* free(segment: Segment, load: Load, among?: ReadonlySet<number>): AsyncGenerator<Kept> {
  for (let seen = -1; seen < segment.entries; ) {
    seen = segment.entries;
    if (segment.out.size >= segment.waiting) return;
    for (const { at, result } of await load(segment)) {
      if (segment.done.has(at) || segment.out.has(at) || among?.has(at) === false) continue;
      segment.out.add(at);
      yield { result, place: { segment: segment.number, at } };
    }
  }
}
