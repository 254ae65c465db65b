import type { Check } from '../../model/check.ts';
import { splayOffsetMs } from '../../model/splay.ts';
import type { TimetableEntry } from '../../runtime/timetable.ts';

/** True when the server asks for the check by itself. */
export function isPublished(check: Check): boolean {
  return (
    check.standalone !== true &&
    check.publish !== false &&
    (check.cron !== undefined || check.interval !== undefined)
  );
}

/** When a check is due: by its `cron`, otherwise on the grid of its `interval`; none for one that nobody asks for. */
export function entriesOf(check: Check): TimetableEntry[] {
  const { name, cron, interval } = check;
  if (!isPublished(check)) return [];
  if (cron !== undefined) return [{ key: name, cron }];
  if (interval === undefined) return [];
  const intervalMs = interval * 1000;
  return [{ key: name, offsetMs: splayOffsetMs(name, intervalMs), intervalMs }];
}
