import type { Block } from './block.ts';
import { OTHER, placeIn } from './chunk.ts';
import type { Field, Moment, Subject } from './fields.ts';
import { COSTS, type Condition, type Part } from './parts.ts';

const YES = 1;
const NO = 2;

/** A test that is made once for each client, name of a check or status, when it hangs on nothing else. */
export function remembered(
  reach: Field['reach'],
  subject: Subject,
  { table }: Moment,
  test: Condition,
): Part {
  const cost = COSTS[reach];
  if (reach === 'row' || subject === 'clients') return { cost, holds: test, rest: test };
  if (reach === 'status') {
    const column = subject === 'results' ? 'result' : 'event';
    // Of the others, each has a status of its own; what lies behind the end is never remembered.
    return memory(column, OTHER, cost, (at) => table[column](at), test);
  }
  const { end } = reach === 'client' ? table.clientNames : table.checkNames;
  return memory(reach, end, cost, (at) => table[reach](at), test);
}

function memory(
  column: 'client' | 'check' | 'result' | 'event',
  size: number,
  cost: number,
  keyOf: (at: number) => number,
  test: Condition,
): Part {
  const known = new Uint8Array(size);
  const learn = (key: number, at: number): boolean => {
    const found = test(at);
    known[key] = found ? YES : NO;
    return found;
  };
  return {
    cost,
    holds: (at) => {
      const key = keyOf(at);
      const answer = known[key];
      return answer === YES || (answer !== NO && learn(key, at));
    },
    sieve: (block) => {
      if (block.chunk) keepKnown(block, block.chunk[column], known, learn);
    },
  };
}

function keepKnown(
  block: Block,
  keys: Uint32Array | Uint8Array,
  known: Uint8Array,
  learn: (key: number, at: number) => boolean,
): void {
  const { rows, count } = block;
  let kept = 0;
  for (let index = 0; index < count; index++) {
    const row = rows[index] as number;
    const key = keys[placeIn(row)] as number;
    const answer = known[key];
    if (answer === NO) continue;
    if (answer === YES || learn(key, row)) rows[kept++] = row;
  }
  block.count = kept;
}
