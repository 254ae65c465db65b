import type { SelfReport } from '../../state/self-reports.ts';
import type { Skew } from '../../state/skew.ts';

/** What a server knows of itself at one look. */
export interface SelfFacts {
  /** Largest lateness of a check request since the look before, milliseconds. */
  scheduleLateMs: number;
  /** Milliseconds that a result waits until it is committed. */
  intakeLagMs: number;
  /** Age of the oldest delivery that is due, milliseconds. */
  outboxAgeMs: number;
  /** Deliveries that ended within `FAILURES_WINDOW_MS`. */
  handled: number;
  failed: number;
  storeConnected: boolean;
  /** Batches that the store did not take since the look before. */
  batchesFailed: number;
  /** Largest delay of the event loop since the look before, milliseconds. */
  eventLoopDelayMs: number;
  /** Clients whose clocks differ by more than `SKEW_SECONDS`, the worst first. */
  skewed: readonly Skew[];
}

/** From these on, milliseconds, something is a warning and critical. */
export const THRESHOLDS_MS = {
  schedule_lateness: { warning: 5_000, critical: 30_000 },
  intake_lag: { warning: 10_000, critical: 60_000 },
  outbox_age: { warning: 60_000, critical: 600_000 },
  event_loop_delay: { warning: 1_000, critical: 5_000 },
} as const;
/** Seconds that a clock may differ from ours. Results are ordered, and go stale, by their agents' clocks. */
export const SKEW_SECONDS = 30;
/** Time over which failures of handlers are counted. */
export const FAILURES_WINDOW_MS = 300_000;
/** So many deliveries have to fail in that time before it is worth telling. */
export const FEWEST_FAILURES = 5;

const NAMED_CLIENTS = 5;

type Timed = keyof typeof THRESHOLDS_MS;

/** What is said of each when it is past a threshold of so many seconds, and when it is not. */
const TEXTS: Readonly<Record<Timed, { past: (seconds: number) => string; fine: string }>> = {
  schedule_lateness: {
    past: (seconds) => `check requests are published ${seconds} s late or more`,
    fine: 'check requests are published in time',
  },
  intake_lag: {
    past: (seconds) => `results wait ${seconds} s or more until they are committed`,
    fine: 'results are committed soon after they come',
  },
  outbox_age: {
    past: (seconds) => `a delivery has been due for ${seconds} s or more`,
    fine: 'deliveries are carried out soon after they are due',
  },
  event_loop_delay: {
    past: (seconds) => `the process of the server is held up for ${seconds} s or more at a time`,
    fine: 'the process of the server is not held up',
  },
};

/** What there is to say of each thing that is watched. Texts name thresholds, not values, so that they stay the same. */
export function judge(facts: SelfFacts): SelfReport[] {
  return [
    judgeTime('schedule_lateness', facts.scheduleLateMs),
    judgeTime('intake_lag', facts.intakeLagMs),
    judgeTime('outbox_age', facts.outboxAgeMs),
    judgeTime('event_loop_delay', facts.eventLoopDelayMs),
    handlerFailures(facts),
    storeErrors(facts),
    clockSkew(facts),
  ];
}

function judgeTime(check: Timed, valueMs: number): SelfReport {
  const { warning, critical } = THRESHOLDS_MS[check];
  const { past, fine } = TEXTS[check];
  if (valueMs < warning) return { check, status: 0, output: fine };
  if (valueMs < critical) return { check, status: 1, output: past(warning / 1000) };
  return { check, status: 2, output: past(critical / 1000) };
}

function handlerFailures({ handled, failed }: SelfFacts): SelfReport {
  const check = 'handler_failures';
  const minutes = FAILURES_WINDOW_MS / 60_000;
  if (failed < FEWEST_FAILURES || failed < handled)
    return { check, status: 0, output: 'most deliveries reach their handlers' };
  const all = handled === 0;
  const output = `${all ? 'all' : 'half or more'} of the deliveries of the last ${minutes} minutes failed; see "tocsin events" for whom and why`;
  return { check, status: all ? 2 : 1, output };
}

function storeErrors({ storeConnected, batchesFailed }: SelfFacts): SelfReport {
  const check = 'store_errors';
  if (storeConnected && batchesFailed === 0)
    return { check, status: 0, output: 'the store takes everything' };
  const output = storeConnected
    ? 'the store does not take what is committed; it is tried again'
    : 'the store does not answer; nothing is acknowledged meanwhile';
  return { check, status: 2, output };
}

function clockSkew({ skewed }: SelfFacts): SelfReport {
  const check = 'clock_skew';
  if (skewed.length === 0)
    return { check, status: 0, output: `all clocks are within ${SKEW_SECONDS} s of the server's` };
  const named = skewed.slice(0, NAMED_CLIENTS).map(({ client, seconds }) => {
    return `${client} (${Math.abs(seconds)} s ${seconds > 0 ? 'ahead' : 'behind'})`;
  });
  const more = skewed.length > NAMED_CLIENTS ? ` and ${skewed.length - NAMED_CLIENTS} more` : '';
  const output = `clocks differ from the server's by more than ${SKEW_SECONDS} s: ${named.join(', ')}${more}`;
  return { check, status: 1, output };
}
