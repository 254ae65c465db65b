import type { CheckRequest } from '../../model/check.ts';
import type { Clock } from '../../runtime/clock.ts';
import { TocsinError } from '../../runtime/errors.ts';
import type { Log } from '../../runtime/log.ts';
import type { BatchOptions, Consumer, Incoming, Subscription, Transport } from '../../transport/port.ts';
import { ManualClock, settle } from '../clock.ts';
import { memoryLog } from '../log.ts';

/** Both ends of a driver, opened for one case. */
export interface TransportEnds {
  /** What a server holds. */
  server: Transport;
  /** What an agent holds; the same as `server` where the driver stays in one process. */
  agent: Transport;
  /** True where a broker keeps messages, and publishing resolves when it has them: see MUST 8. */
  confirms?: boolean | undefined;
  /** Resolves when what is under way between the ends has arrived, where that takes longer than a turn. */
  travel?: (() => Promise<void>) | undefined;
  /** Ends what the driver needed beside the two, after both were closed. */
  end?: (() => Promise<void>) | undefined;
}

/** Opens a driver afresh; `waitingLimit` is the bound of MUST 15, small enough to be reached. */
export type OpenTransport = (parts: {
  clock: Clock;
  log: Log;
  waitingLimit: number;
}) => Promise<TransportEnds>;

export const WAITING_LIMIT = 50;

/** A promise and how to settle it: a peer that takes as long as a case wants. */
export interface Gate {
  promise: Promise<void>;
  open(): void;
  fail(error: Error): void;
}

export function gate(): Gate {
  let open = (): void => {};
  let fail = (_error: Error): void => {};
  const promise = new Promise<void>((resolve, reject) => {
    open = resolve;
    fail = reject;
  });
  return { promise, open, fail };
}

/** What became of a promise so far. */
export interface Fate {
  state: 'pending' | 'resolved' | 'rejected';
  error?: unknown;
}

/** A request named `name`. */
export function request(name: string, attributes: Record<string, unknown> = {}): CheckRequest {
  return { name, command: 'true', issued: 1_800_000_000, ...attributes };
}

/** What a case works with: both ends, the clock, and the books that the leak check reads. */
export class TransportCase {
  readonly clock: ManualClock;
  readonly server: Transport;
  readonly agent: Transport;
  readonly #fates: { what: string; fate: Fate }[] = [];
  readonly #ends: TransportEnds;

  private constructor(clock: ManualClock, ends: TransportEnds) {
    this.clock = clock;
    this.#ends = ends;
    this.server = ends.server;
    this.agent = ends.agent;
  }

  static async open(open: OpenTransport): Promise<TransportCase> {
    const clock = new ManualClock();
    return new TransportCase(clock, await open({ clock, log: memoryLog(), waitingLimit: WAITING_LIMIT }));
  }

  /** As `TransportEnds` says. */
  get confirms(): boolean {
    return this.#ends.confirms === true;
  }

  /** Follows a promise: it must have settled when the case is over. */
  follow(what: string, promise: Promise<unknown>): Fate {
    const fate: Fate = { state: 'pending' };
    this.#fates.push({ what, fate });
    promise.then(
      () => {
        fate.state = 'resolved';
      },
      (error: unknown) => {
        fate.state = 'rejected';
        fate.error = error;
      },
    );
    return fate;
  }

  /** Publishes results whose bodies are `first` … `first + count - 1`, numbered likewise. */
  publish(count: number, first = 1): Fate[] {
    return Array.from({ length: count }, (_, index) => {
      const number = first + index;
      const message = { body: number, id: { agent: 'i-42', boot: 'b', number } };
      return this.follow(`publishing ${number}`, this.agent.publishResult(message));
    });
  }

  /** Consumes results into a list of batches; `answer` says what becomes of each. */
  async consume(
    answer: (batch: readonly Incoming[], count: number) => Promise<void> = async () => {},
    options: BatchOptions = { size: 10, spacingMs: 0 },
  ): Promise<{ batches: Incoming[][]; subscription: Subscription }> {
    const batches: Incoming[][] = [];
    const consumer: Consumer = (batch) => {
      batches.push(batch.map(({ body, id, redelivered }) => ({ body, id, redelivered })));
      return answer(batch, batches.length);
    };
    return { batches, subscription: await this.server.consumeResults(consumer, options) };
  }

  /** Lets messages travel without letting time pass. */
  async travel(): Promise<void> {
    await settle();
    await this.#travelled();
    await new Promise((resolve) => setTimeout(resolve, 2));
    await settle();
  }

  /** A closed end has nothing under way. */
  async #travelled(): Promise<void> {
    await this.#ends.travel?.().catch((error: unknown) => {
      if (!(error instanceof TocsinError && error.kind === 'closed')) throw error;
    });
  }

  /** Closes both ends and returns what was left behind; empty when nothing was. */
  async end(): Promise<string[]> {
    await Promise.all([this.server.close(), this.agent.close()]);
    await this.#ends.end?.();
    await this.travel();
    const pending = this.#fates.filter(({ fate }) => fate.state === 'pending');
    const leaks = pending.map(({ what }) => `${what} is still pending`);
    return this.clock.pending === 0 ? leaks : [...leaks, `${this.clock.pending} timers are set`];
  }
}

/** Bodies of batches, in the order in which they were handed out. */
export function bodies(batches: readonly (readonly Incoming[])[]): unknown[] {
  return batches.flat().map((message) => message.body);
}

/** One sentence of `docs/transport.md`, tested. */
export interface ContractCase {
  must: number;
  title: string;
  run(at: TransportCase): Promise<void>;
}
