import { Cron as Calendar } from 'croner';
import { readCron } from './cron-text.ts';
import { localZone, momentOf, namedZone, wallAt, type Zone } from './zone.ts';

/** When something is to run, by the calendar and the clocks of a place. */
export interface Cron {
  /**
   * The first moment later than `afterMs`, both Unix milliseconds; its clock shows second 0. Undefined: never. A time
   * that clocks skip is the moment at which they skip it, together with all others that they skip then; a time that
   * they show twice is its first showing alone.
   */
  next(afterMs: number): number | undefined;
}

/** Past it no calendar is asked. */
const LATEST_MS = Date.UTC(2900, 0, 1);

/**
 * Reads a cron expression: minute, hour, day of the month, month, day of the week; a sixth field counts for nothing.
 * (Sensu Core 1.9 documentation, "Check scheduling"; the fields of crontab(5).)
 *
 * @param options.timeZone an IANA name; without it, the zone of this process
 * @returns the cron, or what is wrong as the rest of a sentence
 * @example parseCron('30 2 * * mon-fri')
 */
export function parseCron(
  text: string,
  options: { timeZone?: string | undefined } = {},
): { cron: Cron; problem?: undefined } | { problem: string; cron?: undefined } {
  const read = readCron(text);
  if (read.problem !== undefined) return { problem: read.problem };
  const zone = options.timeZone === undefined ? localZone : namedZone(options.timeZone);
  if (!zone) return { problem: `there is no time zone "${options.timeZone}"` };
  return { cron: read.pattern === null ? NEVER : new ZonedCron(read.pattern, zone) };
}

const NEVER: Cron = { next: () => undefined };

/** The calendar is searched in wall time; which moments those are is for the zone to say. */
class ZonedCron implements Cron {
  readonly #calendar: Calendar;
  readonly #zone: Zone;
  /** The last answer, and from when on it is the answer. */
  #fromMs = Number.POSITIVE_INFINITY;
  #nextMs = Number.NEGATIVE_INFINITY;

  constructor(pattern: string, zone: Zone) {
    this.#calendar = new Calendar(pattern, { mode: '5-part', utcOffset: 0, paused: true });
    this.#zone = zone;
  }

  next(afterMs: number): number | undefined {
    if (afterMs >= this.#fromMs && afterMs < this.#nextMs) return this.#nextMs;
    const nextMs = this.#search(afterMs);
    if (nextMs === undefined) return undefined;
    this.#fromMs = afterMs;
    this.#nextMs = nextMs;
    return nextMs;
  }

  /** Moments follow in the order of their wall times; those of an hour that is shown again lie behind us. */
  #search(afterMs: number): number | undefined {
    if (!(Math.abs(afterMs) < LATEST_MS)) return undefined;
    let wallMs: number | undefined = wallAt(this.#zone, afterMs);
    for (;;) {
      wallMs = this.#calendar.nextRun(new Date(wallMs))?.getTime();
      if (wallMs === undefined) return undefined;
      const atMs = momentOf(this.#zone, wallMs);
      if (atMs > afterMs) return atMs;
    }
  }
}
