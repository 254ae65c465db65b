import type { Check } from '../model/check.ts';
import { splayOffsetMs } from '../model/splay.ts';
import { planWindows, type WindowsPlan } from '../model/windows.ts';
import type { TimetableEntry } from '../runtime/timetable.ts';

/**
 * When each check is due that this client runs by its own schedule, without being asked, keyed by its name: by its
 * `cron`, otherwise on the grid of its `interval`.
 */
export function standaloneEntries(client: string, checks: Iterable<Check>): TimetableEntry[] {
  return [...checks].flatMap(({ name, standalone, publish, cron, interval }): TimetableEntry[] => {
    if (standalone !== true || publish === false) return [];
    if (cron !== undefined) return [{ key: name, cron }];
    if (interval === undefined) return [];
    const intervalMs = interval * 1000;
    return [{ key: name, offsetMs: splayOffsetMs(`${client}:${name}`, intervalMs), intervalMs }];
  });
}

/** Tells in which times the checks of this client are not to be run by its own schedule (`subdue`). */
export class SubdueBook {
  readonly #plans = new Map<string, WindowsPlan>();

  /** @param options.timeZone an IANA name; without it, the zone of this process */
  constructor(checks: Iterable<Check>, options: { timeZone?: string | undefined } = {}) {
    for (const { name, subdue } of checks) {
      if (subdue) this.#plans.set(name, planWindows(subdue, options));
    }
  }

  /** @param nowMs Unix milliseconds */
  isSubdued(check: string, nowMs: number): boolean {
    return this.#plans.get(check)?.inside(nowMs) ?? false;
  }
}
