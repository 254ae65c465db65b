import { failureOf } from '../../plugins/connect.ts';
import {
  authorizationHeader,
  credentialsOf,
  exchange,
  headersOf,
  hostOf,
  readUrl,
} from '../../plugins/http-exchange.ts';
import { Failure } from '../../plugins/outcome.ts';
import { type Limits, withinTime } from '../../plugins/time-limit.ts';
import { tlsOptions } from '../../plugins/trust.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { Counters } from '../../runtime/counters.ts';
import type { Log } from '../../runtime/log.ts';

export interface HeartbeatParts {
  clock: Clock;
  log: Log;
  counters: Counters;
  /** Ends a call that is under way. */
  signal: AbortSignal;
}

const LIMIT_SECONDS = 5;
const MOST_REDIRECTS = 3;
const ANSWER_LIMIT_BYTES = 4096;
const REDIRECTS: readonly number[] = [301, 302, 303, 307, 308];

/**
 * Calls an address to say that the server sees. Whoever watches that address tells people when the calls stop. The
 * address may be a secret, so only its host is ever logged.
 */
export class Heartbeat {
  readonly #parts: HeartbeatParts;
  #calling = false;
  #cause = '';

  constructor(parts: HeartbeatParts) {
    this.#parts = parts;
  }

  /** Calls with GET, unless a call is under way. Never rejects; a cause is logged once, until a call succeeds. */
  async beat(address: string): Promise<void> {
    if (this.#calling || this.#parts.signal.aborted) return;
    this.#calling = true;
    try {
      await withinTime(this.#parts, LIMIT_SECONDS, (limits) => call(address, limits));
      this.#succeeded();
    } catch (error) {
      if (!this.#parts.signal.aborted) this.#failed(failureOf(error, 'the heartbeat address').message);
    } finally {
      this.#calling = false;
    }
  }

  #succeeded(): void {
    this.#parts.counters.increment('heartbeats_sent');
    if (this.#cause !== '') this.#parts.log.info('the heartbeat address answers again');
    this.#cause = '';
  }

  #failed(cause: string): void {
    this.#parts.counters.increment('heartbeats_failed');
    if (cause === this.#cause) return;
    this.#cause = cause;
    this.#parts.log.error('the heartbeat address could not be called', { error: cause });
  }
}

async function call(address: string, limits: Limits): Promise<void> {
  let url = readUrl(address);
  for (let redirects = 0; redirects <= MOST_REDIRECTS; redirects++) {
    const { user, password } = credentialsOf(url);
    const { status, headers } = await exchange(
      {
        ...{ url, method: 'GET', limitBytes: ANSWER_LIMIT_BYTES },
        headers: headersOf(authorizationHeader(user, password)),
        tls: await tlsOptions({}, hostOf(url)),
      },
      limits,
    );
    if (status >= 200 && status <= 299) return;
    const { location } = headers;
    if (!REDIRECTS.includes(status) || location === undefined || !URL.canParse(location, url.href))
      throw new Failure('target', `${url.host} answered ${status}`);
    url = readUrl(new URL(location, url).href);
  }
  throw new Failure('target', `${url.host} is reached by more than ${MOST_REDIRECTS} redirects`);
}
