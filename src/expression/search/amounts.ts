import { SEVERITIES } from '../../model/severity.ts';
import { ParseStop } from '../mistake.ts';
import type { SearchType } from './fields.ts';
import type { SearchValue } from './lexer.ts';

/** A number that a person wrote; `ago` when it counts seconds before the time of the search. */
export interface Amount {
  at: number;
  ago: boolean;
}

const NUMBER = /^[+-]?(\d+(\.\d*)?|\.\d+)$/;
const DURATION = /^(\d+(\.\d+)?(w|d|h|m|s))+$/;
const PART = /(\d+(?:\.\d+)?)([wdhms])/g;
const DATE = /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2}))?(Z)?)?$/;
const UNIT_SECONDS: Record<string, number> = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 };

const EXPECTED: Record<SearchType, string> = {
  text: 'a text',
  number: 'a number',
  severity: `a severity (${SEVERITIES.join(', ')}) or a status`,
  flag: 'true or false',
  duration: 'a duration such as 90, 90s or 1h30m',
  time: 'a date, a time such as 2030-01-31T12:00, -1h for an hour ago, or Unix seconds',
  any: 'a number, or a duration such as 1h30m',
};

/** Reads an end of a range, as the field's type understands it. Throws ParseStop. */
export function readAmount(text: string, type: SearchType, place: SearchValue): Amount {
  const amount = amountOf(text, type);
  if (amount !== undefined) return amount;
  throw new ParseStop(place.from, `"${text}" is not what stands here`, `write ${EXPECTED[type]}`);
}

/** The number that a text stands for in a field of that type; undefined when it is none. */
export function amountOf(text: string, type: SearchType): Amount | undefined {
  if (NUMBER.test(text)) return { at: Number(text), ago: false };
  if (type === 'severity') return severityAmount(text);
  if (type === 'time') return timeAmount(text);
  if (type !== 'duration' && type !== 'any') return undefined;
  return DURATION.test(text) ? { at: durationSeconds(text), ago: false } : undefined;
}

/** The Unix seconds of the day behind a date without a time; undefined for everything else. */
export function dayAfter(text: string): number | undefined {
  const date = DATE.exec(text);
  return date === null || date[4] !== undefined ? undefined : secondsOf(date, 1);
}

function severityAmount(text: string): Amount | undefined {
  const at = (SEVERITIES as readonly string[]).indexOf(text.toLowerCase());
  return at < 0 ? undefined : { at, ago: false };
}

function timeAmount(text: string): Amount | undefined {
  if (text === 'now') return { at: 0, ago: true };
  if (text.startsWith('-') && DURATION.test(text.slice(1))) {
    return { at: durationSeconds(text.slice(1)), ago: true };
  }
  const date = DATE.exec(text);
  const at = date === null ? undefined : secondsOf(date, 0);
  return at === undefined ? undefined : { at, ago: false };
}

/** Without a `Z` it is the time of the place where the process runs. */
function secondsOf(date: RegExpExecArray, daysLater: number): number | undefined {
  const [year, month, day, hour, minute, second] = date.slice(1, 7).map((part) => Number(part ?? 0));
  const parts = [year ?? 0, (month ?? 0) - 1, (day ?? 0) + daysLater, hour, minute, second] as const;
  const ms = date[7] === 'Z' ? Date.UTC(...parts) : new Date(...parts).getTime();
  return month === undefined || month < 1 || month > 12 || Number.isNaN(ms) ? undefined : ms / 1000;
}

function durationSeconds(text: string): number {
  let sum = 0;
  for (const [, amount, unit] of text.matchAll(PART)) sum += Number(amount) * (UNIT_SECONDS[unit ?? ''] ?? 0);
  return sum;
}
