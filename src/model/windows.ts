import { type Static, Type } from 'typebox';
import type { Step } from './attributes.ts';
import { filledText } from './schema.ts';
import { readWindowTime, type WindowTime } from './window-time.ts';
import { localZone, momentOf, namedZone, wallAt, type Zone } from './zone.ts';

/** The names under which time windows may be listed: every day, or one. */
export const WINDOW_DAYS = [
  'all',
  'sunday',
  'monday',
  'tuesday',
  'wednesday',
  'thursday',
  'friday',
  'saturday',
] as const;

const windows = () =>
  Type.Array(
    Type.Object(
      { begin: filledText('a time, like "5:00 PM"'), end: filledText('a time, like "8:00 AM"') },
      { additionalProperties: true, expected: 'an object with "begin" and "end"' },
    ),
    { minItems: 1, expected: 'an array of time windows that is not empty' },
  );

/**
 * Times of the day, for every day or for days of the week, in which a check is not scheduled (`subdue`) or a filter
 * applies (`when`). (Sensu Core 1.9 documentation, "Time windows".)
 */
export const TimeWindowsSchema = Type.Object(
  {
    days: Type.Partial(Type.Record(Type.Enum([...WINDOW_DAYS]), windows()), {
      additionalProperties: false,
      minProperties: 1,
      expected: 'an object with days: "all", "sunday" … "saturday"',
    }),
  },
  { additionalProperties: true, expected: 'an object with "days"' },
);
export type TimeWindows = Static<typeof TimeWindowsSchema>;

/** Time windows that were read: whether a moment is inside one, and the texts that could not be read. */
export interface WindowsPlan {
  /** @param nowMs Unix milliseconds */
  inside(nowMs: number): boolean;
  /** Where they stand in the windows, and what should be there. A window with one is never entered. */
  problems: { steps: Step[]; expected: string }[];
}

/**
 * Reads time windows. Begin and end are taken on the day it is in their zone, and both belong to the window. One that
 * ends before it begins is the beginning of the day up to the end, and the begin up to the end of the day. A list for
 * a day of the week counts on that day alone, by the clocks of this process. Where clocks show a time twice, a
 * window begins at its first showing and ends at its last; where they skip it, at the moment they do.
 *
 * @param options.timeZone an IANA name for the zone of this process, which tests set
 */
export function planWindows(
  { days }: TimeWindows,
  options: { timeZone?: string | undefined } = {},
): WindowsPlan {
  const zone = (options.timeZone === undefined ? undefined : namedZone(options.timeZone)) ?? localZone;
  const problems: WindowsPlan['problems'] = [];
  const read: Window[] = [];
  for (const [index, day] of WINDOW_DAYS.entries()) {
    for (const [at, { begin, end }] of (days[day] ?? []).entries()) {
      const time = (text: string, member: 'begin' | 'end'): WindowTime | undefined => {
        const known = readWindowTime(text);
        if (!known) problems.push({ steps: ['days', day, at, member], expected: EXPECTED });
        return known;
      };
      const [from, to] = [time(begin, 'begin'), time(end, 'end')];
      if (from && to) read.push({ weekday: index - 1, begin: from, end: to });
    }
  }
  const today = new Today(read, zone);
  return { inside: (nowMs) => today.inside(nowMs), problems };
}

const EXPECTED = 'a time, like "5:00 PM", "17:00 +0200" or "17:00 Europe/Berlin", with a date or without';
const DAY_MS = 86_400_000;

interface Window {
  /** 0: Sunday … 6: Saturday; -1: every day. */
  weekday: number;
  begin: WindowTime;
  end: WindowTime;
}

/** From its first moment to before `untilMs`, Unix milliseconds. */
interface Span {
  fromMs: number;
  untilMs: number;
}

/** The windows as the spans of one day, worked out anew when the day is over in any of their zones. */
class Today {
  readonly #windows: readonly Window[];
  readonly #zone: Zone;
  #day: Span = { fromMs: 0, untilMs: 0 };
  #spans: Span[] = [];

  constructor(windows: readonly Window[], zone: Zone) {
    this.#windows = windows;
    this.#zone = zone;
  }

  inside(nowMs: number): boolean {
    if (this.#windows.length === 0) return false;
    if (nowMs < this.#day.fromMs || nowMs >= this.#day.untilMs) this.#turn(nowMs);
    return this.#spans.some((span) => nowMs >= span.fromMs && nowMs < span.untilMs);
  }

  #turn(nowMs: number): void {
    const own = this.#zone;
    const zones = new Set(this.#windows.flatMap(({ begin, end }) => [begin.zone ?? own, end.zone ?? own]));
    this.#day = [...zones].map((zone) => dayOf(zone, nowMs)).reduce(overlap, dayOf(own, nowMs));
    const weekday = new Date(wallAt(own, nowMs)).getUTCDay();
    this.#spans = this.#windows
      .filter((window) => window.weekday === -1 || window.weekday === weekday)
      .flatMap((window) => spansOf(window, own, nowMs));
  }
}

function overlap(one: Span, other: Span): Span {
  return { fromMs: Math.max(one.fromMs, other.fromMs), untilMs: Math.min(one.untilMs, other.untilMs) };
}

/** The day that it is in a zone. */
function dayOf(zone: Zone, nowMs: number): Span {
  return dayFrom(zone, midnightBefore(wallAt(zone, nowMs)));
}

function dayFrom(zone: Zone, midnightMs: number): Span {
  return { fromMs: momentOf(zone, midnightMs), untilMs: momentOf(zone, midnightMs + DAY_MS) };
}

function midnightBefore(wallMs: number): number {
  return Math.floor(wallMs / DAY_MS) * DAY_MS;
}

function spansOf({ begin, end }: Window, own: Zone, nowMs: number): Span[] {
  const from = momentsOf(begin, own, nowMs, 'first');
  const to = momentsOf(end, own, nowMs, 'last');
  if (to.atMs >= from.atMs) return [{ fromMs: from.atMs, untilMs: to.atMs + 1 }];
  return [
    { fromMs: from.day.fromMs, untilMs: to.atMs },
    { fromMs: from.atMs, untilMs: to.day.untilMs },
  ];
}

/** The moment of a window's end, and the day that it is on. */
function momentsOf(
  { timeMs, date, zone: given }: WindowTime,
  own: Zone,
  nowMs: number,
  which: 'first' | 'last',
): { atMs: number; day: Span } {
  const zone = given ?? own;
  const wallMs = wallAt(zone, nowMs);
  const midnightMs = date
    ? Date.UTC(date.year ?? new Date(wallMs).getUTCFullYear(), date.month - 1, date.day)
    : midnightBefore(wallMs);
  return { atMs: momentOf(zone, midnightMs + timeMs, which), day: dayFrom(zone, midnightMs) };
}
