import type { ClientLimits as Limits } from '../../config/settings.ts';
import type { CheckResult } from '../../model/check.ts';
import type { Clock, Timer } from '../../runtime/clock.ts';
import type { CounterName, Counters } from '../../runtime/counters.ts';
import type { Log } from '../../runtime/log.ts';
import type { SelfReport } from '../../state/self-reports.ts';
import type { Views } from '../../state/views.ts';
import { subjectOf } from './prepare.ts';

/** The check of the server's own client under which refusals are reported. */
export const LIMITS_CHECK = 'client_limits';
/** Seconds' worth that a client may send at once, after it was quiet for as long. */
const BURST_SECONDS = 10;
const SWEEP_MS = 60_000;
/** The event ends when nothing was refused for so long. */
const QUIET_MS = 300_000;
/** Clients whose refusals are told apart; names come from outside. */
const MOST_OFFENDERS = 1_000;
const MOST_TOLD = 20;
/** Characters of a document beside its output, roughly. */
const USUAL_LENGTH = 400;

/** Why a result was refused. */
type Reason = 'rate' | 'bytes' | 'checks' | 'invalid';

const COUNTER: Readonly<Record<Exclude<Reason, 'invalid'>, CounterName>> = {
  rate: 'results_over_rate',
  bytes: 'results_over_bytes',
  checks: 'results_over_checks',
};

/** What a client may still send; it fills evenly. */
interface Allowance {
  results: number;
  bytes: number;
  atMs: number;
}

/** What was refused of one client. */
interface Offender {
  refused: Record<Reason, number>;
  lastMs: number;
}

export interface ClientLimitsParts {
  limits: () => Limits;
  views: Pick<Views, 'state' | 'stateCount'>;
  /** Tells the event about it. */
  report: (report: SelfReport) => void;
  clock: Clock;
  log: Log;
  counters: Counters;
}

/**
 * Holds each client to what one client may send, over all the ways in which it can be sent: results and bytes on
 * average, and different checks. What is beyond is refused: it counts as taken, so that it does not come again, is
 * counted by reason, and one event names the clients, as well as those whose documents are not valid. Drivers that can slow a client down do so first.
 */
export class ClientLimits {
  readonly #parts: ClientLimitsParts;
  readonly #allowances = new Map<string, Allowance>();
  readonly #offenders = new Map<string, Offender>();
  #timer: Timer | undefined;
  #told = false;

  constructor(parts: ClientLimitsParts) {
    this.#parts = parts;
  }

  start(): void {
    this.#timer = this.#parts.clock.after(SWEEP_MS, () => {
      this.sweep();
      this.start();
    });
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  /** Whether a result that fits its schema may go on; books it when not. */
  admits(result: CheckResult): boolean {
    const limits = this.#parts.limits();
    const reason = this.#overspent(result, limits) ?? this.#crowded(result, limits);
    if (reason === undefined) return true;
    this.#parts.counters.increment(COUNTER[reason]);
    this.#refuse(result.client, reason);
    return false;
  }

  /** Something under this name was no result or keepalive at all; who found that out has counted it. */
  invalid(client: string): void {
    this.#refuse(client, 'invalid');
  }

  /** Forgets who owes nothing, and says how things stand. */
  sweep(): void {
    const nowMs = this.#parts.clock.elapsed();
    for (const [client, { atMs }] of this.#allowances) {
      if (nowMs - atMs > BURST_SECONDS * 1000) this.#allowances.delete(client);
    }
    for (const [client, { lastMs }] of this.#offenders) {
      if (nowMs - lastMs > QUIET_MS) this.#offenders.delete(client);
    }
    this.#tell();
  }

  #overspent(result: CheckResult, limits: Limits): 'rate' | 'bytes' | undefined {
    const allowance = this.#allowance(result.client, limits);
    allowance.results -= 1;
    allowance.bytes -= result.check.output.length + USUAL_LENGTH;
    if (allowance.results >= 0 && allowance.bytes >= 0) return undefined;
    const reason = allowance.results < 0 ? 'rate' : 'bytes';
    // What is refused is not spent, or a client that goes on too fast would never be heard again.
    allowance.results += 1;
    allowance.bytes += result.check.output.length + USUAL_LENGTH;
    return reason;
  }

  #allowance(client: string, { resultsPerSecond, bytesPerSecond }: Limits): Allowance {
    const nowMs = this.#parts.clock.elapsed();
    const [results, bytes] = [resultsPerSecond * BURST_SECONDS, bytesPerSecond * BURST_SECONDS];
    const known = this.#allowances.get(client);
    if (!known) {
      const allowance = { results, bytes, atMs: nowMs };
      this.#allowances.set(client, allowance);
      return allowance;
    }
    const passed = (nowMs - known.atMs) / 1000;
    known.results = Math.min(results, known.results + passed * resultsPerSecond);
    known.bytes = Math.min(bytes, known.bytes + passed * bytesPerSecond);
    known.atMs = nowMs;
    return known;
  }

  /** Only a check that is not known yet can be one too many. */
  #crowded(result: CheckResult, { checks }: Limits): 'checks' | undefined {
    const { views } = this.#parts;
    const subject = subjectOf(result);
    if (views.stateCount(subject) < checks || views.state(subject, result.check.name)) return undefined;
    return 'checks';
  }

  #refuse(client: string, reason: Reason): void {
    const { clock, log } = this.#parts;
    const lastMs = clock.elapsed();
    const known = this.#offenders.get(client);
    if (known) {
      known.refused[reason] += 1;
      known.lastMs = lastMs;
      return;
    }
    if (this.#offenders.size >= MOST_OFFENDERS) return;
    const refused = { rate: 0, bytes: 0, checks: 0, invalid: 0 };
    refused[reason] = 1;
    this.#offenders.set(client, { refused, lastMs });
    log.warn('results of a client are refused', { client, reason });
    this.#tell();
  }

  #tell(): void {
    const { report } = this.#parts;
    const offenders = [...this.#offenders];
    if (offenders.length === 0) {
      if (this.#told) report({ check: LIMITS_CHECK, status: 0, output: 'no client sends what is refused\n' });
      this.#told = false;
      return;
    }
    this.#told = true;
    const lines = offenders.slice(0, MOST_TOLD).map(([client, { refused }]) => `${client}: ${told(refused)}`);
    const more = offenders.length > MOST_TOLD ? [`… and ${offenders.length - MOST_TOLD} more`] : [];
    const title = `results are refused of ${offenders.length} client${offenders.length === 1 ? '' : 's'}`;
    report({ check: LIMITS_CHECK, status: 1, output: [title, ...lines, ...more, ''].join('\n') });
  }
}

function told({ rate, bytes, checks, invalid }: Record<Reason, number>): string {
  const parts = [
    [rate, 'too many a second'],
    [bytes, 'too many bytes a second'],
    [checks, 'of too many different checks'],
    [invalid, 'that cannot be taken (see the log of the server)'],
  ] as const;
  return parts
    .filter(([count]) => count > 0)
    .map(([count, what]) => `${count} ${what}`)
    .join(', ');
}
