import { Moment } from '../values.ts';
import { type Method, methods } from './method.ts';

const DAY_MS = 86_400_000;
const DAYS = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'];

function ofTime(body: (time: Moment) => unknown): { Time: (time: Moment) => unknown } {
  return { Time: body };
}

/** The calendar's fields of a moment, in its own zone, as if they were in UTC. */
function fields(time: Moment): Date {
  const date = new Date(time.ms);
  return time.utc ? date : new Date(time.ms - date.getTimezoneOffset() * 60_000);
}

const day = ofTime((time) => fields(time).getUTCDate());
const month = ofTime((time) => fields(time).getUTCMonth() + 1);
const utc = ofTime((time) => new Moment(time.ms, true));

/** 1 to 366. */
function yearDay(time: Moment): number {
  const date = fields(time);
  const today = Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate());
  return (today - Date.UTC(date.getUTCFullYear(), 0, 1)) / DAY_MS + 1;
}

export const timeMethods: Record<string, Method> = {
  ...methods([0, 0], {
    hour: ofTime((time) => fields(time).getUTCHours()),
    min: ofTime((time) => fields(time).getUTCMinutes()),
    sec: ofTime((time) => fields(time).getUTCSeconds()),
    wday: ofTime((time) => fields(time).getUTCDay()),
    yday: ofTime(yearDay),
    day,
    mday: day,
    month,
    mon: month,
    year: ofTime((time) => fields(time).getUTCFullYear()),
    utc,
    getutc: utc,
    gmtime: utc,
    localtime: ofTime((time) => new Moment(time.ms, false)),
  }),
  ...methods(
    [0, 0],
    Object.fromEntries(
      DAYS.map((name, at) => [`${name}?`, ofTime((time) => fields(time).getUTCDay() === at)]),
    ),
  ),
};
