import type { SearchNode } from '../../expression/index.ts';
import { placeIn } from './chunk.ts';
import type { Moment } from './fields.ts';
import { COSTS, type Condition, type Part } from './parts.ts';

type SearchTest = Extract<SearchNode, { kind: 'field' }>['test'];

/** Which numbers are asked for; an open end is not among them. */
interface Span {
  from: number;
  isFromOpen: boolean;
  to: number;
  isToOpen: boolean;
}

const EVERY: Span = {
  ...{ from: Number.NEGATIVE_INFINITY, isFromOpen: false },
  ...{ to: Number.POSITIVE_INFINITY, isToOpen: false },
};

/** A test of the time of execution, or of the whole seconds since, asked of the column. */
export function timed(
  test: SearchTest,
  column: 'executed' | 'age',
  { nowMs }: Moment,
  holds: Condition,
): Part {
  const span = spanOf(test, nowMs / 1000);
  if (!span) return { cost: COSTS.row, holds, rest: holds };
  const { from, isFromOpen, to, isToOpen } = span;
  const start = column === 'age' ? Math.floor(nowMs / 1000) : 0;
  const way = column === 'age' ? -1 : 1;
  return {
    cost: COSTS.column,
    holds,
    sieve: (block) => {
      const { rows, count, chunk } = block;
      if (!chunk) return;
      const { executed } = chunk;
      let kept = 0;
      for (let index = 0; index < count; index++) {
        const row = rows[index] as number;
        const value = start + way * (executed[placeIn(row)] as number);
        // No comparison holds for an unknown time, which is NaN.
        const isIn = (isFromOpen ? value > from : value >= from) && (isToOpen ? value < to : value <= to);
        if (isIn) rows[kept++] = row;
      }
      block.count = kept;
    },
  };
}

/** Undefined for what is not asked of numbers. */
function spanOf(test: SearchTest, nowSeconds: number): Span | undefined {
  if (test.kind === 'exists') return EVERY;
  if (test.kind === 'equals' && typeof test.value === 'number') {
    return { ...EVERY, from: test.value, to: test.value };
  }
  if (test.kind !== 'range') return undefined;
  const { from, to } = test;
  const at = (end: { at: number; ago: boolean }): number => (end.ago ? nowSeconds - end.at : end.at);
  return {
    from: from ? at(from) : EVERY.from,
    isFromOpen: from?.open ?? false,
    to: to ? at(to) : EVERY.to,
    isToOpen: to?.open ?? false,
  };
}
