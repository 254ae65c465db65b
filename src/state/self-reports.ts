import type { ExecutedCheck } from '../model/check.ts';
import { type Clock, unixSeconds } from '../runtime/clock.ts';
import { errorText } from '../runtime/errors.ts';
import type { Log } from '../runtime/log.ts';
import type { Transport } from '../transport/port.ts';
import type { Views } from './views.ts';

/** The check, and the handler in process, of the result that a server sends through itself (`docs/blindness.md`). */
export const CANARY_CHECK = 'canary';
export const CANARY_HANDLER = 'tocsin_canary';

/** What a server found out about itself. */
export interface SelfReport {
  /** Name of the check, like `limits`. */
  check: string;
  status: 0 | 1 | 2;
  output: string;
}

/** The client under which a server reports about itself. */
export function selfClientName(serverName: string): string {
  return `tocsin-${serverName}`;
}

interface SelfReportParts {
  /** Under which client it is reported: as it is now, its results carry its signature. */
  client(): { name: string; signature?: string | undefined };
  transport: Transport;
  views: Pick<Views, 'state'>;
  clock: Clock;
  log: Log;
}

/**
 * Reports what a process found out about itself, as results of a client, so that it walks the road of every other event.
 * Only what differs from what stands there is sent; what never was wrong is not mentioned.
 */
export class SelfReports {
  readonly #parts: SelfReportParts;
  #last: Promise<void> = Promise.resolve();

  constructor(parts: SelfReportParts) {
    this.#parts = parts;
  }

  /** Never rejects; reports are sent one after another, in their order. */
  report(report: SelfReport): Promise<void> {
    this.#last = this.#last.then(() => this.#publish(report));
    return this.#last;
  }

  async #publish({ check: name, status, output }: SelfReport): Promise<void> {
    const { transport, views, clock, log } = this.#parts;
    const { name: client, signature } = this.#parts.client();
    const before = views.state(client, name)?.check;
    if (status === (before?.status ?? 0) && (status === 0 || output === before?.output)) return;
    const now = unixSeconds(clock);
    const check: ExecutedCheck = {
      name,
      type: 'standard',
      status,
      output,
      issued: now,
      executed: now,
      duration: 0,
    };
    try {
      const signed = signature === undefined ? {} : { signature };
      await transport.publishResult({ body: { client, check, ...signed } });
    } catch (error) {
      log.error('what this process found out about itself could not be reported', {
        check: name,
        error: errorText(error),
      });
    }
  }
}
