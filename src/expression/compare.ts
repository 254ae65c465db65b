import type { Budget } from './budget.ts';
import { ExpressionError } from './mistake.ts';
import { Pattern } from './pattern.ts';
import { isHash, kindOf, Moment, Name, numeric, Range } from './values.ts';

/** How deep values are compared and shown; a document may nest without end. */
export const DEEPEST_VALUE = 50;

/** Equality, as Ruby and CEL have it: 1 is 1.0, a text is no symbol, a hash has no order. */
export function same(one: unknown, other: unknown, budget: Budget, depth = 0): boolean {
  budget.step();
  if (depth > DEEPEST_VALUE) throw new ExpressionError('the values are nested too deep to be compared');
  if (one === other) return true;
  const [first, second] = [numeric(one), numeric(other)];
  if (first !== undefined || second !== undefined) return first?.number === second?.number;
  if (Array.isArray(one) && Array.isArray(other)) {
    return one.length === other.length && one.every((item, at) => same(item, other[at], budget, depth + 1));
  }
  if (isHash(one) && isHash(other)) {
    const names = Object.keys(one);
    if (names.length !== Object.keys(other).length) return false;
    return names.every(
      (name) => Object.hasOwn(other, name) && same(one[name], other[name], budget, depth + 1),
    );
  }
  return sameObject(one, other, budget, depth);
}

function sameObject(one: unknown, other: unknown, budget: Budget, depth: number): boolean {
  if (one instanceof Name) return other instanceof Name && one.name === other.name;
  if (one instanceof Moment) return other instanceof Moment && one.ms === other.ms;
  if (one instanceof Pattern) return one === other;
  if (!(one instanceof Range) || !(other instanceof Range)) return false;
  if (one.exclusive !== other.exclusive) return false;
  return same(one.from, other.from, budget, depth + 1) && same(one.to, other.to, budget, depth + 1);
}

/** Below 0, 0 or above 0; undefined for values that have no order between them. */
export function order(one: unknown, other: unknown): number | undefined {
  const [first, second] = [numeric(one), numeric(other)];
  if (first !== undefined && second !== undefined) return first.number - second.number;
  if (typeof one === 'string' && typeof other === 'string') return one < other ? -1 : Number(one > other);
  if (one instanceof Moment && other instanceof Moment) return one.ms - other.ms;
  return undefined;
}

/** Whether a value lies in a range; false where they cannot be compared. */
export function inRange(range: Range, value: unknown): boolean {
  const low = order(value, range.from);
  const high = order(value, range.to);
  if (low === undefined || high === undefined) return false;
  return low >= 0 && (range.exclusive ? high < 0 : high <= 0);
}

/** A value in an error's text: its class, and the value itself where that is short and safe. */
export function shown(value: unknown): string {
  const number = numeric(value);
  if (number !== undefined) return `the number ${number.number}`;
  const kind = kindOf(value);
  return kind === 'nil' || kind === 'true' || kind === 'false' ? kind : `a ${kind}`;
}
