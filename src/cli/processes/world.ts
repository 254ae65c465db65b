import { Counters } from '../../runtime/counters.ts';
import type { Log } from '../../runtime/log.ts';
import { Metrics } from '../../runtime/metrics.ts';
import { systemClock } from '../../runtime/system/clock.ts';
import { systemRandom } from '../../runtime/system/random.ts';
import { version } from '../version.ts';

/** What every part of one process is handed. */
export type World = ReturnType<typeof worldOf>;

/** The real ones, which are here for each process that runs Tocsin. */
export function worldOf(log: Log) {
  const counters = new Counters();
  const metrics = new Metrics(counters);
  return { clock: systemClock, random: systemRandom, log, counters, metrics, version };
}
