import type { Counters } from '../../runtime/counters.ts';
import { errorText } from '../../runtime/errors.ts';
import type { Log, LogFields } from '../../runtime/log.ts';
import { Causes } from './causes.ts';

/** What a defect can hit. */
export type Hit = 'result' | 'keepalive' | 'registration';

/**
 * Books what is set aside because a defect of ours kept it from being judged or written: it is acknowledged all the
 * same, or it would come back with its whole batch for ever. Counted, and told once per cause.
 */
export class Defects {
  readonly #log: Log;
  readonly #counters: Counters;
  readonly #causes = new Causes();

  constructor(parts: { log: Log; counters: Counters }) {
    this.#log = parts.log;
    this.#counters = parts.counters;
  }

  setAside(hit: Hit, error: unknown, about: LogFields): void {
    this.#counters.increment('set_aside');
    const at = placeOf(error);
    const cause = errorText(error);
    if (!this.#causes.isNew(`${hit} ${cause} ${at}`)) return;
    const message = `a ${hit} was set aside: a defect of Tocsin kept it from being taken; please report it`;
    this.#log.error(message, { ...about, error: cause, at });
  }
}

/** The line of our code that threw. */
function placeOf(error: unknown): string {
  const stack = error instanceof Error && typeof error.stack === 'string' ? error.stack : '';
  return (/^ *at .*$/m.exec(stack)?.[0] ?? '').trim();
}
