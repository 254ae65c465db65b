import type { ResultId } from '../../model/taken.ts';
import type { TakenNumber } from '../../state/documents.ts';

/**
 * What a result's number says against the last one taken from its agent. New: to be taken, and what to remember from
 * now on. Repeat: taken before. Late: a newer one of the same check was taken before it.
 */
export type NumberVerdict =
  | { verdict: 'new'; taken: readonly TakenNumber[] }
  | { verdict: 'repeat' }
  | { verdict: 'late' };

/** Boots of an agent that are remembered, so that what they left behind is known to be late. */
const EARLIER_BOOTS = 4;
/** Agents that are remembered of one check: a repeat comes soon, and a proxy check may wander over a whole fleet. */
const MOST_AGENTS = 64;
const NONE: readonly string[] = [];

/** Judges the number of a result against those taken. */
export function judgeNumber(taken: readonly TakenNumber[], id: ResultId): NumberVerdict {
  const index = taken.findIndex((number) => number.agent === id.agent);
  const last = taken[index];
  if (!last) return { verdict: 'new', taken: [numberOf(id, NONE), ...taken].slice(0, MOST_AGENTS) };
  if (last.boot === id.boot) {
    if (id.number === last.number) return { verdict: 'repeat' };
    if (id.number < last.number) return { verdict: 'late' };
    return { verdict: 'new', taken: replaced(taken, index, numberOf(id, last.earlierBoots)) };
  }
  if (last.earlierBoots.includes(id.boot)) return { verdict: 'late' };
  const earlier = [last.boot, ...last.earlierBoots].slice(0, EARLIER_BOOTS);
  return { verdict: 'new', taken: replaced(taken, index, numberOf(id, earlier)) };
}

function numberOf({ agent, boot, number }: ResultId, earlierBoots: readonly string[]): TakenNumber {
  return { agent, boot, number, earlierBoots };
}

function replaced(taken: readonly TakenNumber[], index: number, number: TakenNumber): readonly TakenNumber[] {
  return taken.length === 1 ? [number] : [number, ...taken.slice(0, index), ...taken.slice(index + 1)];
}
