import { SEVERITIES } from '../../model/severity.ts';
import { ParseStop } from '../mistake.ts';
import { type Amount, amountOf, dayAfter, readAmount } from './amounts.ts';
import type { SearchType } from './fields.ts';
import type { SearchValue } from './lexer.ts';
import type { RangeEnd, SearchTest } from './tree.ts';

const COMPARISON = /^(>=|<=|>|<|=)(.*)$/s;
const RANGED: readonly SearchType[] = ['number', 'severity', 'duration', 'time', 'any'];
const FLAGS = new Map([
  ['true', true],
  ['yes', true],
  ['false', false],
  ['no', false],
]);

/** What a value behind a field's colon asks for. Throws ParseStop. */
export function readTest(value: SearchValue, name: string, type: SearchType): SearchTest {
  if (!value.quoted && value.text === '*') return { kind: 'exists' };
  return (value.quoted ? undefined : rangeTest(value, name, type)) ?? equalTest(value, name, type);
}

/** The pieces between the `*` of a text, in lower case. */
export function piecesOf(value: SearchValue): string[] {
  const text = value.text.toLowerCase();
  return value.quoted ? [text] : text.split('*');
}

function rangeTest(value: SearchValue, name: string, type: SearchType): SearchTest | undefined {
  const compared = COMPARISON.exec(value.text);
  if (compared !== null) {
    const [, sign = '', text = ''] = compared;
    if (sign === '=') return equalTest({ ...value, text }, name, type);
    if (!RANGED.includes(type)) {
      throw new ParseStop(value.from, `"${name}" has no greater and less`, `write ${name}:value`);
    }
    return comparisonTest(sign, readAmount(text, type, value));
  }
  if (!RANGED.includes(type)) return undefined;
  const dots = value.text.indexOf('..');
  if (dots >= 0) return spanTest(value, dots, type);
  const day = type === 'time' ? dayAfter(value.text) : undefined;
  return day === undefined ? undefined : wholeDay(value, day);
}

function comparisonTest(sign: string, amount: Amount): SearchTest {
  const end: RangeEnd = { ...amount, open: sign.length === 1 };
  return sign.startsWith('>') ? { kind: 'range', from: end } : { kind: 'range', to: end };
}

function spanTest(value: SearchValue, dots: number, type: SearchType): SearchTest | undefined {
  const [one, other] = [value.text.slice(0, dots), value.text.slice(dots + 2)];
  // A path may lead to any text, and texts may hold dots.
  if (type === 'any' && ![one, other].every((end) => end === '' || amountOf(end, type))) return undefined;
  if (one === '' && other === '') {
    throw new ParseStop(value.from, 'a range needs at least one end', 'write 10.., ..60 or 10..60');
  }
  const end = (text: string): RangeEnd | undefined =>
    text === '' ? undefined : { ...readAmount(text, type, value), open: false };
  return { kind: 'range', from: end(one), to: end(other) };
}

function wholeDay(value: SearchValue, next: number): SearchTest {
  const from: RangeEnd = { ...readAmount(value.text, 'time', value), open: false };
  return { kind: 'range', from, to: { at: next, ago: false, open: true } };
}

function equalTest(value: SearchValue, name: string, type: SearchType): SearchTest {
  if (type === 'text' || type === 'any') return textTest(value);
  if (type === 'flag') return flagTest(value, name);
  if (type === 'severity' && (SEVERITIES as readonly string[]).includes(value.text.toLowerCase())) {
    return { kind: 'equals', value: value.text.toLowerCase() };
  }
  const amount = readAmount(value.text, type, value);
  if (!amount.ago) return { kind: 'equals', value: amount.at };
  const end: RangeEnd = { ...amount, open: false };
  return { kind: 'range', from: end, to: end };
}

function textTest(value: SearchValue): SearchTest {
  const pieces = piecesOf(value);
  return pieces.length === 1 ? { kind: 'equals', value: pieces[0] ?? '' } : { kind: 'pattern', pieces };
}

function flagTest(value: SearchValue, name: string): SearchTest {
  const flag = FLAGS.get(value.text.toLowerCase());
  if (flag === undefined) {
    throw new ParseStop(
      value.from,
      `"${value.text}" is neither true nor false`,
      `write ${name}:true or ${name}:false`,
    );
  }
  return { kind: 'equals', value: flag };
}
