import type { CheckResult, ExecutedCheck } from '../model/check.ts';
import type { Client } from '../model/client.ts';
import type { ResultId } from '../model/taken.ts';
import type { Clock, Timer } from '../runtime/clock.ts';
import type { Counters } from '../runtime/counters.ts';
import { errorText, TocsinError } from '../runtime/errors.ts';
import type { Log } from '../runtime/log.ts';
import type { Random } from '../runtime/random.ts';
import type { Transport } from '../transport/index.ts';

/**
 * Most results that wait for another try; beyond it the oldest are dropped. Programs have to wait when so many of
 * any kind are on their way.
 */
export const MOST_WAITING = 10_000;
/** So many are dropped together, so that a long outage doesn't write a line of the log for each. */
export const DROPPED_AT_ONCE = 100;
/** How often a result is tried. */
export const MOST_TRIES = 100;
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 30_000;

/** Milliseconds until the next try after so many that failed in a row. */
export function pauseMs(failures: number): number {
  return Math.min(FIRST_PAUSE_MS * 2 ** Math.max(failures - 1, 0), LONGEST_PAUSE_MS);
}

/** The document that reports a check that was run. */
export function resultOf(client: Client, check: ExecutedCheck): CheckResult {
  const { name, signature } = client;
  return signature === undefined ? { client: name, check } : { client: name, check, signature };
}

interface NumberedResult {
  body: CheckResult;
  id: ResultId;
  tries: number;
}

/**
 * Numbers results and hands them to the transport. What the transport has no room for now is kept, in order and
 * within bounds, and tried again; what it will never take is dropped, counted and logged.
 */
export class Results {
  readonly #clock: Clock;
  readonly #transport: Transport;
  readonly #log: Log;
  readonly #counters: Counters;
  #client: Client;
  readonly #boot: string;
  #number = 0;
  #inFlight = 0;
  /** By number, oldest first. */
  #waiting: NumberedResult[] = [];
  #failures = 0;
  #timer: Timer | undefined;
  #stopped = false;
  #idle: () => void = () => {};

  constructor(parts: {
    clock: Clock;
    random: Random;
    transport: Transport;
    log: Log;
    counters: Counters;
    client: Client;
  }) {
    this.#clock = parts.clock;
    this.#transport = parts.transport;
    this.#log = parts.log;
    this.#counters = parts.counters;
    this.#client = parts.client;
    this.#boot = parts.random.uuid();
  }

  /** Results are reported for this client from now on. */
  reload(client: Client): void {
    this.#client = client;
  }

  /**
   * As `send`, for what programs report: false when so many are on their way or wait that others would have to go for
   * it, or when the agent has stopped; then it was not taken.
   */
  offer(check: ExecutedCheck): boolean {
    if (this.#stopped || this.#waiting.length + this.#inFlight >= MOST_WAITING) return false;
    this.send(check);
    return true;
  }

  send(check: ExecutedCheck): void {
    this.#number += 1;
    const id = { agent: this.#client.name, boot: this.#boot, number: this.#number };
    const result = { body: resultOf(this.#client, check), id, tries: 0 };
    if (this.#stopped) this.#drop([result], 'the agent stopped');
    // Whoever comes while others wait stands behind them, so that results stay in order.
    else if (this.#waiting.length > 0) this.#keep(result);
    else this.#publish(result);
  }

  /** Tries nothing again; resolves when the transport has answered for everything that it was handed. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#timer?.cancel();
    if (this.#waiting.length > 0) this.#drop(this.#waiting.splice(0), 'the agent stopped');
    if (this.#inFlight === 0) return;
    await new Promise<void>((resolve) => {
      this.#idle = resolve;
    });
  }

  #publish(result: NumberedResult): void {
    result.tries += 1;
    this.#inFlight += 1;
    this.#transport
      .publishResult({ body: result.body, id: result.id })
      .then(
        () => {
          this.#failures = 0;
        },
        (error: unknown) => this.#refused(result, error),
      )
      .finally(() => {
        this.#inFlight -= 1;
        if (this.#inFlight === 0) this.#idle();
      });
  }

  #refused(result: NumberedResult, error: unknown): void {
    const later = error instanceof TocsinError && error.kind === 'unavailable';
    if (later && !this.#stopped && result.tries < MOST_TRIES) this.#keep(result);
    else this.#drop([result], errorText(error));
  }

  #keep(result: NumberedResult): void {
    const last = this.#waiting.at(-1);
    this.#waiting.push(result);
    if (last && last.id.number > result.id.number) {
      this.#waiting.sort((left, right) => left.id.number - right.id.number);
    }
    if (this.#waiting.length > MOST_WAITING) {
      this.#drop(this.#waiting.splice(0, DROPPED_AT_ONCE), `more than ${MOST_WAITING} results wait`);
    }
    if (this.#timer) return;
    this.#failures += 1;
    this.#log.warn('results are not taken and will be sent again', { again_in_ms: pauseMs(this.#failures) });
    this.#timer = this.#clock.after(pauseMs(this.#failures), () => this.#again());
  }

  #again(): void {
    this.#timer = undefined;
    const results = this.#waiting;
    this.#waiting = [];
    for (const result of results) this.#publish(result);
  }

  #drop(results: readonly NumberedResult[], reason: string): void {
    this.#counters.increment('results_unsent', results.length);
    const fields = { results: results.length, first_check: results[0]?.body.check.name, reason };
    this.#log.error('results were not delivered and are lost', fields);
  }
}
