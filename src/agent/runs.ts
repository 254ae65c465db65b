import type { Counters } from '../runtime/counters.ts';
import { errorText } from '../runtime/errors.ts';
import type { Log } from '../runtime/log.ts';
import type { Executed } from './execute.ts';
import type { Results } from './results.ts';
import type { RunnableCheck } from './runnable.ts';

/** Most checks that run or wait for a free place. */
export const MOST_IN_PROGRESS = 10_000;

/** What counts as the same check on one client: a check for another client (`source`) is another one. */
export function progressKey(check: RunnableCheck): string {
  return check.source ? `${check.source}:${check.name}` : check.name;
}

/** Takes a check from its start to its result, and never runs the same one twice at once. */
export class Runs {
  readonly #execute: (check: RunnableCheck) => Promise<Executed>;
  readonly #results: Results;
  readonly #log: Log;
  readonly #counters: Counters;
  readonly #inProgress = new Set<string>();

  constructor(parts: {
    execute: (check: RunnableCheck) => Promise<Executed>;
    results: Results;
    log: Log;
    counters: Counters;
  }) {
    this.#execute = parts.execute;
    this.#results = parts.results;
    this.#log = parts.log;
    this.#counters = parts.counters;
  }

  /** Resolves when the check could be run again. Never rejects. */
  async run(check: RunnableCheck): Promise<void> {
    const key = progressKey(check);
    if (this.#inProgress.has(key)) {
      this.#counters.increment('requests_in_progress');
      this.#log.warn('a check is still running and was not started again', { check: check.name });
      return;
    }
    if (this.#inProgress.size >= MOST_IN_PROGRESS) {
      this.#counters.increment('requests_refused');
      this.#log.warn('too many checks are running or waiting, one was not started', { check: check.name });
      return;
    }
    this.#inProgress.add(key);
    try {
      this.#settle(check.name, await this.#execute(check));
    } catch (error) {
      this.#log.error('a check could not be run', { check: check.name, error: errorText(error) });
    } finally {
      this.#inProgress.delete(key);
    }
  }

  #settle(name: string, executed: Executed): void {
    if (executed.ended === 'done' || executed.ended === 'unmatched') {
      this.#results.send(executed.check);
    } else if (executed.ended === 'stopped') {
      this.#counters.increment('checks_stopped');
      this.#log.info('a check was ended because the agent stops', { check: name });
    } else {
      this.#counters.increment('requests_unknown');
      this.#log.warn('a check has no command, and no check in process has its name', { check: name });
    }
  }
}
