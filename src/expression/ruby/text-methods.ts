import type { Budget } from '../budget.ts';
import { ExpressionError } from '../mistake.ts';
import { Pattern } from '../pattern.ts';
import { Float, type Moment, numeric } from '../values.ts';
import { method, methods, textArgument } from './method.ts';
import { inspected, toText } from './text.ts';

const MOST_ARGUMENTS = 50;
const INTEGER_START = /^\s*([+-]?\d[\d_]*)/;
const FLOAT_START = /^\s*([+-]?\d[\d_]*(?:\.\d+)?(?:[eE][+-]?\d+)?)/;

/** A text made of a text, of about its length. */
function made(
  make: (text: string) => string,
): (text: string, args: readonly unknown[], budget: Budget) => string {
  return (text, _, budget) => {
    budget.build(text.length);
    return make(text);
  };
}

export const textMethods = {
  ...methods([0, 0], {
    upcase: { String: made((text) => text.toUpperCase()) },
    downcase: { String: made((text) => text.toLowerCase()) },
    strip: { String: made((text) => text.trim()) },
    to_i: {
      nil: () => 0,
      Integer: (number: number) => number,
      Float: (receiver: unknown) => integerOf(numeric(receiver)?.number ?? 0),
      String: (text) => integerOf(Number(INTEGER_START.exec(text)?.[1]?.replaceAll('_', '') ?? 0)),
      Time: (time: Moment) => Math.floor(time.ms / 1000),
    },
    to_f: {
      nil: () => new Float(0),
      Integer: (number: number) => new Float(number),
      Float: (receiver: unknown) => receiver,
      String: (text) => new Float(Number(FLOAT_START.exec(text)?.[1]?.replaceAll('_', '') ?? 0)),
      Time: (time: Moment) => new Float(time.ms / 1000),
    },
    to_s: { any: (value, _, budget) => toText(value, budget) },
    inspect: { any: (value, _, budget) => inspected(value, budget) },
  }),
  ...methods([1, MOST_ARGUMENTS], {
    'start_with?': {
      String: (text, starts) => starts.some((start) => text.startsWith(textArgument(start, 'start_with?'))),
    },
    'end_with?': {
      String: (text, ends) => ends.some((end) => text.endsWith(textArgument(end, 'end_with?'))),
    },
  }),
  match: method('match', [1, 1], {
    String: (text, [pattern], budget) => patternOf(pattern, 'match').find(text, budget)?.groups ?? null,
    Regexp: (pattern: Pattern, [text], budget) =>
      text === null ? null : (pattern.find(textArgument(text, 'match'), budget)?.groups ?? null),
  }),
  'match?': method('match?', [1, 1], {
    String: (text, [pattern], budget) => patternOf(pattern, 'match?').test(text, budget),
    Regexp: (pattern: Pattern, [text], budget) =>
      text !== null && pattern.test(textArgument(text, 'match?'), budget),
  }),
  'casecmp?': method('casecmp?', [1, 1], {
    String: (text, [other]) => text.toLowerCase() === textArgument(other, 'casecmp?').toLowerCase(),
  }),
  split: method('split', [0, 1], {
    String: (text, [by], budget) => {
      budget.build(text.length);
      return withoutEmptyEnd(parts(text, by, budget));
    },
  }),
  join: method('join', [0, 1], {
    Array: (list, [between], budget) => {
      const glue = between === undefined ? '' : textArgument(between, 'join');
      const texts = list.map((item) => toText(item, budget));
      budget.build(texts.reduce((length, one) => length + one.length + glue.length, 0));
      return texts.join(glue);
    },
  }),
};

function parts(text: string, by: unknown, budget: Budget): string[] {
  if (by === undefined || by === null || by === ' ')
    return text.trim() === '' ? [] : text.trim().split(/\s+/);
  return by instanceof Pattern ? by.split(text, budget) : text.split(textArgument(by, 'split'));
}

/** Ruby drops empty texts at the end. */
function withoutEmptyEnd(texts: string[]): string[] {
  const last = texts.findLastIndex((text) => text !== '');
  return texts.slice(0, last + 1);
}

function patternOf(value: unknown, name: string): Pattern {
  if (value instanceof Pattern) return value;
  throw new ExpressionError(`${name} takes a pattern such as /disk/`);
}

function integerOf(number: number): number {
  const whole = Math.trunc(number);
  if (!Number.isSafeInteger(whole)) throw new ExpressionError('a number is too big, or none');
  return whole === 0 ? 0 : whole;
}
