import { TocsinError } from '../runtime/errors.ts';
import type { Change, Committed, Store } from '../store/port.ts';

/** A change that the store can never take, by its index, and why. */
export interface Impossible {
  index: number;
  error: TocsinError;
}

/** What became of a commit, with the changes that nobody can write. */
export interface CommittedApart extends Committed {
  impossible: readonly Impossible[];
}

/**
 * Commits. A store refuses a commit whole when one value in it is a defect of ours (kind `bug`): then it is cut in
 * halves until the changes that are to blame stand alone, so that they do not keep the others from being written.
 * @throws what the store throws otherwise; some of the changes may have been written then
 */
export async function commitApart(
  store: Pick<Store, 'commit'>,
  changes: readonly Change[],
): Promise<CommittedApart> {
  try {
    const { conflicts } = await store.commit(changes);
    return { conflicts, impossible: [] };
  } catch (error) {
    if (!(error instanceof TocsinError) || error.kind !== 'bug') throw error;
    if (changes.length < 2)
      return { conflicts: [], impossible: changes.map((_, index) => ({ index, error })) };
  }
  const middle = changes.length >> 1;
  const first = await commitApart(store, changes.slice(0, middle));
  const second = await commitApart(store, changes.slice(middle));
  return {
    conflicts: [...first.conflicts, ...second.conflicts.map((index) => index + middle)],
    impossible: [
      ...first.impossible,
      ...second.impossible.map(({ index, error }) => ({ index: index + middle, error })),
    ],
  };
}
