import type { Budget } from '../budget.ts';
import { DEEPEST_VALUE } from '../compare.ts';
import { ExpressionError } from '../mistake.ts';
import { isHash, kindOf, Name, numeric } from '../values.ts';

/** What `to_s` gives: a text as it is, nil as nothing, lists and hashes as Ruby shows them. */
export function toText(value: unknown, budget: Budget): string {
  if (typeof value === 'string') return value;
  if (value === null || value === undefined) return '';
  return value instanceof Name ? value.name : inspected(value, budget);
}

/** What `inspect` gives: `["a", nil, {:b=>1.0}]`. */
export function inspected(value: unknown, budget: Budget, depth = 0): string {
  budget.step();
  if (depth > DEEPEST_VALUE) throw new ExpressionError('the value is nested too deep to be shown');
  if (value === null || value === undefined) return 'nil';
  if (typeof value === 'boolean') return String(value);
  if (typeof value === 'string') {
    budget.build(value.length);
    return JSON.stringify(value);
  }
  if (value instanceof Name) return `:${value.name}`;
  const number = numeric(value);
  if (number !== undefined) return number.float ? floatText(number.number) : String(number.number);
  if (Array.isArray(value)) return `[${value.map((item) => inspected(item, budget, depth + 1)).join(', ')}]`;
  if (!isHash(value)) throw new ExpressionError(`a ${kindOf(value)} cannot be made a text`);
  const members = Object.entries(value).map(([name, item]) => {
    budget.build(name.length);
    return `:${name}=>${inspected(item, budget, depth + 1)}`;
  });
  return `{${members.join(', ')}}`;
}

function floatText(number: number): string {
  return Number.isInteger(number) && Math.abs(number) < 1e16 ? `${number}.0` : String(number);
}
