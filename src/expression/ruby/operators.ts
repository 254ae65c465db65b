import type { Budget } from '../budget.ts';
import { order, same, shown } from '../compare.ts';
import { ExpressionError } from '../mistake.ts';
import { Pattern } from '../pattern.ts';
import { Float, Moment, Name, numeric } from '../values.ts';
import type { Operator } from './tree.ts';

/** Two values under an operator, as Ruby has it. Throws ExpressionError where Ruby raises. */
export function operate(operator: Operator, left: unknown, right: unknown, budget: Budget): unknown {
  switch (operator) {
    case '==':
      return same(left, right, budget);
    case '!=':
      return !same(left, right, budget);
    case '=~':
      return matchIndex(left, right, budget);
    case '!~':
      return matchIndex(left, right, budget) === null;
    case '<':
    case '<=':
    case '>':
    case '>=':
      return compared(operator, left, right);
    default:
      return calculate(operator, left, right, budget);
  }
}

function compared(operator: '<' | '<=' | '>' | '>=', left: unknown, right: unknown): boolean {
  const found = order(left, right);
  if (found === undefined) throw noOperation(operator, left, right);
  switch (operator) {
    case '<':
      return found < 0;
    case '<=':
      return found <= 0;
    case '>':
      return found > 0;
    case '>=':
      return found >= 0;
  }
}

function matchIndex(left: unknown, right: unknown, budget: Budget): number | null {
  const pattern = left instanceof Pattern ? left : right;
  const text = left instanceof Pattern ? right : left;
  if (!(pattern instanceof Pattern)) {
    throw new ExpressionError(`=~ needs a pattern such as /disk/, not ${shown(pattern)}`);
  }
  const subject = text instanceof Name ? text.name : text;
  return typeof subject === 'string' ? (pattern.find(subject, budget)?.index ?? null) : null;
}

function calculate(
  operator: '+' | '-' | '*' | '/' | '%',
  left: unknown,
  right: unknown,
  budget: Budget,
): unknown {
  const [one, other] = [numeric(left), numeric(right)];
  if (one !== undefined && other !== undefined) {
    return one.float || other.float
      ? new Float(floatResult(operator, one.number, other.number))
      : integerResult(operator, one.number, other.number);
  }
  if (left instanceof Moment) return shiftedTime(operator, left, right);
  if (typeof left === 'string') return textResult(operator, left, right, budget);
  if (Array.isArray(left)) return listResult(operator, left, right, budget);
  throw noOperation(operator, left, right);
}

function integerResult(operator: '+' | '-' | '*' | '/' | '%', one: number, other: number): number {
  if ((operator === '/' || operator === '%') && other === 0) throw new ExpressionError('divided by 0');
  const result = integers[operator](one, other);
  if (!Number.isSafeInteger(result)) throw new ExpressionError('a number becomes too big');
  return result === 0 ? 0 : result;
}

/** Division rounds down, and the remainder has the sign of the divisor. */
const integers = {
  '+': (one: number, other: number) => one + other,
  '-': (one: number, other: number) => one - other,
  '*': (one: number, other: number) => one * other,
  '/': (one: number, other: number) => (one - remainder(one, other)) / other,
  '%': (one: number, other: number) => remainder(one, other),
};

function floatResult(operator: '+' | '-' | '*' | '/' | '%', one: number, other: number): number {
  if (operator === '/') return one / other;
  return integers[operator](one, other);
}

function remainder(one: number, other: number): number {
  const rest = one % other;
  return rest !== 0 && rest < 0 !== other < 0 ? rest + other : rest;
}

function shiftedTime(operator: string, time: Moment, by: unknown): unknown {
  if (operator === '-' && by instanceof Moment) return new Float((time.ms - by.ms) / 1000);
  const seconds = numeric(by)?.number;
  if (seconds === undefined || (operator !== '+' && operator !== '-')) throw noOperation(operator, time, by);
  return new Moment(time.ms + (operator === '+' ? seconds : -seconds) * 1000, time.utc);
}

function textResult(operator: string, text: string, other: unknown, budget: Budget): string {
  if (operator === '+' && typeof other === 'string') {
    budget.build(text.length + other.length);
    return text + other;
  }
  if (operator !== '*') throw noOperation(operator, text, other);
  const times = countOf(other, operator, text);
  budget.build(text.length * times);
  return text.repeat(times);
}

function listResult(operator: string, list: readonly unknown[], other: unknown, budget: Budget): unknown {
  if (operator === '*') {
    const times = countOf(other, operator, list);
    budget.build(list.length * times);
    return Array.from({ length: list.length * times }, (_, at) => list[at % list.length]);
  }
  if (!Array.isArray(other)) throw noOperation(operator, list, other);
  if (operator === '+') {
    budget.build(list.length + other.length);
    return [...list, ...other];
  }
  if (operator !== '-') throw noOperation(operator, list, other);
  return list.filter((item) => !other.some((taken) => same(item, taken, budget)));
}

function countOf(times: unknown, operator: string, left: unknown): number {
  if (typeof times !== 'number' || !Number.isSafeInteger(times) || times < 0) {
    throw noOperation(operator, left, times);
  }
  return times;
}

function noOperation(operator: string, left: unknown, right: unknown): ExpressionError {
  return new ExpressionError(`there is no ${operator} between ${shown(left)} and ${shown(right)}`);
}
