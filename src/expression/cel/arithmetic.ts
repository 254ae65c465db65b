import type { Budget } from '../budget.ts';
import { shown } from '../compare.ts';
import { ExpressionError } from '../mistake.ts';
import { Float, numeric } from '../values.ts';

type Operator = '+' | '-' | '*' | '/' | '%';

/**
 * Arithmetic of CEL: whole numbers stay whole and division drops the rest. Unlike CEL, a whole number and another one
 * may be mixed: a document does not tell 2 from 2.0.
 */
export function calculate(operator: Operator, left: unknown, right: unknown, budget: Budget): unknown {
  const [one, other] = [numeric(left), numeric(right)];
  if (one !== undefined && other !== undefined) {
    if (one.float || other.float) return new Float(numbers[operator](one.number, other.number));
    if (other.number === 0 && (operator === '/' || operator === '%'))
      throw new ExpressionError('divided by 0');
    const result = Math.trunc(numbers[operator](one.number, other.number));
    if (!Number.isSafeInteger(result)) throw new ExpressionError('a number becomes too big');
    return result === 0 ? 0 : result;
  }
  if (operator === '+' && typeof left === 'string' && typeof right === 'string') {
    budget.build(left.length + right.length);
    return left + right;
  }
  if (operator === '+' && Array.isArray(left) && Array.isArray(right)) {
    budget.build(left.length + right.length);
    return [...left, ...right];
  }
  throw new ExpressionError(`there is no ${operator} between ${shown(left)} and ${shown(right)}`);
}

const numbers: Record<Operator, (one: number, other: number) => number> = {
  '+': (one, other) => one + other,
  '-': (one, other) => one - other,
  '*': (one, other) => one * other,
  '/': (one, other) => one / other,
  '%': (one, other) => one % other,
};
