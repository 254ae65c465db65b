import type { Check } from '../model/check.ts';
import { splayOffsetMs } from '../model/splay.ts';
import type { TimetableEntry } from '../runtime/timetable.ts';

/** The grid of each check that this client runs by its own schedule, without being asked; keyed by its name. */
export function standaloneEntries(client: string, checks: Iterable<Check>): TimetableEntry[] {
  return [...checks].flatMap(({ name, standalone, publish, interval }) => {
    if (standalone !== true || publish === false || interval === undefined) return [];
    const intervalMs = interval * 1000;
    return [{ key: name, offsetMs: splayOffsetMs(`${client}:${name}`, intervalMs), intervalMs }];
  });
}
