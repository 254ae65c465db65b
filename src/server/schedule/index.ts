/**
 * When is a check due, and for whom. In: the configured checks. Out: requests, handed to the transport once for each
 * subscription. Runs in the server. Remembers when each check is due next, nothing more: the grid of a check follows
 * from its name, so it is the same after a restart. Never runs a check twice for one moment on its grid.
 */
import type { Check } from '../../model/check.ts';
import { splayOffsetMs } from '../../model/splay.ts';
import { type Clock, unixSeconds } from '../../runtime/clock.ts';
import type { Counters } from '../../runtime/counters.ts';
import { errorText } from '../../runtime/errors.ts';
import type { Log } from '../../runtime/log.ts';
import { Timetable } from '../../runtime/timetable.ts';
import type { Transport } from '../../transport/port.ts';
import { isPublished, requestFor } from './request.ts';

export { isPublished, requestFor } from './request.ts';

export interface ScheduleParts {
  checks: ReadonlyMap<string, Check>;
  transport: Pick<Transport, 'publishRequest'>;
  clock: Clock;
  log: Log;
  counters: Counters;
  /** Told of each check that was due: how late its requests were published, in milliseconds. */
  lateness?: (lateMs: number) => void;
}

/** Publishes the requests of all scheduled checks. */
export class Schedule {
  readonly #parts: ScheduleParts;
  readonly #timetable: Timetable;

  constructor(parts: ScheduleParts) {
    this.#parts = parts;
    this.#timetable = new Timetable({ clock: parts.clock, run: (name, dueMs) => this.#publish(name, dueMs) });
    this.#timetable.set([...parts.checks.values()].filter(isPublished).map(entryOf));
  }

  start(): void {
    this.#timetable.start();
  }

  stop(): void {
    this.#timetable.stop();
  }

  #publish(name: string, dueMs: number): void {
    const { checks, clock, log, lateness } = this.#parts;
    const check = checks.get(name);
    if (!check) return;
    lateness?.(clock.now() - dueMs);
    const request = requestFor(check, unixSeconds(clock));
    const subscribers = check.subscribers ?? [];
    log.debug('publishing check request', { check: name, subscribers });
    for (const subscription of subscribers) this.#hand(subscription, request);
  }

  #hand(subscription: string, request: ReturnType<typeof requestFor>): void {
    const { transport, log, counters } = this.#parts;
    transport.publishRequest(subscription, request).then(
      (heard) => {
        counters.increment('requests_published');
        if (heard === 0) counters.increment('requests_unheard');
      },
      (error: unknown) =>
        log.error('could not publish check request', {
          check: request.name,
          subscription,
          error: errorText(error),
        }),
    );
  }
}

function entryOf(check: Check & { interval: number }): { key: string; offsetMs: number; intervalMs: number } {
  const intervalMs = check.interval * 1000;
  return { key: check.name, offsetMs: splayOffsetMs(check.name, intervalMs), intervalMs };
}
