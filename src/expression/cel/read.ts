import { type ASTNode, Environment, ParseError } from '@marcbachmann/cel-js';
import { quoted } from '../../model/attributes.ts';
import { nearestName } from '../../model/nearest.ts';
import { errorText } from '../../runtime/errors.ts';
import { ParseStop } from '../mistake.ts';
import { Pattern } from '../pattern.ts';
import { Float } from '../values.ts';
import { CEL_FUNCTIONS, CEL_METHODS, type CelFunction } from './functions.ts';
import type { CelNode, CelOperator, Macro } from './tree.ts';

const LONGEST_TEXT = 10_000;
const LONGEST_SHOWN = 60;
const SPOKEN = [
  ['and', '&&'],
  ['or', '||'],
  ['not', '!'],
] as const;
const MACROS: readonly string[] = ['all', 'exists', 'exists_one', 'filter', 'map'];

/** The library reads the text; what it evaluates to is ours alone, within our bounds. */
const reader = new Environment({
  unlistedVariablesAreDyn: true,
  limits: {
    maxAstNodes: 1000,
    maxDepth: 60,
    maxListElements: 1000,
    maxMapEntries: 100,
    maxCallArguments: 10,
  },
});

/** Reads a CEL expression over the variables named. Throws ParseStop. */
export function readCel(text: string, variables: readonly string[]): CelNode {
  if (text.length > LONGEST_TEXT) {
    throw new ParseStop(LONGEST_TEXT, `an expression has at most ${LONGEST_TEXT} characters`);
  }
  if (text.trim() === '') {
    throw new ParseStop(0, 'there is no expression', 'write a condition such as check.status == 2');
  }
  return convert(syntaxOf(text), variables);
}

function syntaxOf(text: string): ASTNode {
  try {
    return reader.parse(text).ast;
  } catch (thrown) {
    if (!(thrown instanceof ParseError)) throw new ParseStop(0, errorText(thrown));
    const at = Math.min(thrown.range?.start ?? 0, text.length);
    throw spokenWord(text, at) ?? new ParseStop(at, thrown.summary, hintFor(text, at));
  }
}

/** Ruby's words for operators; the library stops inside one or just behind it. */
function spokenWord(text: string, at: number): ParseStop | undefined {
  for (const [word, sign] of SPOKEN) {
    const place = text.lastIndexOf(word, at);
    const around = text.charAt(place - 1) + text.charAt(place + word.length);
    if (place < 0 || at - place > word.length + 1 || /[\w"'.]/.test(around)) continue;
    return new ParseStop(place, `"${word}" is not known`, `write ${sign}`);
  }
  return undefined;
}

function hintFor(text: string, at: number): string | undefined {
  if (text.charAt(at) === '=') return 'to compare, write ==';
  return text.charAt(at) === '' ? 'something is missing at the end' : undefined;
}

/** Our tree of the library's. `names`: the variables that may be named here. */
function convert(node: ASTNode, names: readonly string[]): CelNode {
  const inner = (one: ASTNode): CelNode => convert(one, names);
  switch (node.op) {
    case 'value':
      return { kind: 'literal', value: literalOf(node.args, node) };
    case 'id':
      return variable(node.args, node, names);
    case '.':
      return { kind: 'field', of: inner(node.args[0]), name: node.args[1], path: pathOf(node) };
    case '[]':
      return { kind: 'index', of: inner(node.args[0]), index: inner(node.args[1]) };
    case 'list':
      return { kind: 'list', items: node.args.map(inner) };
    case 'map':
      return { kind: 'map', entries: node.args.map(([name, value]) => [inner(name), inner(value)] as const) };
    case '&&':
      return { kind: 'and', left: inner(node.args[0]), right: inner(node.args[1]) };
    case '||':
      return { kind: 'or', left: inner(node.args[0]), right: inner(node.args[1]) };
    case '!_':
      return { kind: 'not', part: inner(node.args) };
    case '-_':
      return { kind: 'minus', part: inner(node.args) };
    case '?:': {
      const [test, yes, no] = node.args;
      return { kind: 'choice', test: inner(test), yes: inner(yes), no: inner(no) };
    }
    case 'call':
      return functionCall(node.args[0], node.args[1], node, names);
    case 'rcall':
      return methodCall(node.args[0], node.args[1], node.args[2], node, names);
    case '.?':
    case '[?]':
      throw new ParseStop(node.pos, 'optional values are not known', 'ask with has(client.name) first');
    default:
      return binary(node.op, node.args, names);
  }
}

function binary(operator: CelOperator, [left, right]: [ASTNode, ASTNode], names: readonly string[]): CelNode {
  return { kind: 'binary', operator, left: convert(left, names), right: convert(right, names) };
}

function literalOf(value: unknown, node: ASTNode): unknown {
  if (typeof value === 'number') return new Float(value);
  if (typeof value === 'bigint') {
    if (Number.isSafeInteger(Number(value))) return Number(value);
    throw new ParseStop(node.pos, 'the number is too big');
  }
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value;
  throw new ParseStop(node.pos, 'bytes and unsigned numbers are not known', 'write a text or a plain number');
}

function variable(name: string, node: ASTNode, names: readonly string[]): CelNode {
  if (names.includes(name)) return { kind: 'variable', name };
  const near = nearestName(name, names);
  const hint =
    near === undefined ? `known are ${names.join(', ')}; a text has quotes: "…"` : `did you mean "${near}"?`;
  throw new ParseStop(node.pos, `there is no ${quoted(name, LONGEST_SHOWN)}`, hint);
}

function functionCall(
  name: string,
  args: readonly ASTNode[],
  node: ASTNode,
  names: readonly string[],
): CelNode {
  if (name === 'has') return hasCall(args, node, names);
  const called = known(name, CEL_FUNCTIONS, node.pos);
  checkCount(called, args.length, 0, node.pos);
  return { kind: 'call', called, args: args.map((one) => convert(one, names)) };
}

function hasCall(args: readonly ASTNode[], node: ASTNode, names: readonly string[]): CelNode {
  const [field] = args;
  if (args.length !== 1 || field?.op !== '.') {
    throw new ParseStop(node.pos, 'has() takes one attribute', 'write has(client.name)');
  }
  return { kind: 'has', of: convert(field.args[0], names), name: field.args[1] };
}

function methodCall(
  name: string,
  receiver: ASTNode,
  args: readonly ASTNode[],
  node: ASTNode,
  names: readonly string[],
): CelNode {
  if (MACROS.includes(name)) return loop(name as Macro, receiver, args, names);
  if (name === 'matches') return matchesCall(receiver, args, node, names);
  const at = nameAt(name, receiver);
  const called = known(name, CEL_METHODS, at);
  checkCount(called, args.length + 1, 1, at);
  return { kind: 'call', called, args: [receiver, ...args].map((one) => convert(one, names)) };
}

/** A pattern that is written out is compiled at once, so that its mistakes are told when the expression is read. */
function matchesCall(
  receiver: ASTNode,
  args: readonly ASTNode[],
  node: ASTNode,
  names: readonly string[],
): CelNode {
  const [pattern] = args;
  if (pattern === undefined || args.length > 1) throw new ParseStop(node.pos, 'matches takes one pattern');
  const text = convert(receiver, names);
  if (pattern.op !== 'value' || typeof pattern.args !== 'string') {
    return { kind: 'matches', text, pattern: convert(pattern, names) };
  }
  try {
    return { kind: 'matches', text, pattern: Pattern.compile(pattern.args, 0) };
  } catch (thrown) {
    throw new ParseStop(pattern.pos, errorText(thrown));
  }
}

function loop(macro: Macro, receiver: ASTNode, args: readonly ASTNode[], names: readonly string[]): CelNode {
  const [item, one, other] = args;
  const most = macro === 'map' ? 3 : 2;
  if (item?.op !== 'id' || one === undefined || args.length > most) {
    throw new ParseStop(
      nameAt(macro, receiver),
      `${macro} takes a name and a condition`,
      `write list.${macro}(item, item == "web")`,
    );
  }
  const inside = [...names, item.args];
  const over = convert(receiver, names);
  const [first, second] = [convert(one, inside), other && convert(other, inside)];
  const shared = { kind: 'loop' as const, macro, over, item: item.args };
  if (macro !== 'map') return { ...shared, test: first };
  return second === undefined ? { ...shared, step: first } : { ...shared, test: first, step: second };
}

function known(name: string, functions: ReadonlyMap<string, CelFunction>, at: number): CelFunction {
  const found = functions.get(name);
  if (found !== undefined) return found;
  const all = [...functions.keys(), ...(functions === CEL_METHODS ? ['matches', ...MACROS] : ['has'])];
  const near = nearestName(name, all);
  const hint = near === undefined ? `known are ${all.join(', ')}` : `did you mean "${near}"?`;
  throw new ParseStop(at, `there is no function ${quoted(name, LONGEST_SHOWN)}`, hint);
}

/** Where a method's name stands behind its receiver. */
function nameAt(name: string, receiver: ASTNode): number {
  return Math.max(receiver.pos, receiver.input.indexOf(name, receiver.end));
}

/** `own`: arguments that are not written between the parentheses (the receiver of a method). */
function checkCount(called: CelFunction, count: number, own: number, at: number): void {
  if (count >= called.least && count <= called.most) return;
  const takes =
    called.least === called.most ? `${called.least - own}` : `${called.least - own} or ${called.most - own}`;
  throw new ParseStop(at, `${called.name} takes ${takes} arguments, not ${count - own}`);
}

/** `client.name`, as far as it is one. */
function pathOf(node: ASTNode): string {
  const names: string[] = [];
  let at: ASTNode = node;
  while (at.op === '.') {
    names.unshift(at.args[1]);
    at = at.args[0];
  }
  return [at.op === 'id' ? at.args : '…', ...names].join('.');
}
