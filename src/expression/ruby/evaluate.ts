import { isAttributes } from '../../model/attributes.ts';
import { textOf } from '../../model/tokens.ts';
import type { Budget } from '../budget.ts';
import { shown } from '../compare.ts';
import { ExpressionError } from '../mistake.ts';
import { literalPattern, Pattern } from '../pattern.ts';
import { Float, isTrue, kindOf, Moment, numeric, Range } from '../values.ts';
import { itemAt } from './collection-methods.ts';
import { METHODS } from './methods.ts';
import { operate } from './operators.ts';
import { readLiteral } from './token-literal.ts';
import type { Node, TextPart } from './tree.ts';

/** All that an evaluation can see. */
export interface Scope {
  /** The attribute that is judged; null when it is missing. */
  value: unknown;
  /** What stands for each token of the text, in order. */
  tokens: readonly unknown[];
  clock: { now(): number };
  budget: Budget;
}

/** The value of an expression, as Ruby has it. Throws ExpressionError where Ruby raises. */
export function evaluate(node: Node, scope: Scope): unknown {
  scope.budget.step();
  switch (node.kind) {
    case 'literal':
      return node.value;
    case 'value':
      return scope.value;
    case 'binary':
      return operate(node.operator, evaluate(node.left, scope), evaluate(node.right, scope), scope.budget);
    case 'and':
      return lastOf(node.parts, scope, false);
    case 'or':
      return lastOf(node.parts, scope, true);
    case 'not':
      return !isTrue(evaluate(node.part, scope));
    case 'choice':
      return evaluate(isTrue(evaluate(node.test, scope)) ? node.yes : node.no, scope);
    case 'call':
      return called(node, scope);
    case 'index':
      return item(itemAt(evaluate(node.receiver, scope), evaluate(node.index, scope), scope.budget));
    default:
      return made(node, scope);
  }
}

type Kinds<K extends Node['kind']> = Extract<Node, { kind: K }>;

/** The nodes that make a value of their own. */
function made(
  node: Kinds<'token' | 'text' | 'pattern' | 'list' | 'range' | 'minus' | 'now' | 'time'>,
  scope: Scope,
): unknown {
  switch (node.kind) {
    case 'token':
      return readLiteral(scope.tokens[node.token]);
    case 'text':
      return node.parts.map((part) => partText(part, scope)).join('');
    case 'pattern':
      return patternOf(node, scope);
    case 'list':
      return node.items.map((one) => evaluate(one, scope));
    case 'range':
      return rangeOf(node, scope);
    case 'minus':
      return negated(evaluate(node.part, scope));
    case 'now':
      return new Moment(scope.clock.now(), false);
    case 'time':
      return timeOf(evaluate(node.of, scope));
  }
}

/** `and` ends at the first that is not true, `or` at the first that is; the last value is theirs. */
function lastOf(parts: readonly Node[], scope: Scope, endsAt: boolean): unknown {
  let last: unknown = null;
  for (const part of parts) {
    last = evaluate(part, scope);
    if (isTrue(last) === endsAt) return last;
  }
  return last;
}

function called(node: Kinds<'call'>, scope: Scope): unknown {
  const receiver = evaluate(node.receiver, scope);
  if (node.safe && receiver === null) return null;
  const args = node.args.map((argument) => evaluate(argument, scope));
  if (Array.isArray(receiver)) scope.budget.step(receiver.length);
  return item(METHODS.get(node.method)?.call(receiver, args, scope.budget));
}

/** What a document does not have is nil. */
function item(value: unknown): unknown {
  return value === undefined ? null : value;
}

function partText(part: TextPart, scope: Scope): string {
  const text = typeof part === 'string' ? part : tokenText(scope.tokens[part]);
  scope.budget.build(text.length);
  return text;
}

function tokenText(value: unknown): string {
  if (isAttributes(value)) throw new ExpressionError('a token leads to an object');
  return textOf(value);
}

/** What a token puts into a pattern stands for itself. */
function patternOf(node: Kinds<'pattern'>, scope: Scope): Pattern {
  const source = node.parts.map((part) =>
    typeof part === 'string' ? part : literalPattern(partText(part, scope)),
  );
  return Pattern.compileWithin(source.join(''), node.flags, scope.budget);
}

function rangeOf(node: Kinds<'range'>, scope: Scope): Range {
  const [from, to] = [evaluate(node.from, scope), evaluate(node.to, scope)];
  const kinds = [from, to].map((end) => (numeric(end) ? 'number' : kindOf(end)));
  if (kinds[0] !== kinds[1] || !['number', 'String', 'Time'].includes(kinds[0] ?? '')) {
    throw new ExpressionError(`there is no range from ${shown(from)} to ${shown(to)}`);
  }
  return new Range(from, to, node.exclusive);
}

function negated(value: unknown): unknown {
  const found = numeric(value);
  if (found === undefined) throw new ExpressionError(`${shown(value)} has no negative`);
  return found.float ? new Float(-found.number) : 0 - found.number;
}

function timeOf(value: unknown): Moment {
  if (value instanceof Moment) return value;
  const found = numeric(value);
  if (found === undefined)
    throw new ExpressionError(`Time.at takes a number of seconds, not ${shown(value)}`);
  return new Moment(found.number * 1000, false);
}
