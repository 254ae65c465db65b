import type { Budget } from '../budget.ts';
import { ExpressionError } from '../mistake.ts';
import { Float, kindOf, Moment, numeric } from '../values.ts';
import { type CalendarField, calendarField } from './calendar.ts';

/** A function that an expression may call; the receiver of a method is its first argument. */
export interface CelFunction {
  name: string;
  least: number;
  most: number;
  call(args: readonly unknown[], budget: Budget): unknown;
}

type Body = (args: readonly unknown[], budget: Budget) => unknown;
type Listed = Record<string, [least: number, most: number, body: Body]>;

const INTEGER = /^[+-]?\d+$/;
const CALENDAR: Record<string, CalendarField> = {
  getFullYear: 'year',
  getMonth: 'month',
  getDayOfMonth: 'day',
  getDate: 'date',
  getDayOfWeek: 'weekday',
  getDayOfYear: 'yearday',
  getHours: 'hours',
  getMinutes: 'minutes',
  getSeconds: 'seconds',
};

function sizeOf(value: unknown): number {
  if (typeof value === 'string') return [...value].length;
  if (Array.isArray(value)) return value.length;
  if (kindOf(value) === 'Hash') return Object.keys(value as object).length;
  throw wrongKind('size', 'a text, a list or a map', value);
}

const size: Body = ([value], budget) => {
  if (typeof value === 'string') budget.build(value.length);
  return sizeOf(value);
};

const contains: Body = ([text, part], budget) => {
  const whole = textOf('contains', text);
  budget.work(whole.length);
  return whole.includes(textOf('contains', part));
};

const calendar: Listed = Object.fromEntries(
  Object.entries(CALENDAR).map(([name, field]) => [
    name,
    [
      1,
      2,
      ([time, zone]) =>
        calendarField(field, momentOf(name, time), zone === undefined ? 'UTC' : textOf(name, zone)),
    ],
  ]),
);

/** Called as `text.startsWith("a")`. */
export const CEL_METHODS = listed({
  size: [1, 1, size],
  contains: [2, 2, contains],
  startsWith: [2, 2, ([text, start]) => textOf('startsWith', text).startsWith(textOf('startsWith', start))],
  endsWith: [2, 2, ([text, end]) => textOf('endsWith', text).endsWith(textOf('endsWith', end))],
  lowerAscii: [1, 1, built('lowerAscii', (text) => text.toLowerCase())],
  upperAscii: [1, 1, built('upperAscii', (text) => text.toUpperCase())],
  trim: [1, 1, built('trim', (text) => text.trim())],
  split: [
    2,
    2,
    ([text, by], budget) => built('split', (whole) => whole.split(textOf('split', by)))([text], budget),
  ],
  ...calendar,
});

/** Called as `size(list)`. */
export const CEL_FUNCTIONS = listed({
  size: [1, 1, size],
  int: [1, 1, ([value]) => toInt(value)],
  double: [1, 1, ([value]) => toDouble(value)],
  string: [1, 1, ([value]) => toText(value)],
  dyn: [1, 1, ([value]) => value],
  timestamp: [1, 1, ([value]) => toMoment(value)],
});

function listed(functions: Listed): ReadonlyMap<string, CelFunction> {
  return new Map(
    Object.entries(functions).map(([name, [least, most, call]]) => [name, { name, least, most, call }]),
  );
}

function built(name: string, make: (text: string) => unknown): Body {
  return ([value], budget) => {
    const text = textOf(name, value);
    budget.build(text.length);
    return make(text);
  };
}

function textOf(name: string, value: unknown): string {
  if (typeof value === 'string') return value;
  throw wrongKind(name, 'a text', value);
}

function momentOf(name: string, value: unknown): Moment {
  if (value instanceof Moment) return value;
  throw wrongKind(name, 'a timestamp, such as timestamp(check.issued),', value);
}

function toInt(value: unknown): number {
  const number = value instanceof Moment ? Math.floor(value.ms / 1000) : (numeric(value)?.number ?? value);
  const found = typeof number === 'string' && INTEGER.test(number) ? Number(number) : number;
  const whole = typeof found === 'number' ? Math.trunc(found) : Number.NaN;
  if (!Number.isSafeInteger(whole)) throw wrongKind('int', 'a number, or a text that is one,', value);
  return whole === 0 ? 0 : whole;
}

function toDouble(value: unknown): Float {
  const text =
    typeof value === 'string' && value.trim() !== '' && value.length < 40 ? Number(value) : Number.NaN;
  const number = numeric(value)?.number ?? text;
  if (Number.isNaN(number)) throw wrongKind('double', 'a number, or a text that is one,', value);
  return new Float(number);
}

function toText(value: unknown): string {
  if (typeof value === 'string' || typeof value === 'boolean') return String(value);
  const number = numeric(value);
  if (number !== undefined) return String(number.number);
  if (value instanceof Moment) return new Date(value.ms).toISOString();
  throw wrongKind('string', 'a text, a number, a flag or a timestamp', value);
}

function toMoment(value: unknown): Moment {
  if (value instanceof Moment) return value;
  const seconds = numeric(value)?.number;
  if (seconds !== undefined) return new Moment(seconds * 1000, true);
  const ms = typeof value === 'string' && value.length < 40 ? Date.parse(value) : Number.NaN;
  if (Number.isNaN(ms))
    throw wrongKind('timestamp', 'Unix seconds, or a text such as 2030-01-31T12:00:00Z,', value);
  return new Moment(ms, true);
}

function wrongKind(name: string, wanted: string, value: unknown): ExpressionError {
  const kind = kindOf(value);
  return new ExpressionError(`${name} takes ${wanted} not ${kind === 'nil' ? 'null' : `a ${kind}`}`);
}
