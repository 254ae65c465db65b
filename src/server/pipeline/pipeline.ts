import { setMaxListeners } from 'node:events';
import type { Delivery } from '../../model/delivery.ts';
import type { Event } from '../../model/event.ts';
import { type Clock, sleep } from '../../runtime/clock.ts';
import type { Counters } from '../../runtime/counters.ts';
import { errorText } from '../../runtime/errors.ts';
import type { Log } from '../../runtime/log.ts';
import type { Random } from '../../runtime/random.ts';
import type { Spawner } from '../../runtime/spawner.ts';
import type { Registry } from '../../state/registry.ts';
import type { RemovalParts } from '../../state/removal.ts';
import type { Views } from '../../state/views.ts';
import type { Transport } from '../../transport/port.ts';
import { Backlog } from './backlog.ts';
import { Books } from './books.ts';
import { Carrier } from './carrier.ts';
import { DeadLetters } from './dead-letters.ts';
import { type DecideContext, type Decision, decide } from './decide.ts';
import type { OpenEvents } from './filters/answer.ts';
import { Holding, holderOf } from './holding.ts';
import { DeliveryIds } from './ids.ts';
import { Outbox } from './outbox.ts';
import { HandlerPlans } from './plans.ts';
import { Postponements } from './postponements.ts';
import type { PipelineRules, Tools } from './rules.ts';

export interface PipelineParts {
  rules: PipelineRules;
  registry: Registry;
  /** What is open, for filters that ask, what a client leaves behind, and what was given up. */
  views: OpenEvents & RemovalParts['views'] & Pick<Views, 'deadLetters' | 'followDeadLetters'>;
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

/**
 * Most deliveries of one handler that are in hand, under way or waiting their turn. Of a handler that hangs the others
 * stay in the store, and are read back when half of these have ended.
 */
export const MOST_IN_HAND = 10_000;

/**
 * Brings events to handlers. `decide` says who is to be told, before the commit; `take` carries out what was
 * committed. Deliveries of one client's check to one handler run one after another, in the order in which they were
 * decided. A delivery leaves the store when it has ended, so one that a death interrupts is carried out again, with
 * the same id, by whichever server notices. New rules count from the next event and the next delivery on.
 */
export class Pipeline {
  #plans: HandlerPlans;
  readonly #context: DecideContext;
  readonly #tools: Tools;
  readonly #log: Log;
  readonly #registry: Registry;
  readonly #ids: DeliveryIds;
  readonly #books: Books;
  readonly #outbox: Outbox;
  readonly #postponements: Postponements;
  readonly #carrier: Carrier;
  readonly #holding: Holding;
  readonly #deadLetters: DeadLetters;
  readonly #backlog: Backlog;
  readonly #views: PipelineParts['views'];
  readonly #counters: Counters;
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
    this.#registry = registry;
    this.#plans = new HandlerPlans(parts.rules);
    this.#ids = new DeliveryIds(parts);
    this.#context = { plugin: { clock, random, log, signal }, events: views, nextId: () => this.#ids.next() };
    const server = { registry, views, transport };
    this.#tools = { clock, random, log, signal, spawner, commandTimeoutMs, server };
    this.#views = views;
    this.#counters = parts.counters;
    this.#books = new Books(parts);
    const { mark } = this.#ids;
    const written = (): void => this.#look();
    this.#outbox = new Outbox({ ...parts, written });
    this.#postponements = new Postponements({ ...parts, mark, written });
    this.#carrier = new Carrier({
      tools: this.#tools,
      plan: (handler) => this.#plans.plan(handler),
      books: this.#books,
      outbox: this.#outbox,
      postponements: this.#postponements,
      left: (handler) => {
        this.#readBack(handler);
        this.#look();
      },
    });
    this.#deadLetters = new DeadLetters({ ...parts, mark, take: (deliveries) => this.take(deliveries) });
    this.#holding = new Holding({ ...parts, mark, beat: () => void this.#lookAround() });
    this.#mostInHand = parts.mostInHand ?? MOST_IN_HAND;
    this.#backlog = new Backlog({
      room: (handler) => (this.#stopping ? 0 : this.#mostInHand - this.#carrier.sizeOf(handler)),
      read: (after) => this.#outbox.read(after),
      begin: (delivery) => this.#carrier.take(delivery),
    });
  }

  /** Deliveries in hand: those that run, rest or wait, and those that have ended and are not yet committed. */
  get inHand(): number {
    return this.#carrier.size + this.#unwritten + (this.#early?.length ?? 0);
  }

  /** Those in hand that rest until their next try, or wait behind one that does. */
  get resting(): number {
    return this.#carrier.resting;
  }

  /** Deliveries that wait in the store alone, because their handlers are behind. */
  get waiting(): number {
    return this.#backlog.size;
  }

  /**
   * Takes up the deliveries that servers which are gone have left in the store, before any new one of the same client's
   * check and handler. Waits for a store that is away; rejects as the store does otherwise.
   */
  async start(): Promise<void> {
    this.#tellProblems();
    await this.#holding.hold();
    const left = await this.#takeUp();
    const early = this.#early ?? [];
    this.#early = undefined;
    for (const delivery of early) {
      if (!left.has(delivery.id)) this.#add(delivery);
    }
    this.#views.followDeadLetters(() => void this.#deadLetters.look(), this.#abort.signal);
    await this.#deadLetters.look();
    this.#holding.start();
    this.#look();
  }

  /** New rules: for every event that is decided and every delivery that begins from now on. */
  reload(rules: PipelineRules): void {
    this.#plans = new HandlerPlans(rules);
    this.#books.forget();
    this.#tellProblems();
    this.#carrier.look();
  }

  /**
   * Who is to be told of an event. Touches nothing but the log: deliveries and records are to be committed together
   * with the event, in the order in which they were decided. Call it after `start` has resolved, or ids may sort before those that were left.
   * @param quietly nobody will be told, whatever is decided, so the log says nothing of it
   */
  decide(event: Event, quietly = false): Decision {
    const decision = decide(event, this.#plans, this.#context);
    if (!quietly) this.#books.decided(event, decision);
    return decision;
  }

  /** Carries out deliveries whose commit has resolved. Never throws, and returns at once. */
  take(deliveries: readonly Delivery[]): void {
    for (const delivery of deliveries) {
      if (this.#early) this.#early.push(delivery);
      else this.#add(delivery);
    }
  }

  /** Resolves when nothing is under way, or we stop. What rests until its next try is not waited for. */
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
    this.#carrier.stop();
    this.#deadLetters.stop();
    const settled = new AbortController();
    void this.idle().then(() => settled.abort());
    if (boundMs > 0) await sleep(this.#tools.clock, boundMs, settled.signal);
    this.#abort.abort();
    await this.#postponements.stop();
    await this.#outbox.stop();
    await this.#holding.stop();
    this.#look();
  }

  get #unwritten(): number {
    return this.#outbox.pending + this.#postponements.pending;
  }

  #tellProblems(): void {
    for (const problem of this.#plans.problems) this.#log.error(problem);
  }

  /** Resolves with the ids of what was taken up. */
  async #takeUp(): Promise<Set<string>> {
    const { mark } = this.#ids;
    const gone = new Map<string, Promise<boolean>>();
    const isOurs = (delivery: Delivery): Promise<boolean> => {
      const holder = holderOf(delivery);
      const known = gone.get(holder) ?? this.#mayTake(holder);
      gone.set(holder, known);
      return known;
    };
    const left = new Set<string>();
    for await (const deliveries of this.#outbox.takeUp({ mark, isOurs })) {
      for (const delivery of deliveries) {
        left.add(delivery.id);
        this.#ids.startBehind(delivery.id);
        this.#add(delivery);
      }
    }
    if (left.size === 0) return left;
    this.#counters.increment('deliveries_claimed', left.size);
    this.#log.info('carrying out deliveries that were left', { deliveries: left.size });
    return left;
  }

  /** What carries our mark is in hand, except before anything was: then a former process had the same chance. */
  #mayTake(holder: string): Promise<boolean> {
    if (holder === this.#ids.mark) return Promise.resolve(this.#early !== undefined);
    return this.#holding.isGone(holder);
  }

  /** Takes up what servers have left that are gone since, and sees to the age of dead letters. Never rejects. */
  async #lookAround(): Promise<void> {
    if (this.#stopping) return;
    void this.#deadLetters.look();
    const others = this.#registry.store.view('delivery')?.values() ?? [undefined];
    for (const delivery of others as Iterable<Delivery | undefined>) {
      if (delivery && holderOf(delivery) === this.#ids.mark) continue;
      await this.#takeUp().catch((error: unknown) =>
        this.#log.warn('deliveries of other servers cannot be read', { error: errorText(error) }),
      );
      return;
    }
  }

  #add(delivery: Delivery): void {
    if (this.#stopping) return;
    if (this.#backlog.keeps(delivery)) {
      this.#carrier.supersede(delivery);
      this.#readBack(delivery.handler);
    } else this.#carrier.take(delivery);
  }

  /** Reading back waits until there is much to read: each time costs as much as many deliveries. */
  #readBack(handler: string): void {
    if (!this.#backlog.isWaiting(handler)) return;
    if (this.#stopping || this.#carrier.sizeOf(handler) > this.#mostInHand / 2) return;
    void this.#backlog.refill(handler).then(() => this.#look());
  }

  /** Lets go of those who wait, when there is nothing to wait for. */
  #look(): void {
    if (this.#waiting.length === 0) return;
    const busy = this.#stopping
      ? !this.#abort.signal.aborted && this.#carrier.running + this.#unwritten > 0
      : this.inHand - this.#carrier.resting + this.#backlog.size > 0;
    if (busy) return;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }
}
