import type { Budget } from '../budget.ts';
import { order, same, shown } from '../compare.ts';
import { ExpressionError } from '../mistake.ts';
import { Pattern } from '../pattern.ts';
import { Float, isHash, kindOf, numeric } from '../values.ts';
import { calculate } from './arithmetic.ts';
import type { CelNode, CelOperator } from './tree.ts';

/** The variables that an expression sees: the innermost first. */
export interface CelScope {
  name: string;
  value: unknown;
  outer?: CelScope | undefined;
}

/** An error costs as much as some fifty steps. */
const FAILURE_STEPS = 50;

type Kinds<K extends CelNode['kind']> = Extract<CelNode, { kind: K }>;

/** The value of an expression (CEL specification, "Evaluation"). Throws ExpressionError for CEL's errors. */
export function evaluateCel(node: CelNode, scope: CelScope, budget: Budget): unknown {
  budget.step();
  const run = (one: CelNode): unknown => evaluateCel(one, scope, budget);
  switch (node.kind) {
    case 'literal':
      return node.value;
    case 'variable':
      return variableValue(node.name, scope);
    case 'field':
      return fieldOf(run(node.of), node.name, node.path);
    case 'has':
      return hasField(node, scope, budget);
    case 'index':
      return itemOf(run(node.of), run(node.index));
    case 'binary':
      return operate(node.operator, run(node.left), run(node.right), budget);
    case 'and':
      return bothOf(node.left, node.right, scope, budget, false);
    case 'or':
      return bothOf(node.left, node.right, scope, budget, true);
    case 'not':
      return !flagOf(run(node.part), '!');
    case 'choice':
      return run(flagOf(run(node.test), '?') ? node.yes : node.no);
    case 'call':
      return node.called.call(node.args.map(run), budget);
    default:
      return made(node, scope, budget);
  }
}

/** The nodes that are rarer. */
function made(
  node: Kinds<'list' | 'map' | 'minus' | 'matches' | 'loop'>,
  scope: CelScope,
  budget: Budget,
): unknown {
  const run = (one: CelNode): unknown => evaluateCel(one, scope, budget);
  switch (node.kind) {
    case 'list':
      return node.items.map(run);
    case 'map':
      return Object.fromEntries(
        node.entries.map(([name, value]) => [textOf(run(name), 'a map'), run(value)]),
      );
    case 'minus':
      return negated(run(node.part));
    case 'matches': {
      const pattern = node.pattern instanceof Pattern ? node.pattern : patternOf(run(node.pattern), budget);
      return pattern.test(textOf(run(node.text), 'matches'), budget);
    }
    case 'loop':
      return looped(node, scope, budget);
  }
}

function variableValue(name: string, scope: CelScope): unknown {
  for (let at: CelScope | undefined = scope; at !== undefined; at = at.outer) {
    if (at.name === name) return at.value ?? null;
  }
  throw new ExpressionError(`there is no ${name}`);
}

function fieldOf(value: unknown, name: string, path: string): unknown {
  if (isHash(value) && Object.hasOwn(value, name)) return value[name] ?? null;
  throw new ExpressionError(`there is no ${path}; has(${path}) asks whether there is`);
}

/** False as well when the way to the attribute ends early. */
function hasField(node: Kinds<'has'>, scope: CelScope, budget: Budget): boolean {
  const { of } = node;
  if (of.kind === 'field' && !hasField({ kind: 'has', of: of.of, name: of.name }, scope, budget))
    return false;
  const value = evaluateCel(of, scope, budget);
  return isHash(value) && Object.hasOwn(value, node.name);
}

function itemOf(value: unknown, index: unknown): unknown {
  if (isHash(value)) {
    const name = textOf(index, 'a map');
    if (Object.hasOwn(value, name)) return value[name] ?? null;
    throw new ExpressionError('there is no such name in the map');
  }
  if (!Array.isArray(value)) throw new ExpressionError(`there is nothing in the brackets of ${shown(value)}`);
  const at = numeric(index)?.number ?? Number.NaN;
  if (Number.isInteger(at) && at >= 0 && at < value.length) return value[at] ?? null;
  throw new ExpressionError(`a list of ${value.length} has no such item`);
}

/** One side decides alone, even where the other fails. */
function bothOf(left: CelNode, right: CelNode, scope: CelScope, budget: Budget, decides: boolean): boolean {
  const word = decides ? '||' : '&&';
  let failure: ExpressionError | undefined;
  try {
    if (flagOf(evaluateCel(left, scope, budget), word) === decides) return decides;
  } catch (thrown) {
    failure = failureOf(thrown);
  }
  const second = flagOf(evaluateCel(right, scope, budget), word);
  if (failure !== undefined && second !== decides) throw failure;
  return second;
}

function failureOf(thrown: unknown): ExpressionError {
  if (thrown instanceof ExpressionError) return thrown;
  throw thrown;
}

function operate(operator: CelOperator, left: unknown, right: unknown, budget: Budget): unknown {
  switch (operator) {
    case '==':
      return same(left, right, budget);
    case '!=':
      return !same(left, right, budget);
    case 'in':
      return isIn(left, right, budget);
    case '<':
    case '<=':
    case '>':
    case '>=':
      return compared(operator, left, right);
    default:
      return calculate(operator, left, right, budget);
  }
}

function isIn(value: unknown, within: unknown, budget: Budget): boolean {
  if (Array.isArray(within)) return within.some((item) => same(item, value, budget));
  if (isHash(within)) return typeof value === 'string' && Object.hasOwn(within, value);
  throw new ExpressionError(`"in" takes a list or a map, not ${shown(within)}`);
}

function compared(operator: '<' | '<=' | '>' | '>=', left: unknown, right: unknown): boolean {
  const found = order(left, right);
  if (found === undefined) {
    throw new ExpressionError(`there is no ${operator} between ${shown(left)} and ${shown(right)}`);
  }
  if (operator === '<') return found < 0;
  if (operator === '<=') return found <= 0;
  return operator === '>' ? found > 0 : found >= 0;
}

function looped(node: Kinds<'loop'>, scope: CelScope, budget: Budget): unknown {
  const over = evaluateCel(node.over, scope, budget);
  const items: readonly unknown[] = isHash(over) ? Object.keys(over) : listOf(over, node.macro);
  budget.step(items.length);
  const inside = (value: unknown): CelScope => ({ name: node.item, value, outer: scope });
  const passes = (value: unknown): boolean =>
    node.test === undefined || flagOf(evaluateCel(node.test, inside(value), budget), node.macro);
  switch (node.macro) {
    case 'all':
      return !decided(items, passes, false, budget);
    case 'exists':
      return decided(items, passes, true, budget);
    case 'exists_one':
      return items.filter(passes).length === 1;
    case 'filter':
      return items.filter(passes);
    case 'map': {
      const { step } = node;
      return items
        .filter(passes)
        .map((value) => (step === undefined ? value : evaluateCel(step, inside(value), budget)));
    }
  }
}

/** Whether an item answers so; an item that fails counts only if none does. */
function decided(
  items: readonly unknown[],
  passes: (item: unknown) => boolean,
  wanted: boolean,
  budget: Budget,
): boolean {
  let failure: ExpressionError | undefined;
  for (const item of items) {
    try {
      if (passes(item) === wanted) return true;
    } catch (thrown) {
      failure ??= failureOf(thrown);
      budget.step(FAILURE_STEPS);
    }
  }
  if (failure !== undefined) throw failure;
  return false;
}

function listOf(value: unknown, macro: string): readonly unknown[] {
  if (Array.isArray(value)) return value;
  throw new ExpressionError(`${macro} takes a list or a map, not ${shown(value)}`);
}

function flagOf(value: unknown, word: string): boolean {
  if (typeof value === 'boolean') return value;
  throw new ExpressionError(`${word} takes true or false, not ${shown(value)}`);
}

function textOf(value: unknown, word: string): string {
  if (typeof value === 'string') return value;
  throw new ExpressionError(`${word} takes a text, not a ${kindOf(value)}`);
}

function patternOf(value: unknown, budget: Budget): Pattern {
  return Pattern.compileWithin(textOf(value, 'matches'), 0, budget);
}

function negated(value: unknown): unknown {
  const found = numeric(value);
  if (found === undefined) throw new ExpressionError(`${shown(value)} has no negative`);
  return found.float ? new Float(-found.number) : 0 - found.number;
}
