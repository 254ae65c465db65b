import type { CheckResult } from '../../model/check.ts';
import { type Clock, turn, unixSeconds } from '../../runtime/clock.ts';
import { errorText } from '../../runtime/errors.ts';
import type { Log } from '../../runtime/log.ts';
import { type CheckState, splitStateName } from '../../state/documents.ts';
import type { Views } from '../../state/views.ts';
import type { AttendanceKeeper } from './attendance.ts';
import { ROUND_SECONDS, Rounds } from './rounds.ts';

export interface TtlWatchParts {
  views: Pick<Views, 'namesWithTtl' | 'state' | 'client'>;
  attendance: Pick<AttendanceKeeper, 'attendedMs' | 'attendedHereMs'>;
  /** Takes the results that we make, as those of agents are taken. */
  take: (results: readonly CheckResult[]) => Promise<void>;
  /** True for a client that is being removed. */
  leaving: (client: string) => boolean;
  clock: Clock;
  log: Log;
}

/** What is known when the age of a result is judged. */
export interface AgeFacts {
  /** The signature of the client; empty: none. */
  signature: string;
  /** Unix seconds. */
  now: number;
  /** Milliseconds attended so far, and those before this process. */
  attendedMs: number;
  attendedBeforeMs: number;
}

/** Checks that are looked at before other work gets a turn; what is stale among them is taken in one batch. */
const MOST_IN_TURN = 250;

/**
 * Turns the last result of a check that has not been executed for as long as its `ttl` into a result that says so,
 * every 30 s, a share of those checks each second. While its client sends no keepalives, that is what is told.
 */
export class TtlWatch {
  readonly #parts: TtlWatchParts;
  readonly #rounds: Rounds;
  /** The share under way. While the store does not answer no more results are made. */
  #taking: Promise<void> | undefined;
  #stopped = false;

  constructor(parts: TtlWatchParts) {
    this.#parts = parts;
    this.#rounds = new Rounds({
      clock: parts.clock,
      names: () => parts.views.namesWithTtl(),
      look: (share) => this.#look(share),
    });
  }

  start(): void {
    this.#rounds.start();
  }

  /** Resolves when nothing is under way any more. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#rounds.stop();
    await this.#taking;
  }

  #look(share: readonly string[]): void {
    if (this.#taking !== undefined) return;
    this.#taking = this.#takeStale(share).finally(() => {
      this.#taking = undefined;
    });
  }

  async #takeStale(share: readonly string[]): Promise<void> {
    const { take, log } = this.#parts;
    try {
      for (let start = 0; start < share.length && !this.#stopped; start += MOST_IN_TURN) {
        if (start > 0) await turn();
        const results = share.slice(start, start + MOST_IN_TURN).flatMap((name) => this.#judge(name) ?? []);
        if (results.length > 0) await take(results);
      }
    } catch (error) {
      log.warn('could not take results that are too old', { error: errorText(error) });
    }
  }

  #judge(name: string): CheckResult | undefined {
    const { views, attendance, leaving, clock } = this.#parts;
    const { client, check } = splitStateName(name);
    const state = views.state(client, check);
    if (!state || leaving(client) || views.state(client, 'keepalive')?.event) return undefined;
    const attendedMs = attendance.attendedMs();
    return staleResult(client, state, {
      signature: views.client(client)?.signature ?? '',
      now: unixSeconds(clock),
      attendedMs,
      attendedBeforeMs: attendedMs - attendance.attendedHereMs(),
    });
  }
}

/**
 * What the last result of a check becomes when its last execution is older than its `ttl`; undefined when it is not. A
 * result that nobody could report because no server listened is not too old. (Sensu Core 1.9 documentation,
 * "Check TTLs".)
 */
export function staleResult(client: string, state: CheckState, facts: AgeFacts): CheckResult | undefined {
  const { check } = state;
  const { ttl, executed } = check;
  if (ttl === undefined || executed === undefined || check.force_resolve === true) return undefined;
  const ageSeconds = facts.now - executed;
  const unheardMs = facts.attendedMs - (state.takenAttendedMs ?? facts.attendedBeforeMs);
  if (ageSeconds < ttl || unheardMs < ttl * 1000) return undefined;
  const { origin, ttl_status: status } = check;
  return {
    // Of a proxy client's check, the agent that ran it: what is told names it as its origin again.
    client: check.source && typeof origin === 'string' ? origin : client,
    check: {
      ...check,
      output: `Last check execution was ${ageSeconds} seconds ago`,
      status: Number.isInteger(status) ? (status as number) : 1,
      interval: ROUND_SECONDS,
    },
    signature: facts.signature,
  };
}
