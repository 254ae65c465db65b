import { isAttributes } from '../model/attributes.ts';
import { ExpressionError } from './mistake.ts';
import { Pattern } from './pattern.ts';

/**
 * What expressions of every language work with: nil is null; a safe whole number is an integer, every other one a
 * float; texts, lists and hashes are those of the document; and the classes of this file.
 */

/** A float whose value may be whole (`2.0`); a number of a document that is not whole is one too. */
export class Float {
  readonly number: number;
  constructor(number: number) {
    this.number = number;
  }
}

export class Name {
  readonly name: string;
  constructor(name: string) {
    this.name = name;
  }
}

export class Range {
  readonly from: unknown;
  readonly to: unknown;
  readonly exclusive: boolean;
  constructor(from: unknown, to: unknown, exclusive: boolean) {
    this.from = from;
    this.to = to;
    this.exclusive = exclusive;
  }
}

/** The last moment that a Date can hold (ECMAScript, "Time Values and Time Range"). */
const LATEST_MS = 8.64e15;

/** A moment, in the time zone of the process or in UTC. */
export class Moment {
  readonly ms: number;
  readonly utc: boolean;
  constructor(ms: number, utc: boolean) {
    if (!(Math.abs(ms) <= LATEST_MS)) throw new ExpressionError('a time is too far away, or none');
    this.ms = ms;
    this.utc = utc;
  }
}

export function isTrue(value: unknown): boolean {
  return value !== null && value !== undefined && value !== false;
}

/** A number and whether it is a Float; undefined for what is none. */
export function numeric(value: unknown): { number: number; float: boolean } | undefined {
  if (typeof value === 'number') return { number: value, float: !Number.isSafeInteger(value) };
  return value instanceof Float ? { number: value.number, float: true } : undefined;
}

export function isHash(value: unknown): value is Record<string, unknown> {
  return isAttributes(value) && kindOf(value) === 'Hash';
}

/** The name of a value's kind: Ruby's class, which is what a person is told. */
export function kindOf(value: unknown): string {
  if (value === null || value === undefined) return 'nil';
  if (typeof value === 'boolean') return String(value);
  if (typeof value === 'string') return 'String';
  if (Array.isArray(value)) return 'Array';
  const number = numeric(value);
  if (number !== undefined) return number.float ? 'Float' : 'Integer';
  if (value instanceof Name) return 'Symbol';
  if (value instanceof Range) return 'Range';
  if (value instanceof Moment) return 'Time';
  return value instanceof Pattern ? 'Regexp' : 'Hash';
}
