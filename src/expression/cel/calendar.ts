import { namedZone, wallAt, type Zone } from '../../model/zone.ts';
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
const zones = new Map<string, Zone>();

/** A field of the calendar in a time zone: `UTC`, `Europe/Berlin`, `+02:00`. Throws ExpressionError for no zone. */
export function calendarField(field: CalendarField, time: Moment, zone: string): number {
  // A clock in UTC shows then what those in the zone show now.
  const date = new Date(zone === 'UTC' ? time.ms : wallAt(zoneOf(zone), time.ms));
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

/** Making one is slow; few are in use. */
function zoneOf(name: string): Zone {
  const known = zones.get(name);
  if (known !== undefined) return known;
  const made = namedZone(name);
  if (made === undefined) throw new ExpressionError(`there is no time zone "${name.slice(0, LONGEST_NAME)}"`);
  if (zones.size >= MOST_ZONES) zones.clear();
  zones.set(name, made);
  return made;
}
