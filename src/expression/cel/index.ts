import { Budget } from '../budget.ts';
import { shown } from '../compare.ts';
import { ExpressionError, type Parsed, parsed } from '../mistake.ts';
import { evaluateCel } from './evaluate.ts';
import { readCel } from './read.ts';

/** The documents that an expression may name. */
export interface ExpressionVariables {
  client: unknown;
  check: unknown;
  event: unknown;
}

/** A CEL condition, ready to judge events. */
export interface Expression {
  /** Throws ExpressionError: an attribute that is missing, kinds that do not fit, a bound exceeded. */
  passes(variables: ExpressionVariables): boolean;
}

const VARIABLES = ['client', 'check', 'event'];

/**
 * Reads a CEL condition over `client`, `check` and `event` (Common Expression Language specification; what of it is
 * known stands in `docs/expressions.md`). Unknown names and functions are mistakes.
 */
export function parseExpression(text: string): Parsed<Expression> {
  return parsed(() => {
    const tree = readCel(text, VARIABLES);
    return {
      passes({ client, check, event }) {
        const outer = { name: 'client', value: client };
        const scope = { name: 'event', value: event, outer: { name: 'check', value: check, outer } };
        const result = evaluateCel(tree, scope, new Budget());
        if (typeof result === 'boolean') return result;
        throw new ExpressionError(`the condition is neither true nor false but ${shown(result)}`);
      },
    };
  });
}
