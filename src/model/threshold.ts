import { Type } from 'typebox';

/**
 * A threshold by the Nagios plugin guidelines ("Threshold and ranges"): the values that are good run from `start` to
 * `end`, both included; with `inside` (written `@`) exactly those are the bad ones.
 */
export interface Range {
  /** `-Infinity` for `~`. */
  start: number;
  /** `Infinity` when nothing stands behind the colon. */
  end: number;
  inside: boolean;
}

/** The two ranges that most checks have; one that is missing never alerts. */
export interface Thresholds {
  warning?: Range | undefined;
  critical?: Range | undefined;
}

/** Suffixes that a number may have, and what each multiplies it by. */
export type Units = Readonly<Record<string, number>>;

/** Values in percent: the sign may be written or left out. */
export const PERCENT: Units = { '%': 1 };

/** Values in bytes: `B`, decimal `kB` … `TB`, binary `KiB` … `TiB`. */
export const BYTES: Units = {
  B: 1,
  kB: 1e3,
  KB: 1e3,
  MB: 1e6,
  GB: 1e9,
  TB: 1e12,
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
  TiB: 2 ** 40,
};

const NUMBER = '-?(?:\\d+(?:\\.\\d*)?|\\.\\d+)';
const END = `${NUMBER}(?:%|[A-Za-z]+)?`;
const RANGE_PATTERN = `^@?(?:(?:~|${END})?:(?:${END})?|${END})$`;
const RANGE_LENGTH = 100;
const NUMBER_AT = new RegExp(NUMBER, 'y');
const UNIT_AT = /%|[A-Za-z]+/y;

const EXPECTED = 'a range such as 80, "10:", "~:10", "10:20" or "@10:20"';

/** An option that holds a range, as text or as a plain number (`80` is `0:80`). */
export const rangeOption = (expected = EXPECTED, description = 'The values that do not alert.') =>
  Type.Union([Type.String({ pattern: RANGE_PATTERN, maxLength: RANGE_LENGTH }), Type.Number()], {
    expected,
    description,
  });

/** A text that is not a range: what is wrong, at which character (from 0) of `text`, and what one looks like. */
export class RangeSyntaxError extends SyntaxError {
  readonly text: string;
  readonly position: number;

  constructor(text: string, position: number, problem: string) {
    const shown = text.length > RANGE_LENGTH ? `${text.slice(0, RANGE_LENGTH)}…` : text;
    super(
      `"${shown}" is not a range: ${problem} at character ${position + 1}. ` +
        'Write for example "80", "10:", "~:10", "10:20" or "@10:20".',
    );
    this.name = 'RangeSyntaxError';
    this.text = text;
    this.position = position;
  }
}

/**
 * Reads a range: `10` (bad below 0 and above 10), `10:` (below 10), `~:10` (above 10), `10:20` (outside),
 * `@10:20` (inside). A number is its own end. Numbers carry the suffixes of `units`, if any are given.
 * Throws `RangeSyntaxError`.
 * @example parseRange('5GiB:', BYTES) // { start: 5368709120, end: Infinity, inside: false }
 */
export function parseRange(range: string | number, units: Units = {}): Range {
  const text = String(range);
  if (text.length > RANGE_LENGTH) throw new RangeSyntaxError(text, RANGE_LENGTH, 'too long');
  if (typeof range === 'number') return checked(text, 0, { start: 0, end: range, inside: false });
  const inside = text.startsWith('@');
  const from = inside ? 1 : 0;
  const colon = text.indexOf(':', from);
  if (colon < 0)
    return checked(text, from, { start: 0, end: numberIn(text, from, text.length, units), inside });
  if (text.length === from + 1) throw new RangeSyntaxError(text, colon, 'no number');
  const start = startOf(text, from, colon, units);
  const end = colon + 1 === text.length ? Infinity : numberIn(text, colon + 1, text.length, units);
  return checked(text, from, { start, end, inside });
}

/** Reads the `warning` and `critical` of a check's options. Throws `RangeSyntaxError`. */
export function readThresholds(
  written: { warning?: string | number | undefined; critical?: string | number | undefined },
  units: Units = {},
): Thresholds {
  const { warning, critical } = written;
  return {
    ...(warning !== undefined && { warning: parseRange(warning, units) }),
    ...(critical !== undefined && { critical: parseRange(critical, units) }),
  };
}

/** A range in the shortest text that means it, without units. */
export function formatRange({ start, end, inside }: Range): string {
  const at = inside ? '@' : '';
  const last = end === Infinity ? '' : plainNumber(end);
  if (start === 0 && last !== '') return at + last;
  return `${at}${start === -Infinity ? '~' : plainNumber(start)}:${last}`;
}

/** True when `value` alerts by `range`. What is not a number alerts always. */
export function isOutside({ start, end, inside }: Range, value: number): boolean {
  if (Number.isNaN(value)) return true;
  return (value >= start && value <= end) === inside;
}

/** The status of a value: critical before warning before OK. */
export function statusFor(value: number, { warning, critical }: Thresholds): 0 | 1 | 2 {
  if (critical && isOutside(critical, value)) return 2;
  return warning && isOutside(warning, value) ? 1 : 0;
}

/** A finite number in digits alone, never with an exponent: up to 20 decimals. */
export function plainNumber(value: number): string {
  const text = String(value);
  if (!text.includes('e')) return text;
  if (Math.abs(value) >= 1) return BigInt(value).toString();
  const decimals = value.toFixed(20).replace(/0+$/, '');
  return decimals.endsWith('.') ? '0' : decimals;
}

function startOf(text: string, from: number, colon: number, units: Units): number {
  if (colon === from) return 0;
  if (colon === from + 1 && text[from] === '~') return -Infinity;
  return numberIn(text, from, colon, units);
}

/** The number that fills `text` from `from` to `to`, its suffix included. */
function numberIn(text: string, from: number, to: number, units: Units): number {
  NUMBER_AT.lastIndex = from;
  const digits = NUMBER_AT.exec(text)?.[0];
  if (digits === undefined) throw new RangeSyntaxError(text, from, `a number was expected`);
  const behind = from + digits.length;
  if (behind === to) return Number(digits);
  return Number(digits) * factorIn(text, behind, to, units);
}

function factorIn(text: string, from: number, to: number, units: Units): number {
  UNIT_AT.lastIndex = from;
  const unit = UNIT_AT.exec(text)?.[0];
  if (unit === undefined) throw new RangeSyntaxError(text, from, `unexpected "${text[from]}"`);
  const factor = Object.hasOwn(units, unit) ? units[unit] : undefined;
  if (factor === undefined) throw new RangeSyntaxError(text, from, unitProblem(unit, units));
  if (from + unit.length < to) {
    throw new RangeSyntaxError(text, from + unit.length, `unexpected "${text[from + unit.length]}"`);
  }
  return factor;
}

function unitProblem(unit: string, units: Units): string {
  const known = Object.keys(units);
  if (known.length === 0) return `"${unit}", where the value has no unit,`;
  return `the unit "${unit}", which is none of ${known.join(', ')},`;
}

function checked(text: string, position: number, range: Range): Range {
  const { start, end } = range;
  if (Number.isNaN(end) || start === Infinity) throw new RangeSyntaxError(text, position, 'no finite number');
  if (start > end) throw new RangeSyntaxError(text, position, `the start ${start} is above the end ${end},`);
  return range;
}
