import type { ResultId } from '../../model/taken.ts';
import type { TakenNumber } from '../../state/documents.ts';

/** New: to be taken. Repeat: taken before. Late: a newer one of the same check was taken before it. */
export type NumberVerdict = 'new' | 'repeat' | 'late';

/** Boots of an agent that are remembered, so that what they left behind is known to be late. */
const EARLIER_BOOTS = 4;

/** What a result's number says against the last one taken from its agent, and what to remember from now on. */
export function judgeNumber(
  taken: Readonly<Record<string, TakenNumber>>,
  id: ResultId,
): { verdict: NumberVerdict; taken: Record<string, TakenNumber> } {
  const last = Object.hasOwn(taken, id.agent) ? taken[id.agent] : undefined;
  if (last && last.boot === id.boot) {
    if (id.number === last.number) return { verdict: 'repeat', taken };
    if (id.number < last.number) return { verdict: 'late', taken };
    return { verdict: 'new', taken: withNumber(taken, id, last.earlierBoots) };
  }
  if (last?.earlierBoots.includes(id.boot)) return { verdict: 'late', taken };
  const earlier = last ? [last.boot, ...last.earlierBoots].slice(0, EARLIER_BOOTS) : [];
  return { verdict: 'new', taken: withNumber(taken, id, earlier) };
}

function withNumber(
  taken: Readonly<Record<string, TakenNumber>>,
  id: ResultId,
  earlierBoots: string[],
): Record<string, TakenNumber> {
  // A computed member is the object's own, whatever it is called.
  return { ...taken, [id.agent]: { boot: id.boot, number: id.number, earlierBoots } };
}
