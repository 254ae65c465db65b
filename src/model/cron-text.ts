import { quoted } from './attributes.ts';

/**
 * The calendar pattern behind a cron expression, in plain numbers and lists; null when no day that there is fits it.
 * Otherwise what is wrong with the expression.
 */
export type ReadCron = { pattern: string | null; problem?: undefined } | { problem: string };

interface Field {
  name: string;
  lowest: number;
  highest: number;
  /** Words for numbers, counted from `lowest`. */
  words: readonly string[];
}

const MINUTE: Field = { name: 'minute', lowest: 0, highest: 59, words: [] };
const HOUR: Field = { name: 'hour', lowest: 0, highest: 23, words: [] };
const DAY: Field = { name: 'day of the month', lowest: 1, highest: 31, words: [] };
const MONTH: Field = {
  name: 'month',
  lowest: 1,
  highest: 12,
  words: ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'],
};
const WEEKDAY: Field = {
  name: 'day of the week',
  lowest: 0,
  highest: 6,
  words: ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'],
};
const FIELDS = [MINUTE, HOUR, DAY, MONTH, WEEKDAY] as const;

const MACROS: ReadonlyMap<string, string> = new Map([
  ['@yearly', '0 0 1 1 *'],
  ['@annually', '0 0 1 1 *'],
  ['@monthly', '0 0 1 * *'],
  ['@weekly', '0 0 * * 0'],
  ['@daily', '0 0 * * *'],
  ['@midnight', '0 0 * * *'],
  ['@hourly', '0 * * * *'],
]);

/** February in a leap year. */
const DAYS_OF_MONTHS = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

const LONGEST_TEXT = 1000;
const LONGEST_SHOWN = 40;
/** `*`, `a` or `a-b`, each but `a` with `/n` behind it. */
const ELEMENT = /^(?:(\*)|([a-z]{3}|\d{1,6})(?:-([a-z]{3}|\d{1,6}))?)(?:\/(\d{1,6}))?$/i;

/** A mistake in an expression, as the rest of a sentence. */
class Mistake extends Error {}

/** Reads a cron expression; see `parseCron` for what it may be. */
export function readCron(text: string): ReadCron {
  try {
    return { pattern: patternOf(fieldsOf(text)) };
  } catch (error) {
    if (error instanceof Mistake) return { problem: error.message };
    throw error;
  }
}

function fieldsOf(text: string): string[] {
  if (text.length > LONGEST_TEXT) throw new Mistake(`it is longer than ${LONGEST_TEXT} characters`);
  const plain = text.trim();
  if (plain === '@reboot') throw new Mistake('"@reboot" is no time; give a time of the day');
  if (plain.startsWith('@') && !MACROS.has(plain)) {
    throw new Mistake(`${shown(plain)} is none of ${[...MACROS.keys()].join(', ')}`);
  }
  const fields = (MACROS.get(plain) ?? plain).split(/\s+/);
  if (fields.length === 5 || fields.length === 6) return fields;
  const count = plain === '' ? 0 : fields.length;
  throw new Mistake(
    `it has ${count} ${count === 1 ? 'field' : 'fields'}, where five are wanted: minute, hour, day of the month, month, day of the week`,
  );
}

/**
 * A day fits when it fits both day fields, one of which says `*`; when neither does, fitting one of them is enough.
 * A field that no value fits is left to the other one, or lets nothing fit.
 */
function patternOf(fields: readonly string[]): string | null {
  const [minutes, hours, days, months, weekdays] = FIELDS.map((field, index) =>
    valuesOf(field, fields[index] ?? '*'),
  ) as [Values, Values, Values, Values, Values];
  if ([minutes, hours, months].some((values) => values?.length === 0)) return null;
  const byDay = days?.some((day) => monthsOf(months).some((month) => isDay(day, month))) === true;
  const byWeekday = weekdays !== null && weekdays.length > 0;
  if ((days !== null || weekdays !== null) && !byDay && !byWeekday) return null;
  return [minutes, hours, byDay ? days : null, months, byWeekday ? weekdays : null].map(listed).join(' ');
}

/** Values that fit, ascending; null for `*`, which all fit. */
type Values = readonly number[] | null;

function listed(values: Values): string {
  return values === null ? '*' : values.join(',');
}

function monthsOf(months: Values): readonly number[] {
  return months ?? DAYS_OF_MONTHS.map((_, index) => index + 1);
}

function isDay(day: number, month: number): boolean {
  return day <= (DAYS_OF_MONTHS[month - 1] ?? 0);
}

/** Values beyond the field's bounds fit nothing, so they are left out. */
function valuesOf(field: Field, text: string): Values {
  if (text === '*') return null;
  const values = new Set(text.split(',').flatMap((element) => elementOf(field, element)));
  return [...values].sort((left, right) => left - right);
}

function elementOf(field: Field, text: string): number[] {
  const match = ELEMENT.exec(text);
  if (!match) throw new Mistake(`${shown(text)} is no ${field.name}`);
  const [, star, first, last, stepText] = match;
  const step = Number(stepText ?? 1);
  if (step === 0) throw new Mistake(`${shown(text)} goes on by steps of 0`);
  if (star !== undefined) return within(field, field.lowest, field.highest, step);
  const from = numberOf(field, first ?? '', field.lowest);
  if (last === undefined) {
    if (stepText === undefined) return within(field, from, from, 1);
    throw new Mistake(
      `${shown(text)} has a step without a range; write "*/${step}" or "${first}-${field.highest}/${step}"`,
    );
  }
  const to = numberOf(field, last, from);
  if (to < from)
    throw new Mistake(`the range ${shown(text)} goes backwards; write two, with a comma between them`);
  return within(field, from, to, step);
}

/** @param atLeast what a range began with: Sunday as its end is the day after Saturday */
function numberOf(field: Field, text: string, atLeast: number): number {
  if (/^\d/.test(text)) return Number(text);
  const index = field.words.indexOf(text.toLowerCase());
  if (index < 0) throw new Mistake(`${shown(text)} is no ${field.name}`);
  const number = index + field.lowest;
  return field === WEEKDAY && number < atLeast && number === 0 ? 7 : number;
}

/** The values from a first to a last one that a field can have; the day of the week 7 is Sunday again. */
function within(field: Field, from: number, to: number, step: number): number[] {
  const highest = field === WEEKDAY ? 7 : field.highest;
  const values: number[] = [];
  for (let value = from; value <= Math.min(to, highest); value += step) {
    if (value >= field.lowest) values.push(field === WEEKDAY ? value % 7 : value);
  }
  return values;
}

function shown(text: string): string {
  return quoted(text, LONGEST_SHOWN);
}
