import { isUtf8 } from 'node:buffer';
import type { ExecutedCheck } from '../../model/check.ts';
import { tidyJson } from '../../model/json.ts';
import { postedCheck, postedCheckProblem } from '../../model/posted-check.ts';
import type { Problem } from '../../model/problems.ts';
import { type Clock, unixSeconds } from '../../runtime/clock.ts';
import type { Counters } from '../../runtime/counters.ts';
import type { Log } from '../../runtime/log.ts';
import { Complaints } from '../complaints.ts';

/** What became of what a program reported: taken, no valid result, or no room for it now. */
export type Taken = 'ok' | 'invalid' | 'refused';

export interface ReportsParts {
  clock: Clock;
  log: Log;
  counters: Counters;
  /** Takes a result for delivery; resolves with false when it cannot be kept. Never rejects. */
  offer(check: ExecutedCheck): Promise<boolean>;
}

/** Takes the results that programs report, whichever way they came. What is wrong is counted, and logged once per cause. */
export class Reports {
  readonly #parts: ReportsParts;
  readonly #complaints: Complaints;

  constructor(parts: ReportsParts) {
    this.#parts = parts;
    this.#complaints = new Complaints(parts.log);
  }

  /**
   * Takes one result, or several in an array, in order. With the first that is not valid it ends: those before it are
   * taken, those behind it are not. `ok` says that all of them are safe: acknowledged or on disk. Never rejects.
   *
   * @param value parsed JSON
   * @param via what it came through, for the log
   */
  async take(value: unknown, via: string): Promise<Taken> {
    if (!tidyJson(value)) return this.invalid(via, 'it is nested too deep');
    const now = unixSeconds(this.#parts.clock);
    const offers: Promise<boolean>[] = [];
    for (const posted of Array.isArray(value) ? value : [value]) {
      const check = postedCheck(posted, now);
      if (!check) return this.invalid(via, sentence(postedCheckProblem(posted, now)));
      offers.push(this.#offer(check));
    }
    return (await Promise.all(offers)).every((safe) => safe) ? 'ok' : this.#full(via);
  }

  /** Notes that bytes came; what they say is not told, since it may be secret. */
  received(via: string, bytes: number): void {
    this.#parts.log.debug('a program sent something to the socket of the agent', { via, bytes });
  }

  /** Notes something that is no valid result. */
  invalid(via: string, reason: string): 'invalid' {
    this.#parts.counters.increment('socket_invalid');
    this.#complaints.warn(
      `${via}: ${reason}`,
      'what a program reported is no valid result and was dropped; more of this cause are only counted',
      { via, reason },
    );
    return 'invalid';
  }

  /** Notes something that is not let in. */
  refused(via: string, reason: string): void {
    this.#parts.counters.increment('socket_refused');
    this.#complaints.warn(
      `${via}: ${reason}`,
      'the socket of the agent refused a program; more of this cause are only counted',
      { via, reason },
    );
  }

  /** The text of what arrived; bytes that are not UTF-8 become U+FFFD, which is worth a line in the log. */
  decode(bytes: Buffer, via: string): string {
    if (!isUtf8(bytes)) {
      this.#complaints.warn(
        `${via}: utf8`,
        'a program reported text that is not UTF-8; what cannot be read was replaced',
        { via },
      );
    }
    return bytes.toString('utf8');
  }

  async #offer(check: ExecutedCheck): Promise<boolean> {
    const safe = await this.#parts.offer(check);
    if (safe) this.#parts.counters.increment('socket_results');
    return safe;
  }

  #full(via: string): 'refused' {
    this.refused(
      via,
      'there is no room for its result now: too many wait to be sent, or the disk takes none',
    );
    return 'refused';
  }
}

function sentence({ path, expected, found }: Problem): string {
  return `${path === '' ? '' : `${path}: `}expected ${expected}, found ${found}`;
}
