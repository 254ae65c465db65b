import { TocsinError } from '../runtime/errors.ts';
import type { Documents, Kind } from './documents.ts';
import { type Registry, writing } from './registry.ts';

/** What a document becomes: `keep` leaves it, undefined deletes it. */
export type Decide<K extends Kind> = (
  value: Documents[K] | undefined,
  name: string,
) => Documents[K] | undefined | 'keep';

const MOST_ROUNDS = 20;

/**
 * Reads documents, decides what they become and writes that; whoever was changed meanwhile is decided again.
 * @returns how many were written
 * @throws TocsinError WRITE_CONFLICT when others change them again and again, and the store's own
 */
export async function update<K extends Kind>(
  registry: Registry,
  kind: K,
  names: readonly string[],
  decide: Decide<K>,
): Promise<number> {
  let left = names;
  let written = 0;
  for (let round = 0; left.length > 0; round++) {
    if (round === MOST_ROUNDS) {
      throw new TocsinError(
        'WRITE_CONFLICT',
        `${left.length} documents of kind ${kind} keep changing; try again`,
      );
    }
    const reads = await registry.read(kind, left);
    const decided = left.flatMap((name, index) => {
      const read = reads[index];
      const value = decide(read?.value, name);
      if (value === 'keep') return [];
      return [{ name, change: { writes: [writing(kind, name, value, read?.revision ?? 'absent')] } }];
    });
    if (decided.length === 0) break;
    const { conflicts } = await registry.store.commit(decided.map(({ change }) => change));
    written += decided.length - conflicts.length;
    left = conflicts.flatMap((index) => decided[index]?.name ?? []);
  }
  return written;
}
