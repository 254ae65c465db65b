import { type Token, tokensIn, tokenValue } from '../../model/tokens.ts';
import { Budget } from '../budget.ts';
import { ExpressionError, type Parsed, parsed } from '../mistake.ts';
import { isTrue } from '../values.ts';
import { evaluate } from './evaluate.ts';
import { readExpression } from './parser.ts';

/** What stands behind `eval:`, ready to judge an attribute. */
export interface Evaluation {
  /**
   * Whether the expression is true of `value`. Its tokens are read from `document`; times are those of the process's
   * time zone. Throws ExpressionError: a token without a value, a method that the value has not, a bound exceeded.
   */
  matches(value: unknown, document: unknown, clock: { now(): number }): boolean;
}

/**
 * Reads the text behind `eval:`: the part of Ruby that conditions are made of (`docs/expressions.md`). Tokens
 * (`:::path|default:::`) are values of the document, never source code.
 */
export function parseEvaluation(text: string): Parsed<Evaluation> {
  return parsed(() => {
    const tree = readExpression(text);
    const tokens = tokensIn(text);
    return {
      matches: (value, document, clock) =>
        isTrue(
          evaluate(tree, {
            value: value ?? null,
            tokens: valuesOf(tokens, document),
            clock,
            budget: new Budget(),
          }),
        ),
    };
  });
}

/** A token without a value and without a default ends the evaluation, wherever it stands. */
function valuesOf(tokens: readonly Token[], document: unknown): readonly unknown[] {
  return tokens.map((token) => {
    const found = tokenValue(token, document);
    if (found !== undefined) return found;
    throw new ExpressionError(
      `nothing stands at the token ${token.path}: give it a default, ":::${token.path}|0:::"`,
    );
  });
}
