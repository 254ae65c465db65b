import { isName } from '../model/names.ts';
import type { CallIn } from '../plugin.ts';
import type { Clock } from '../runtime/clock.ts';
import { TocsinError } from '../runtime/errors.ts';

/** What a thing says of itself when it calls in. */
export interface CallInReport {
  /** 0 unless told. */
  status?: number | undefined;
  output?: string | undefined;
}

/** Most names whose last call is remembered; beyond it the one that was silent longest is forgotten. */
export const MOST_CALLERS = 10_000;
/** Most characters of what a caller says. */
export const LONGEST_CALL = 65_536;

interface Call {
  atMs: number;
  elapsedMs: number;
  status: number;
  output: string;
}

/** Who called in last, and when; what checks that wait for a call read. */
export class CallIns {
  readonly #clock: Clock;
  readonly #sinceElapsedMs: number;
  /** The one that was silent longest first. */
  readonly #calls = new Map<string, Call>();

  /** Begins to listen. */
  constructor(clock: Clock) {
    this.#clock = clock;
    this.#sinceElapsedMs = clock.elapsed();
  }

  /** @throws TocsinError of kind `input` (`MESSAGE_INVALID`) for a name or status that cannot be */
  note(name: string, { status = 0, output = '' }: CallInReport): void {
    if (!isName(name)) {
      throw new TocsinError(
        'MESSAGE_INVALID',
        'a call under that name: expected letters, digits, "_", "." and "-"',
      );
    }
    if (!Number.isInteger(status) || status < 0 || status > 255) {
      throw new TocsinError('MESSAGE_INVALID', `the call of ${name}: expected a status from 0 to 255`);
    }
    this.#calls.delete(name);
    this.#calls.set(name, {
      atMs: this.#clock.now(),
      elapsedMs: this.#clock.elapsed(),
      status,
      output: output.slice(0, LONGEST_CALL),
    });
    if (this.#calls.size > MOST_CALLERS) this.#forgetOldest();
  }

  /** The last call under a name, and how long we have been listening. */
  read(name: string): { last: CallIn | undefined; sinceMs: number } {
    const nowMs = this.#clock.elapsed();
    const call = this.#calls.get(name);
    const last = call && {
      atMs: call.atMs,
      ageMs: nowMs - call.elapsedMs,
      status: call.status,
      output: call.output,
    };
    return { last, sinceMs: nowMs - this.#sinceElapsedMs };
  }

  #forgetOldest(): void {
    for (const name of this.#calls.keys()) {
      this.#calls.delete(name);
      return;
    }
  }
}
