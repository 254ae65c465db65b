import type { Log, LogFields } from '../runtime/log.ts';

/** Most causes that are remembered as told; what is wrong beyond them is counted only. */
const MOST_CAUSES = 100;

/** Tells of nonsense from outside once per cause, so that a flood of it does not flood the log. */
export class Complaints {
  readonly #log: Log;
  readonly #causes = new Set<string>();

  constructor(log: Log) {
    this.#log = log;
  }

  warn(cause: string, message: string, fields: LogFields): void {
    if (this.#causes.has(cause) || this.#causes.size >= MOST_CAUSES) return;
    this.#causes.add(cause);
    this.#log.warn(message, fields);
  }
}
