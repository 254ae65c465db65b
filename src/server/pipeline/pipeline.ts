import { setMaxListeners } from 'node:events';
import type { Delivery } from '../../model/delivery.ts';
import type { Event } from '../../model/event.ts';
import { type Clock, sleep } from '../../runtime/clock.ts';
import type { Counters } from '../../runtime/counters.ts';
import { errorText } from '../../runtime/errors.ts';
import type { Log } from '../../runtime/log.ts';
import type { Random } from '../../runtime/random.ts';
import type { Spawner } from '../../runtime/spawner.ts';
import { stateName } from '../../state/documents.ts';
import type { Registry } from '../../state/registry.ts';
import type { RemovalParts } from '../../state/removal.ts';
import type { Transport } from '../../transport/port.ts';
import { Backlog } from './backlog.ts';
import { Books } from './books.ts';
import { carryOut, recordEnding } from './carry-out.ts';
import { type DecideContext, type Decision, decide } from './decide.ts';
import type { OpenEvents } from './filters/answer.ts';
import { DeliveryIds } from './ids.ts';
import { Lanes, type Place } from './lanes.ts';
import { Outbox } from './outbox.ts';
import { HandlerPlans } from './plans.ts';
import type { Ending, PipelineRules, Tools } from './rules.ts';

export interface PipelineParts {
  rules: PipelineRules;
  registry: Registry;
  /** What is open, for filters that ask, and what a client leaves behind. */
  views: OpenEvents & RemovalParts['views'];
  /** For handlers that publish, and for the results that resolve what a client leaves behind. */
  transport: Transport;
  spawner: Spawner;
  clock: Clock;
  random: Random;
  log: Log;
  counters: Counters;
  /** Milliseconds for a command whose definition has no `timeout`; 0 or missing: for ever. */
  commandTimeoutMs?: number | undefined;
  /** Most deliveries of one handler in hand; `MOST_IN_HAND` unless told. */
  mostInHand?: number | undefined;
}

/** Most deliveries of one handler that are carried out at once. Commands wait for the spawner's places as well. */
export const MOST_AT_ONCE = 64;

/**
 * Most deliveries of one handler that are in hand, under way or waiting their turn. Of a handler that hangs the others
 * stay in the store, and are read back when half of these have ended.
 */
export const MOST_IN_HAND = 10_000;

/** A delivery in hand. */
interface Due extends Place {
  delivery: Delivery;
}

/**
 * Brings events to handlers. `decide` says who is to be told, before the commit; `take` carries out what was
 * committed. Deliveries of one client's check to one handler run one after another, in the order in which they were
 * decided. A delivery leaves the store when it has ended, so one that a death interrupts is carried out again, with
 * the same id. New rules count from the next event and the next delivery on.
 */
export class Pipeline {
  #plans: HandlerPlans;
  readonly #context: DecideContext;
  readonly #tools: Tools;
  readonly #log: Log;
  readonly #ids: DeliveryIds;
  readonly #books: Books;
  readonly #outbox: Outbox;
  readonly #lanes: Lanes<Due>;
  readonly #backlog: Backlog;
  readonly #mostInHand: number;
  readonly #abort = new AbortController();
  /** Deliveries that came before those of a former process were read; undefined once they are. */
  #early: Delivery[] | undefined = [];
  #stopping = false;
  #waiting: (() => void)[] = [];

  constructor(parts: PipelineParts) {
    const { clock, random, log, spawner, registry, transport, views, commandTimeoutMs = 0 } = parts;
    const { signal } = this.#abort;
    // Every delivery under way listens.
    setMaxListeners(0, signal);
    this.#log = log;
    this.#plans = new HandlerPlans(parts.rules);
    this.#ids = new DeliveryIds(parts);
    this.#context = { plugin: { clock, random, log, signal }, events: views, nextId: () => this.#ids.next() };
    const server = { registry, views, transport };
    this.#tools = { clock, random, log, signal, spawner, commandTimeoutMs, server };
    this.#books = new Books(parts);
    this.#outbox = new Outbox({ ...parts, written: () => this.#look() });
    this.#lanes = new Lanes({
      limit: MOST_AT_ONCE,
      begin: (due) => this.#carryOut(due.delivery),
      left: (due) => {
        this.#readBack(due.lane);
        this.#look();
      },
    });
    this.#mostInHand = parts.mostInHand ?? MOST_IN_HAND;
    this.#backlog = new Backlog({
      room: (handler) => (this.#stopping ? 0 : this.#mostInHand - this.#lanes.sizeOf(handler)),
      read: (after) => this.#outbox.read(after),
      begin: (delivery) => this.#begin(delivery),
    });
  }

  /** Deliveries in hand: those that run or wait, and those that have ended and are not yet committed. */
  get inHand(): number {
    return this.#lanes.size + this.#outbox.pending + (this.#early?.length ?? 0);
  }

  /** Deliveries that wait in the store alone, because their handlers are behind. */
  get waiting(): number {
    return this.#backlog.size;
  }

  /**
   * Takes up the deliveries that a former process left in the store, before any new one of the same client's check
   * and handler. Waits for a store that is away; rejects as the store does otherwise.
   */
  async start(): Promise<void> {
    this.#tellProblems();
    const left = new Set<string>();
    for await (const deliveries of this.#outbox.takeUp()) {
      for (const delivery of deliveries) {
        left.add(delivery.id);
        this.#ids.startBehind(delivery.id);
        this.#add(delivery);
      }
    }
    if (left.size > 0) this.#log.info('carrying out deliveries that were left', { deliveries: left.size });
    const early = this.#early ?? [];
    this.#early = undefined;
    for (const delivery of early) {
      if (!left.has(delivery.id)) this.#add(delivery);
    }
    this.#look();
  }

  /** New rules: for every event that is decided and every delivery that begins from now on. */
  reload(rules: PipelineRules): void {
    this.#plans = new HandlerPlans(rules);
    this.#books.forget();
    this.#tellProblems();
  }

  /**
   * Who is to be told of an event. Touches nothing but the log: deliveries and records are to be committed together
   * with the event, in the order in which they were decided. Call it after `start` has resolved, or ids may sort before those that were left.
   */
  decide(event: Event): Decision {
    const decision = decide(event, this.#plans, this.#context);
    this.#books.decided(event, decision);
    return decision;
  }

  /** Carries out deliveries whose commit has resolved. Never throws, and returns at once. */
  take(deliveries: readonly Delivery[]): void {
    for (const delivery of deliveries) {
      if (this.#early) this.#early.push(delivery);
      else this.#add(delivery);
    }
  }

  /** Resolves when nothing is in hand, or we stop. */
  idle(): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      this.#look();
    });
  }

  /**
   * Begins nothing more, gives what runs so many milliseconds of elapsed time, then lets go of it. What has not
   * ended and been committed by then stays in the store, for the next start. The spawner ends its commands itself.
   */
  async stop(boundMs: number): Promise<void> {
    this.#stopping = true;
    this.#lanes.stop();
    const settled = new AbortController();
    void this.idle().then(() => settled.abort());
    await sleep(this.#tools.clock, boundMs, settled.signal);
    this.#abort.abort();
    await this.#outbox.stop();
    this.#look();
  }

  #tellProblems(): void {
    for (const problem of this.#plans.problems) this.#log.error(problem);
  }

  #add(delivery: Delivery): void {
    if (this.#stopping) return;
    if (this.#backlog.keeps(delivery)) this.#readBack(delivery.handler);
    else this.#begin(delivery);
  }

  /** Reading back waits until there is much to read: each time costs as much as many deliveries. */
  #readBack(handler: string): void {
    if (!this.#backlog.isWaiting(handler)) return;
    if (this.#stopping || this.#lanes.sizeOf(handler) > this.#mostInHand / 2) return;
    void this.#backlog.refill(handler).then(() => this.#look());
  }

  #begin(delivery: Delivery): void {
    const { client, check } = delivery.event;
    this.#lanes.add({ lane: delivery.handler, key: stateName(client.name, check.name), delivery });
  }

  async #carryOut(delivery: Delivery): Promise<void> {
    const { clock } = this.#tools;
    const begunMs = clock.elapsed();
    const ending = await carryOut(delivery, this.#plans.plan(delivery.handler), this.#tools).catch(
      (error: unknown): Ending => ({ outcome: 'failed', stage: 'handler', error: errorText(error) }),
    );
    if (ending.outcome !== 'left' && !this.#abort.signal.aborted) {
      const record = recordEnding(delivery, ending, begunMs, clock);
      this.#books.ended(delivery, record, ending.output ?? '');
      this.#outbox.end(delivery, record);
    }
  }

  /** Lets go of those who wait, when there is nothing to wait for. */
  #look(): void {
    if (this.#waiting.length === 0) return;
    const busy = this.#stopping
      ? !this.#abort.signal.aborted && this.#lanes.running + this.#outbox.pending > 0
      : this.inHand + this.#backlog.size > 0;
    if (busy) return;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }
}
