import type { CheckResult, ExecutedCheck } from '../model/check.ts';
import type { Client } from '../model/client.ts';
import { type Clock, type Timer, unixSeconds } from '../runtime/clock.ts';
import type { Counters } from '../runtime/counters.ts';
import { errorText, TocsinError } from '../runtime/errors.ts';
import type { Log } from '../runtime/log.ts';
import type { Random } from '../runtime/random.ts';
import type { Transport } from '../transport/index.ts';
import { Emptying } from './emptying.ts';
import { newNumbering, ResultNumbers } from './numbers.ts';
import {
  type Keeping,
  type Kept,
  MemorySpool,
  MOST_WAITING,
  type NumberedResult,
  type Spool,
} from './spool/index.ts';

/** Milliseconds after which a result that was not acknowledged is written to disk, so that nobody has to wait for it. */
export const ACKNOWLEDGED_MS = 3_000;
/** The check under which an agent tells that results went lost. */
export const SPOOL_CHECK = 'tocsin_spool';

/** The document that reports a check that was run. */
export function resultOf(client: Client, check: ExecutedCheck): CheckResult {
  const { name, signature } = client;
  return signature === undefined ? { client: name, check } : { client: name, check, signature };
}

/** A result on its way. */
interface Sent {
  result: NumberedResult;
  sinceMs: number;
  /** Told true when it is safe: acknowledged or on disk; false when it is neither. */
  answer: (safe: boolean) => void;
  /** Set when it was written to disk meanwhile. */
  keeping: Promise<Keeping | undefined> | undefined;
}

export interface ResultsParts {
  clock: Clock;
  random: Random;
  transport: Transport;
  log: Log;
  counters: Counters;
  client: Client;
  spool?: Spool | undefined;
}

/**
 * Numbers results and hands them to the transport. What is not taken now is kept in the spool and sent again; what will
 * never be taken is dropped, counted and logged. With a spool on disk, what is new goes first; in memory the order is
 * kept, and what is new stands behind.
 */
export class Results {
  readonly #parts: ResultsParts;
  readonly #spool: Spool;
  readonly #numbers: ResultNumbers;
  readonly #emptying: Emptying;
  #client: Client;
  /** Oldest first. */
  readonly #sent = new Set<Sent>();
  /** When it is looked what was not acknowledged in time; on disk only. */
  #overdue: Timer | undefined;
  /** Results that the spool lost, as far as it is counted. */
  #lostCounted: number;
  #stopped = false;
  #idle: () => void = () => {};

  constructor(parts: ResultsParts) {
    const { clock, log, transport, client, random } = parts;
    this.#parts = parts;
    this.#client = client;
    this.#spool = parts.spool ?? new MemorySpool();
    this.#numbers = new ResultNumbers(this.#spool.numbering ?? newNumbering(random.uuid()));
    this.#lostCounted = this.#spool.lost;
    this.#emptying = new Emptying({
      ...{ spool: this.#spool, clock, log },
      connected: () => transport.connected,
      send: (kept) => this.#sendKept(kept),
      emptied: () => this.#emptied(),
    });
  }

  /** Sends what an earlier run left, and tells what it lost. */
  start(): void {
    if (this.#spool.lost > 0) this.#tellLost();
    if (this.#parts.transport.connected) this.#emptying.now();
    else if (this.#spool.size > 0) this.#emptying.later();
  }

  /** Results are reported for this client from now on. */
  reload(client: Client): void {
    this.#client = client;
  }

  /**
   * Takes what a program reports. Resolves with true when it is acknowledged or on disk; without a spool on disk, as soon
   * as it is taken. With false when so many are on their way or wait that others would have to go for it, when it will
   * never be taken, or when the agent has stopped. Never rejects.
   */
  offer(check: ExecutedCheck): Promise<boolean> {
    const onTheirWay = this.#sent.size + (this.#spool.lasting ? 0 : this.#spool.size);
    if (this.#stopped || onTheirWay >= MOST_WAITING) return Promise.resolve(false);
    return this.#take(check);
  }

  send(check: ExecutedCheck): void {
    void this.#take(check);
  }

  /** Tries nothing again; what is on its way is safe on disk. Resolves when the transport has answered for all of it. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#emptying.stop();
    this.#overdue?.cancel();
    if (this.#spool.lasting) {
      for (const sent of this.#sent) this.#keepSent(sent);
      await Promise.all(Array.from(this.#sent, ({ keeping }) => keeping));
    }
    if (this.#sent.size === 0) return;
    await new Promise<void>((resolve) => {
      this.#idle = resolve;
    });
  }

  /** Lets go of the spool; what is on disk waits for the next start, and what is not is lost, and counted. */
  async close(): Promise<void> {
    const left = await this.#spool.close();
    if (left > 0) this.#lose(left, 'the agent stopped');
  }

  #take(check: ExecutedCheck): Promise<boolean> {
    const body = resultOf(this.#client, check);
    const result = { body, id: this.#numbers.next(this.#client.name, body) };
    const { lasting, size } = this.#spool;
    if (this.#stopped && !lasting) {
      this.#lose(1, 'the agent stopped');
      return Promise.resolve(false);
    }
    const standsBehind = lasting ? this.#stopped || this.#sent.size >= MOST_WAITING : size > 0;
    return standsBehind ? this.#keep(result) : this.#publish(result);
  }

  #publish(result: NumberedResult): Promise<boolean> {
    const { clock, transport } = this.#parts;
    const { lasting } = this.#spool;
    return new Promise((answer) => {
      const sent: Sent = { result, sinceMs: lasting ? clock.elapsed() : 0, answer, keeping: undefined };
      this.#sent.add(sent);
      if (lasting) this.#overdue ??= clock.after(ACKNOWLEDGED_MS, () => this.#keepOverdue());
      else answer(true);
      transport.publishResult({ body: result.body, id: result.id }).then(
        () => this.#delivered(sent),
        (error: unknown) => this.#refused(sent, error),
      );
    });
  }

  #delivered(sent: Sent): void {
    this.#ended(sent);
    sent.answer(true);
    void sent.keeping?.then((keeping) => keeping && this.#spool.done([keeping.place]));
    if (this.#spool.size > 0) this.#emptying.now();
  }

  #refused(sent: Sent, error: unknown): void {
    const { result, keeping, answer } = sent;
    this.#ended(sent);
    if (this.#mayBeSentAgain(error)) {
      if (keeping !== undefined) void keeping.then((kept) => kept && this.#waits(kept));
      else void this.#keep(result).then(answer);
      return;
    }
    void keeping?.then((kept) => kept && this.#spool.done([kept.place]));
    answer(false);
    this.#lose(1, errorText(error), result);
  }

  #ended(sent: Sent): void {
    this.#sent.delete(sent);
    if (this.#sent.size > 0) return;
    this.#overdue?.cancel();
    this.#overdue = undefined;
    this.#idle();
  }

  #mayBeSentAgain(error: unknown): boolean {
    if (!(error instanceof TocsinError)) return false;
    const { lasting } = this.#spool;
    return error.kind === 'unavailable' ? lasting || !this.#stopped : error.kind === 'closed' && lasting;
  }

  /** Keeps a result that is not on its way. */
  async #keep(result: NumberedResult): Promise<boolean> {
    this.#parts.counters.increment('results_spooled');
    const keeping = await this.#spool.add(result);
    this.#countLost();
    this.#emptying.later();
    return keeping !== undefined && (!this.#spool.lasting || keeping.on === 'disk');
  }

  #waits({ place }: Keeping): void {
    this.#spool.giveBack([place]);
    this.#emptying.later();
  }

  /** Writes what was not acknowledged in time; it stays on its way. */
  #keepOverdue(): void {
    const { clock } = this.#parts;
    const now = clock.elapsed();
    this.#overdue = undefined;
    for (const sent of this.#sent) {
      const leftMs = sent.sinceMs + ACKNOWLEDGED_MS - now;
      if (leftMs > 0) {
        this.#overdue = clock.after(leftMs, () => this.#keepOverdue());
        return;
      }
      this.#keepSent(sent);
    }
  }

  #keepSent(sent: Sent): void {
    if (sent.keeping !== undefined) return;
    this.#parts.counters.increment('results_spooled');
    sent.keeping = this.#spool.add(sent.result, true);
    void sent.keeping.then((keeping) => {
      this.#countLost();
      sent.answer(keeping?.on === 'disk');
    });
  }

  /** Sends one of the spool; true when it waits on. */
  async #sendKept({ result: { body, id } }: Kept): Promise<boolean> {
    const { transport } = this.#parts;
    const spooled = this.#spool.lasting ? true : undefined;
    try {
      await transport.publishResult({ body, id, spooled });
      return false;
    } catch (error) {
      if (this.#mayBeSentAgain(error)) return true;
      this.#lose(1, errorText(error), { body, id });
      return false;
    }
  }

  #emptied(): void {
    if (this.#spool.lasting) this.#parts.log.info('the spool is empty: everything in it was delivered');
    if (!this.#spool.lasting || this.#spool.lost === 0) return;
    const told = this.#take(this.#spoolCheck(0, 'the spool is empty, and nothing more is being lost'));
    void told.then((safe) => safe && this.#spool.forgetLost());
  }

  /** Counts what the spool lost since the last time, and tells it. */
  #countLost(): void {
    const { lost, lasting } = this.#spool;
    const more = lost - this.#lostCounted;
    this.#lostCounted = lost;
    if (more <= 0) return;
    this.#lose(more, 'there is no room for more');
    if (lasting) this.#tellLost();
  }

  #tellLost(): void {
    const { lost } = this.#spool;
    const why = 'no server took them, and the spool of the agent was full or damaged';
    this.send(this.#spoolCheck(1, `${lost} results of this client were lost: ${why}`));
  }

  #spoolCheck(status: number, output: string): ExecutedCheck {
    const now = unixSeconds(this.#parts.clock);
    return { name: SPOOL_CHECK, type: 'standard', status, output, issued: now, executed: now, duration: 0 };
  }

  #lose(results: number, reason: string, first?: NumberedResult): void {
    const { counters, log } = this.#parts;
    counters.increment('results_unsent', results);
    const check = first && { check: first.body.check.name };
    log.error('results were not delivered and are lost', { results, reason, ...check });
  }
}
