import { sameValue } from '../../model/attributes.ts';
import type { Check } from '../../model/check.ts';
import { planWindows, type WindowsPlan } from '../../model/windows.ts';
import { Timetable } from '../../runtime/timetable.ts';
import { isProxyCheck } from '../../state/proxy-requests.ts';
import { type RequestingParts, requestCheck } from '../../state/requesting.ts';
import { ProxyRounds } from './proxy-rounds.ts';
import { entriesOf } from './timing.ts';

export interface ScheduleParts extends RequestingParts {
  checks: ReadonlyMap<string, Check>;
  /** An IANA name for crons and `subdue`; without it, the zone of this process. */
  timeZone?: string | undefined;
  /** Told of each check that was due: how late its requests were published, in milliseconds. */
  lateness?: (lateMs: number) => void;
}

/** A check with what was made ready of it. */
interface Scheduled {
  check: Check;
  subdue: WindowsPlan | undefined;
}

/** Publishes the requests of all scheduled checks. */
export class Schedule {
  readonly #parts: ScheduleParts;
  readonly #timetable: Timetable;
  readonly #rounds: ProxyRounds;
  #scheduled: ReadonlyMap<string, Scheduled> = new Map();

  constructor(parts: ScheduleParts) {
    const { clock, timeZone } = parts;
    this.#parts = parts;
    this.#rounds = new ProxyRounds(parts);
    this.#timetable = new Timetable({ clock, timeZone, run: (name, dueMs) => this.#due(name, dueMs) });
    this.reload(parts.checks);
  }

  start(): void {
    this.#timetable.start();
  }

  /** Asks no more; proxy requests that have not gone out do not. */
  stop(): void {
    this.#timetable.stop();
    this.#rounds.end();
  }

  /**
   * Takes other checks. One that keeps its `interval` or `cron` keeps the moment it is due at; requests of a proxy check
   * that is not as it was are not sent any more. Throws with kind `config` for a cron that cannot be read, and
   * changes nothing then.
   */
  reload(checks: ReadonlyMap<string, Check>): void {
    this.#timetable.set([...checks.values()].flatMap(entriesOf));
    const scheduled = new Map<string, Scheduled>();
    for (const check of checks.values()) {
      const known = this.#scheduled.get(check.name);
      const same = known !== undefined && sameValue(known.check, check);
      if (!same) this.#rounds.end(check.name);
      scheduled.set(check.name, same ? known : this.#plan(check));
    }
    for (const name of this.#scheduled.keys()) {
      if (!scheduled.has(name)) this.#rounds.end(name);
    }
    this.#scheduled = scheduled;
  }

  #plan(check: Check): Scheduled {
    const { timeZone } = this.#parts;
    return { check, subdue: check.subdue && planWindows(check.subdue, { timeZone }) };
  }

  #due(name: string, dueMs: number): void {
    const { clock, log, counters, lateness } = this.#parts;
    const scheduled = this.#scheduled.get(name);
    if (!scheduled) return;
    lateness?.(clock.now() - dueMs);
    const { check, subdue } = scheduled;
    if (subdue?.inside(clock.now())) {
      counters.increment('requests_subdued');
      log.info('check request was subdued', { check: name });
    } else if (isProxyCheck(check)) this.#rounds.begin(check);
    else void requestCheck(this.#parts, check);
  }
}
