import { nearestName, nearestNames } from '../../model/nearest.ts';
import { ParseStop } from '../mistake.ts';
import { METHODS } from './methods.ts';

const KNOWN = ['value', 'Time', 'true', 'false', 'nil', 'and', 'or', 'not'];
const CODE = 'only a condition on "value" is evaluated, never a program';

/** Words of Ruby that have no place in a condition, and what to write instead. */
const WORDS = new Map<string, [message: string, hint: string]>([
  ...[
    'require',
    'load',
    'eval',
    'system',
    'exec',
    'spawn',
    'fork',
    'open',
    'puts',
    'print',
    'raise',
    'send',
    'sleep',
    'exit',
  ].map((word): [string, [string, string]] => [word, [`"${word}" is never run`, CODE]]),
  ...['if', 'unless'].map((word): [string, [string, string]] => [
    word,
    [`"${word}" is not known`, 'write condition && other, or condition ? one : other'],
  ]),
  ...[
    'while',
    'until',
    'for',
    'case',
    'begin',
    'def',
    'class',
    'module',
    'return',
    'lambda',
    'proc',
    'do',
    'end',
  ].map((word): [string, [string, string]] => [word, [`"${word}" is not known`, CODE]]),
  ['null', ['"null" is not known', 'write nil']],
  ['undefined', ['"undefined" is not known', 'write nil']],
]);

/** Operators of Ruby that have no place in a condition, and what to write instead. */
const OPERATORS = new Map<string, [message: string, hint: string]>([
  ['=', ['nothing can be assigned', 'to compare, write ==']],
  ...['+=', '-=', '*=', '/=', '%=', '||=', '&&='].map((operator): [string, [string, string]] => [
    operator,
    ['nothing can be assigned', 'write what is compared in one expression'],
  ]),
  ['===', ['"===" is not known', 'write ==, =~ or include?']],
  ['<=>', ['"<=>" is not known', 'write <, == or >']],
  ['**', ['"**" is not known', 'write value * value']],
  ['&', ['"&" is not known', 'write && for "and"; a list is asked with include?']],
  ['|', ['"|" is not known', 'write || for "or"']],
  ['^', ['"^" is not known', 'write != for "one of two"']],
  ['~', ['"~" is not known', 'write =~ to match a pattern']],
  ['<<', ['"<<" is not known', 'write + to join']],
  ['>>', ['">>" is not known', 'write / to divide']],
  ['->', ['functions are not known', CODE]],
  ['=>', ['hashes cannot be written', 'compare one attribute at a time: value[:name] == 1']],
  ['{', ['neither hashes nor blocks can be written', 'compare one attribute at a time: value[:name] == 1']],
  [';', ['there is one expression, not several', 'join conditions with && or ||']],
  ['::', ['constants are not known', 'known are Time.now and Time.at(value)']],
]);

export function unknownOperator(operator: string, at: number): ParseStop | undefined {
  const refusal = OPERATORS.get(operator);
  return refusal && new ParseStop(at, ...refusal);
}

/** A word that means nothing here; `wanted` tells what should stand in its place. */
export function unknownName(name: string, at: number, wanted?: string | undefined): ParseStop {
  const refusal = WORDS.get(name);
  if (refusal !== undefined) return new ParseStop(at, ...refusal);
  if (KNOWN.includes(name))
    return new ParseStop(at, `"${name}" cannot stand here`, wanted && `here should be ${wanted}`);
  const near = nearestName(name, KNOWN);
  const hint =
    near === undefined
      ? `the attribute is "value"; another one is a token, :::check.name:::, and a text has quotes: "${name.slice(0, 40)}"`
      : `did you mean "${near}"?`;
  return new ParseStop(at, `there is no "${name.slice(0, 40)}"`, hint);
}

/** A method that is not known, with the nearest one that is. */
export function unknownMethod(name: string, at: number): ParseStop {
  const near = nearestName(name, METHODS.keys());
  const hint =
    near === undefined
      ? `the nearest are ${nearestNames(name, METHODS.keys(), 3).join(', ')}`
      : `did you mean "${near}"?`;
  return new ParseStop(at, `there is no method "${name}"`, hint);
}
