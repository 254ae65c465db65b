import { matchesSearch, type SearchNode } from '../../expression/index.ts';
import type { Field, Moment } from './fields.ts';
import { wantedOf } from './groups.ts';
import { COSTS, type Condition, type Part } from './parts.ts';
import type { Row } from './rows.ts';

type WordsNode = Extract<SearchNode<Row>, { kind: 'words' }>;
type SearchTest = Extract<SearchNode, { kind: 'field' }>['test'];

/** Whether a field holds what is looked for in all fields of words. */
export function wordsIn(node: WordsNode, field: Field, row: Row): Condition {
  const { moment } = row;
  const single = [''];
  let texts: readonly string[] = single;
  const give = (): readonly string[] => texts;
  return (at) => {
    const value = field.read(moment, at);
    if (Array.isArray(value)) texts = value.filter((item) => typeof item === 'string');
    else if (typeof value === 'string') {
      single[0] = value;
      texts = single;
    } else return false;
    return matchesSearch(node, row, moment.nowMs, give);
  };
}

/** The pieces of text that a field has to hold; none when something else is asked. */
export function piecesOf(test: SearchTest): readonly string[] {
  if (test.kind === 'pattern') return test.pieces;
  return test.kind === 'equals' && typeof test.value === 'string' ? [test.value] : [];
}

/** A test of names and outputs, one of which has to hold pieces of text: signatures tell most rows that do not. */
export function signed(pieces: readonly string[], { table }: Moment, test: Condition): Part {
  const wanted = wantedOf(pieces);
  if (!wanted) return { cost: COSTS.text, holds: test, rest: test };
  table.signatures.expect(table.end);
  return {
    cost: COSTS.text,
    holds: (at) => table.mayHold(at, wanted) && test(at),
    sieve: (block) => table.signatures.sieve(block, wanted),
    rest: test,
  };
}
