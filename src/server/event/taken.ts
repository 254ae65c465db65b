import type { ResultId } from '../../model/taken.ts';
import type { BootNumbers, NumberRange, TakenNumber } from '../../state/documents.ts';

/**
 * What a result's number says against those taken from its agent. New: to be taken (`gap`: others of the same check
 * should have come before it). Repeat: taken before. Late: a newer one of the same check was taken before it. `taken`
 * is what to remember from now on; when nothing changes it is what was given.
 */
export type NumberVerdict =
  | { verdict: 'new'; taken: readonly TakenNumber[]; gap?: true }
  | { verdict: 'repeat' }
  | { verdict: 'late'; taken: readonly TakenNumber[] };

/** Boots of an agent that are remembered, so that what they left behind is known to be late. */
const EARLIER_BOOTS = 4;
/** Agents that are remembered of one check: a repeat comes soon, and a proxy check may wander over a whole fleet. */
const MOST_AGENTS = 64;
/** Ranges of missing numbers that are remembered of one boot; beyond them the oldest are run together. */
const MOST_RANGES = 8;
const NONE: readonly never[] = [];

/**
 * How a result came: as soon as its agent had it, after it waited on disk, or so late that it was executed before the newest
 * of its check, whoever sent that.
 */
export type Arrival = 'live' | 'spooled' | 'overtaken';

/** Judges the number of a result against those taken. */
export function judgeNumber(
  taken: readonly TakenNumber[],
  id: ResultId,
  arrival: Arrival = 'live',
): NumberVerdict {
  const index = taken.findIndex((number) => number.agent === id.agent);
  const known = taken[index];
  if (!known) return judgeFirst(taken, id, arrival);
  if (known.boot !== id.boot) return judgeOtherBoot(taken, index, known, id, arrival);
  if (id.number === known.number) return { verdict: 'repeat' };
  if (id.number > known.number) {
    const gap = id.previous !== undefined && id.previous > known.number;
    const number = numberOf(id, known, missingAfter(known, id), arrival);
    if (arrival === 'overtaken') return { verdict: 'late', taken: taken.with(index, number) };
    const remembered = inFront(taken, index, number);
    return gap ? { verdict: 'new', taken: remembered, gap } : { verdict: 'new', taken: remembered };
  }
  const filled = filledBy(known, id);
  if (filled === 'repeat') return { verdict: 'repeat' };
  return { verdict: 'late', taken: filled === known ? taken : taken.with(index, { ...known, ...filled }) };
}

/** The first number that we see of an agent. */
function judgeFirst(taken: readonly TakenNumber[], id: ResultId, arrival: Arrival): NumberVerdict {
  const { agent, ...numbers } = id;
  const first: TakenNumber = {
    ...{ agent, ...numbersFrom(numbers), earlierBoots: NONE },
    ...{ spooled: waited(arrival), before: undefined },
  };
  if (arrival === 'overtaken')
    return { verdict: 'late', taken: [...taken.slice(0, MOST_AGENTS - 1), { ...first, before: NONE }] };
  const remembered = [first, ...taken].slice(0, MOST_AGENTS);
  return first.missing?.length
    ? { verdict: 'new', taken: remembered, gap: true }
    : { verdict: 'new', taken: remembered };
}

/** A number of another boot than the last one: a new one, unless it was seen before, or was overtaken. */
function judgeOtherBoot(
  taken: readonly TakenNumber[],
  index: number,
  known: TakenNumber,
  id: ResultId,
  arrival: Arrival,
): NumberVerdict {
  const { earlierBoots } = known;
  const place = earlierBoots.findIndex((earlier) => bootOf(earlier) === id.boot);
  const remembering = (boots: TakenNumber['earlierBoots']): NumberVerdict => ({
    verdict: 'late',
    taken: taken.with(index, { ...known, earlierBoots: boots }),
  });
  const earlier = place < 0 ? undefined : numbersIn(earlierBoots[place] as string | BootNumbers);
  if (earlier) {
    // It lives, and what a process before it had left on disk was taken for the newest.
    const lives = arrival === 'live' && known.spooled === true && id.number > earlier.number;
    const missing = lives ? missingAfter(earlier, id) : undefined;
    if (lives) return anotherBoot(taken, index, { boot: id.boot, number: id.number, missing }, arrival);
    const filled = filledBy(earlier, id);
    return filled === 'repeat' ? { verdict: 'repeat' } : remembering(earlierBoots.with(place, filled));
  }
  if (arrival === 'overtaken') return remembering([numbersFrom(id), ...earlierBoots].slice(0, EARLIER_BOOTS));
  return anotherBoot(taken, index, numbersFrom(id), arrival);
}

/** From now on another boot is the last one; what the one before could not deliver may still come. */
function anotherBoot(
  taken: readonly TakenNumber[],
  index: number,
  boot: BootNumbers,
  arrival: Arrival,
): NumberVerdict {
  const known = taken[index] as TakenNumber;
  const { agent, before, earlierBoots, spooled: _spooled, ...last } = known;
  const others = earlierBoots.filter((earlier) => bootOf(earlier) !== boot.boot);
  const boots = [last, ...others].slice(0, EARLIER_BOOTS);
  const number: TakenNumber = { agent, ...boot, earlierBoots: boots, spooled: waited(arrival), before };
  return { verdict: 'new', taken: inFront(taken, index, number), gap: true };
}

function numberOf(
  { agent, boot, number }: ResultId,
  { earlierBoots, before, spooled }: TakenNumber,
  missing: BootNumbers['missing'],
  arrival: Arrival,
): TakenNumber {
  return { agent, boot, number, missing, earlierBoots, spooled: spooled && waited(arrival), before };
}

function waited(arrival: Arrival): true | undefined {
  return arrival === 'live' ? undefined : true;
}

/** What a boot is known by after its first number. */
function numbersFrom({ boot, number, previous }: Omit<ResultId, 'agent'>): BootNumbers {
  return {
    boot,
    number,
    missing: previous === undefined ? undefined : previous > 0 ? [[1, previous]] : NONE,
  };
}

/** A boot as an older version stored it says nothing of its numbers. */
function numbersIn(earlier: string | BootNumbers): BootNumbers {
  return typeof earlier === 'string' ? { boot: earlier, number: 0, missing: undefined } : earlier;
}

function bootOf(earlier: string | BootNumbers): string {
  return typeof earlier === 'string' ? earlier : earlier.boot;
}

/** What is missing when a number above all others was taken; undefined: the agent does not tell. */
function missingAfter({ number, missing }: BootNumbers, { previous }: ResultId): BootNumbers['missing'] {
  if (previous === undefined || missing === undefined || previous <= number) {
    return previous === undefined ? undefined : missing;
  }
  return bounded([...missing, [number + 1, previous]]);
}

/** The numbers of a boot when one is taken that does not count as new; the same ones when nobody can tell more. */
function filledBy(known: BootNumbers, id: ResultId): BootNumbers | 'repeat' {
  const { boot, number, missing } = known;
  if (id.number === number) return 'repeat';
  if (id.number > number) return { boot, number: id.number, missing: missingAfter(known, id) };
  if (!missing) return known;
  const index = missing.findIndex(([from, to]) => from <= id.number && id.number <= to);
  const range = missing[index];
  if (!range) return 'repeat';
  return {
    boot,
    number,
    missing: bounded([...missing.slice(0, index), ...without(range, id), ...missing.slice(index + 1)]),
  };
}

/** What is missing of a range when one of its numbers was taken, which tells the one before it. */
function without([from, to]: NumberRange, { number, previous = number - 1 }: ResultId): NumberRange[] {
  const rest: NumberRange[] = [];
  if (from <= previous) rest.push([from, Math.min(previous, number - 1)]);
  if (number < to) rest.push([number + 1, to]);
  return rest;
}

/** Rather is one called late twice than a late one taken for a repeat and lost. */
function bounded(ranges: readonly NumberRange[]): readonly NumberRange[] {
  const [first, second, ...others] = ranges;
  if (!first || !second || ranges.length <= MOST_RANGES) return ranges;
  return [[first[0], second[1]], ...others];
}

function inFront(taken: readonly TakenNumber[], index: number, number: TakenNumber): readonly TakenNumber[] {
  return taken.length === 1 ? [number] : [number, ...taken.slice(0, index), ...taken.slice(index + 1)];
}
