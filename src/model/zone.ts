const QUARTER_MS = 900_000;
/** Farthest from 1970 that a `Date` reaches, less the few days by which clocks and calendars look beyond a moment. */
const FARTHEST_MS = 8.64e15 - 3 * 86_400_000;
const DAY_MS = 86_400_000;

/**
 * How far a place's clocks are ahead of UTC. A wall time is written as the Unix milliseconds at which a clock in UTC
 * shows the same (`wallAt`), so that calendars need to know of one zone alone.
 */
export interface Zone {
  /** Milliseconds to add to UTC at that moment, Unix milliseconds. */
  offsetMs(atMs: number): number;
}

/** The zone of this process. */
export const localZone: Zone = {
  offsetMs: (atMs) => -new Date(atMs).getTimezoneOffset() * 60_000,
};

/** A zone whose clocks never change. */
export function fixedZone(offsetMs: number): Zone {
  return { offsetMs: () => offsetMs };
}

/** The zone of an IANA name like `Europe/Berlin`; undefined when there is none of that name. */
export function namedZone(name: string): Zone | undefined {
  try {
    return new NamedZone(name);
  } catch {
    return undefined;
  }
}

/** The wall time in a zone, see `Zone`. */
export function wallAt(zone: Zone, atMs: number): number {
  return atMs + zone.offsetMs(atMs);
}

/**
 * The moment at which clocks show a wall time, Unix milliseconds. One that they show twice is its `first` or its
 * `last`; one that they skip is the moment at which they skip it.
 */
export function momentOf(zone: Zone, wallMs: number, which: 'first' | 'last' = 'first'): number {
  // No zone is as much as a day away from UTC, so these lie on either side of the moment.
  const before = zone.offsetMs(wallMs - DAY_MS);
  const after = zone.offsetMs(wallMs + DAY_MS);
  const [one, other] = which === 'first' ? [before, after] : [after, before];
  if (zone.offsetMs(wallMs - one) === one) return wallMs - one;
  if (zone.offsetMs(wallMs - other) === other) return wallMs - other;
  return changeBetween(zone, wallMs - DAY_MS, wallMs + DAY_MS);
}

/** The first moment that has another offset than `fromMs`. */
function changeBetween(zone: Zone, fromMs: number, toMs: number): number {
  const offsetMs = zone.offsetMs(fromMs);
  let [early, late] = [fromMs, toMs];
  while (late - early > 1) {
    const middle = Math.floor((early + late) / 2);
    if (zone.offsetMs(middle) === offsetMs) early = middle;
    else late = middle;
  }
  return late;
}

/** Asks the time zone database at most once for each quarter of an hour in a row: zones change at full quarters. */
class NamedZone implements Zone {
  readonly #format: Intl.DateTimeFormat;
  #quarter = Number.NaN;
  #offsetMs = 0;

  constructor(name: string) {
    this.#format = new Intl.DateTimeFormat('en-US', {
      timeZone: name,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
  }

  offsetMs(atMs: number): number {
    const quarter = Math.floor(atMs / QUARTER_MS);
    if (quarter !== this.#quarter) {
      this.#offsetMs = this.#ask(Math.min(Math.max(quarter * QUARTER_MS, -FARTHEST_MS), FARTHEST_MS));
      this.#quarter = quarter;
    }
    return this.#offsetMs;
  }

  #ask(atMs: number): number {
    const parts = new Map<string, number>();
    for (const { type, value } of this.#format.formatToParts(atMs)) parts.set(type, Number(value));
    const part = (type: string): number => parts.get(type) ?? 0;
    // Date.UTC takes the years before 100 for those behind 1900.
    const wall = new Date(0);
    wall.setUTCFullYear(part('year'), part('month') - 1, part('day'));
    return wall.setUTCHours(part('hour'), part('minute'), part('second')) - atMs;
  }
}
