import { ExpressionError } from '../mistake.ts';
import type { Moment } from '../values.ts';

/** `month`, `day`, `weekday` (Sunday) and `yearday` count from 0, `date` from 1 (CEL specification, "Timestamps"). */
export type CalendarField =
  | 'year'
  | 'month'
  | 'day'
  | 'date'
  | 'weekday'
  | 'yearday'
  | 'hours'
  | 'minutes'
  | 'seconds';

const DAY_MS = 86_400_000;
const MOST_ZONES = 50;
const LONGEST_NAME = 60;
const zones = new Map<string, Intl.DateTimeFormat>();

/** A field of the calendar in a time zone: `UTC`, `Europe/Berlin`, `+02:00`. Throws ExpressionError for no zone. */
export function calendarField(field: CalendarField, time: Moment, zone: string): number {
  const date = zone === 'UTC' ? new Date(time.ms) : shifted(time.ms, zone);
  switch (field) {
    case 'year':
      return date.getUTCFullYear();
    case 'month':
      return date.getUTCMonth();
    case 'day':
      return date.getUTCDate() - 1;
    case 'date':
      return date.getUTCDate();
    case 'weekday':
      return date.getUTCDay();
    case 'yearday':
      return Math.floor((date.getTime() - Date.UTC(date.getUTCFullYear(), 0, 1)) / DAY_MS);
    case 'hours':
      return date.getUTCHours();
    case 'minutes':
      return date.getUTCMinutes();
    case 'seconds':
      return date.getUTCSeconds();
  }
}

/** The moment at which the clocks in UTC show what those in the zone show now. */
function shifted(ms: number, zone: string): Date {
  const parts = new Map(
    zoneFormat(zone)
      .formatToParts(ms)
      .map(({ type, value }) => [type, Number(value)]),
  );
  const part = (name: Intl.DateTimeFormatPartTypes): number => parts.get(name) ?? 0;
  return new Date(
    Date.UTC(part('year'), part('month') - 1, part('day'), part('hour'), part('minute'), part('second')),
  );
}

/** Making one is slow; few are in use. */
function zoneFormat(zone: string): Intl.DateTimeFormat {
  const known = zones.get(zone);
  if (known !== undefined) return known;
  const made = newFormat(zone);
  if (zones.size >= MOST_ZONES) zones.clear();
  zones.set(zone, made);
  return made;
}

function newFormat(zone: string): Intl.DateTimeFormat {
  try {
    return new Intl.DateTimeFormat('en-US-u-ca-gregory-nu-latn', {
      timeZone: zone,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
  } catch (thrown) {
    throw new ExpressionError(`there is no time zone "${zone.slice(0, LONGEST_NAME)}"`, { cause: thrown });
  }
}
