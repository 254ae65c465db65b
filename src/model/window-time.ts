import { fixedZone, namedZone, type Zone } from './zone.ts';

/** One end of a time window: a time of the day, on a date or on whatever day it is, in a zone. */
export interface WindowTime {
  /** Milliseconds since midnight; a day's worth is the midnight at its end. */
  timeMs: number;
  /** Parts of a date; a missing year is the one it is; no date at all is the day it is. */
  date: { year: number | undefined; month: number; day: number } | undefined;
  /** Undefined: the zone of whoever keeps the window. */
  zone: Zone | undefined;
}

const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
const LONGEST_TEXT = 100;

/** The zone words that have one meaning (RFC 2822, 4.3), in hours; any other word is no zone. */
const ZONE_WORDS: ReadonlyMap<string, number> = new Map([
  ['z', 0],
  ['ut', 0],
  ['utc', 0],
  ['gmt', 0],
  ['est', -5],
  ['edt', -4],
  ['cst', -6],
  ['cdt', -5],
  ['mst', -7],
  ['mdt', -6],
  ['pst', -8],
  ['pdt', -7],
]);

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];

/** What is read off a text bit by bit. */
interface Reading {
  rest: string;
  timeMs: number | undefined;
  date: WindowTime['date'];
  zone: Zone | undefined;
}

/** Takes what was found into a reading; false when it cannot be. */
type Reader = (found: RegExpExecArray, reading: Reading) => boolean;

const MONTH_WORD = '(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\\.?';
const DAY_NUMBER = '(\\d{1,2})(?:st|nd|rd|th)?';
const YEAR_BEHIND = '(?:,?\\s+(\\d{4})\\b(?!:))?';

/** What is looked for, once each and in this order; a date goes first, for its digits could be a time's. */
const READERS: readonly (readonly [RegExp, Reader])[] = [
  [
    /\b(\d{4})([-/])(\d{1,2})\2(\d{1,2})(?:t(?=\d)|\b)/i,
    ([, y, , m, d], reading) => setDate(reading, y, m, d),
  ],
  [
    new RegExp(`\\b${MONTH_WORD}\\s+${DAY_NUMBER}\\b(?!:)${YEAR_BEHIND}`, 'i'),
    ([, m, d, y], reading) => setDate(reading, y, monthOf(m), d),
  ],
  [
    new RegExp(`\\b${DAY_NUMBER}\\s+${MONTH_WORD}(?![a-z])${YEAR_BEHIND}`, 'i'),
    ([, d, m, y], reading) => setDate(reading, y, monthOf(m), d),
  ],
  [
    /\b(?=\d{1,2}(?::\d|\s*[ap]\.?m\b))(\d{1,2})(?::(\d{2})(?::(\d{2}(?:\.\d{1,9})?))?)?(?:\s*([ap])\.?m\b\.?)?/i,
    ([, hour, minute, second, half], reading) => setTime(reading, half, hour, minute, second),
  ],
  [/\b[a-z][a-z_]*(?:\/[a-z0-9_+-]+)+/i, ([name = ''], reading) => setZone(reading, namedZone(name))],
  [
    /(?:\b(?:utc|gmt)|(?<![^\s]))([+-])(\d{1,2})(?::?(\d{2}))?\b/i,
    ([, sign, hours, minutes], reading) => setZone(reading, offsetZone(sign, hours, minutes)),
  ],
];

/**
 * Reads one end of a time window: `5:00 PM`, `17:00`, `13:30 +0200`, `08:00 PST`, `09:00 Europe/Berlin`, with a date
 * before or behind it or not. Undefined when there is no time or date in it, or more than can be understood.
 */
export function readWindowTime(text: string): WindowTime | undefined {
  if (text.length > LONGEST_TEXT) return undefined;
  const reading: Reading = { rest: text, timeMs: undefined, date: undefined, zone: undefined };
  for (const [pattern, read] of READERS) {
    const found = pattern.exec(reading.rest);
    if (!found) continue;
    if (!read(found, reading)) return undefined;
    const end = found.index + found[0].length;
    reading.rest = `${reading.rest.slice(0, found.index)} ${reading.rest.slice(end)}`;
  }
  if (reading.timeMs === undefined && reading.date === undefined) return undefined;
  const words = reading.rest.split(/[\s,]+/).filter((word) => word !== '');
  if (!words.every((word) => /^[\p{L}().]+$/u.test(word))) return undefined;
  const { date, zone = zoneOf(words), timeMs = 0 } = reading;
  return { timeMs, date, zone };
}

function zoneOf(words: readonly string[]): Zone | undefined {
  for (const word of words) {
    const hours = ZONE_WORDS.get(word.toLowerCase());
    if (hours !== undefined) return fixedZone(hours * HOUR_MS);
  }
  return undefined;
}

function monthOf(word = ''): number {
  return MONTHS.indexOf(word.toLowerCase()) + 1;
}

/** What a pattern caught: digits, or nothing. */
type Caught = string | undefined;

function setDate(reading: Reading, year: Caught, month: Caught | number, day: Caught): boolean {
  const date = {
    year: year === undefined ? undefined : Number(year),
    month: Number(month),
    day: Number(day),
  };
  reading.date = date;
  // A leap year stands for a year that is not told.
  const shown = new Date(Date.UTC(date.year ?? 2000, date.month - 1, date.day));
  return shown.getUTCMonth() === date.month - 1 && shown.getUTCDate() === date.day;
}

/** @param half the first letter of `am` or `pm`, if there is one */
function setTime(
  reading: Reading,
  half: Caught,
  hourText: Caught,
  minuteText: Caught = '0',
  secondText: Caught = '0',
): boolean {
  const [hour, minute, second] = [Number(hourText), Number(minuteText), Number(secondText)];
  const hours = half === undefined ? hour : (hour % 12) + (half.toLowerCase() === 'p' ? 12 : 0);
  reading.timeMs = hours * HOUR_MS + minute * MINUTE_MS + Math.floor(second * 1000);
  return hour <= 24 && minute <= 59 && second < 60 && reading.timeMs <= DAY_MS;
}

function setZone(reading: Reading, zone: Zone | undefined): boolean {
  reading.zone = zone ?? reading.zone;
  return zone !== undefined;
}

function offsetZone(sign: Caught, hoursText: Caught, minutesText: Caught = '0'): Zone | undefined {
  const [hours, minutes] = [Number(hoursText), Number(minutesText)];
  if (hours > 23 || minutes > 59) return undefined;
  return fixedZone((sign === '-' ? -1 : 1) * (hours * HOUR_MS + minutes * MINUTE_MS));
}
