import fc from 'fast-check';
import { expect, test } from 'vitest';
import { TocsinError } from '../runtime/errors.ts';
import type { Change, Committed } from '../store/port.ts';
import { RANDOM_INPUTS } from '../testing/random.ts';
import { commitApart } from './commit-apart.ts';

type Fate = 'written' | 'conflict' | 'impossible';

/** A store that knows by a change's name what becomes of it. */
function storeOf(fates: readonly Fate[]) {
  const written: string[] = [];
  let commits = 0;
  const changes = fates.map(
    (_, index): Change => ({ writes: [{ kind: 'state', name: `${index}`, value: 1 }] }),
  );
  const commit = async (asked: readonly Change[]): Promise<Committed> => {
    commits++;
    const names = asked.map(({ writes }) => writes[0]?.name ?? '');
    const fateOf = (name: string) => fates[Number(name)];
    if (names.some((name) => fateOf(name) === 'impossible')) throw new TocsinError('BUG', 'it is no JSON');
    written.push(...names.filter((name) => fateOf(name) === 'written'));
    return { conflicts: names.flatMap((name, index) => (fateOf(name) === 'conflict' ? [index] : [])) };
  };
  return { store: { commit }, changes, written, commits: () => commits };
}

const indexesOf = (fates: readonly Fate[], fate: Fate): number[] =>
  fates.flatMap((each, index) => (each === fate ? [index] : []));

test('whatever changes there are, each is written once, told as conflict, or told as impossible', async () => {
  const fate = fc.constantFrom<Fate>('written', 'written', 'written', 'conflict', 'impossible');
  await fc.assert(
    fc.asyncProperty(fc.array(fate, { maxLength: 40 }), async (fates) => {
      const { store, changes, written } = storeOf(fates);
      const { conflicts, impossible } = await commitApart(store, changes);
      expect(written.map(Number)).toEqual(indexesOf(fates, 'written'));
      expect(conflicts).toEqual(indexesOf(fates, 'conflict'));
      expect(impossible.map(({ index }) => index)).toEqual(indexesOf(fates, 'impossible'));
    }),
    { numRuns: RANDOM_INPUTS },
  );
});

test('one among five hundred is found in few commits, and none costs one', async () => {
  const fates = Array.from({ length: 500 }, (_, index): Fate => (index === 333 ? 'impossible' : 'written'));
  const { store, changes, commits } = storeOf(fates);
  await commitApart(store, changes);
  expect(commits()).toBeLessThan(20);
  const fine = storeOf(['written', 'written']);
  await commitApart(fine.store, fine.changes);
  expect(fine.commits()).toBe(1);
});

test('a store that is away is no defect', async () => {
  const away = new TocsinError('STORE_UNAVAILABLE', 'the disk is full');
  const commit = () => Promise.reject(away);
  await expect(commitApart({ commit }, [])).rejects.toBe(away);
});
