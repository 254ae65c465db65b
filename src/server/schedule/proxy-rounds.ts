import { type Cron, parseCron } from '../../model/cron.ts';
import type { Clock } from '../../runtime/clock.ts';
import { errorText } from '../../runtime/errors.ts';
import { type ProxyCheck, publishProxyRequests } from '../../state/proxy-requests.ts';
import type { RequestingParts } from '../../state/requesting.ts';

/** Percent of the time until a check is due again over which its requests are spread, unless it says otherwise. */
const COVERAGE = 90;

/** What is kept of a proxy check from one round to the next, until the check changes. */
interface ProxyState {
  /** Causes that were logged. */
  told: Set<string>;
  cron: Cron | undefined;
  /** Ends the round under way. */
  round: AbortController | undefined;
}

/** The rounds of requests of proxy checks: at most one of each check at a time, each with one timer at most. */
export class ProxyRounds {
  readonly #parts: RequestingParts & { timeZone?: string | undefined };
  readonly #states = new Map<string, ProxyState>();

  constructor(parts: RequestingParts & { timeZone?: string | undefined }) {
    this.#parts = parts;
  }

  /** Asks for the check once for each client it is for, at once or spread (`splay`). */
  begin(check: ProxyCheck): void {
    const { counters, log } = this.#parts;
    const state = this.#state(check);
    if (state.round) {
      counters.increment('proxy_rounds_skipped');
      const why = 'a proxy check was not asked for, because its requests of the time before are not all out';
      log.warn(why, { check: check.name });
      return;
    }
    const round = new AbortController();
    state.round = round;
    publishProxyRequests(this.#parts, check, {
      gapMs: (clients) => gapMs(check, state.cron, clients, this.#parts.clock),
      signal: round.signal,
      told: state.told,
    })
      .catch((error: unknown) =>
        log.error('the requests of a proxy check ended early', {
          check: check.name,
          error: errorText(error),
        }),
      )
      .finally(() => {
        state.round = undefined;
      });
  }

  /** Ends the round of a check and forgets it, or all of them; what has not gone out does not. */
  end(name?: string): void {
    for (const one of name === undefined ? [...this.#states.keys()] : [name]) {
      this.#states.get(one)?.round?.abort();
      this.#states.delete(one);
    }
  }

  #state(check: ProxyCheck): ProxyState {
    const known = this.#states.get(check.name);
    if (known) return known;
    const { timeZone } = this.#parts;
    const cron = check.cron === undefined ? undefined : parseCron(check.cron, { timeZone }).cron;
    const state: ProxyState = { told: new Set(), cron, round: undefined };
    this.#states.set(check.name, state);
    return state;
  }
}

/** Milliseconds between the requests of a round; 0: all at once. */
function gapMs(check: ProxyCheck, cron: Cron | undefined, clients: number, clock: Clock): number {
  const { splay, splay_coverage: coverage = COVERAGE } = check.proxy_requests;
  if (splay !== true || clients === 0) return 0;
  const nowMs = clock.now();
  const spanMs = cron ? (cron.next(nowMs) ?? nowMs) - nowMs : (check.interval ?? 0) * 1000;
  return (spanMs * coverage) / 100 / clients;
}
