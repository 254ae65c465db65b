import type { Clock, Timer } from '../../runtime/clock.ts';
import type { Counters } from '../../runtime/counters.ts';
import type { Log } from '../../runtime/log.ts';
import type { Random } from '../../runtime/random.ts';
import { type Broker, nameOf } from './broker.ts';
import { Session } from './session.ts';
import { whyNoConnection } from './troubles.ts';

const FIRST_PAUSE_MS = 400;
const LONGEST_PAUSE_MS = 20_000;
/** Reasons of one outage that are told. */
const MOST_COMPLAINTS = 10;

export interface LineParts {
  /** At least one. */
  brokers: readonly Broker[];
  version: string;
  clock: Clock;
  random: Random;
  log: Log;
  counters: Counters;
}

/** Who works over the line: told of each session when it begins and when it has ended. */
export interface LineUser {
  begin(session: Session): void;
  end(): void;
}

/** Milliseconds until the next try after so many failures: doubled, bounded, cut by chance so that a fleet spreads. */
export function pauseMs(failures: number, random: Pick<Random, 'number'>): number {
  const longest = Math.min(FIRST_PAUSE_MS * 2 ** Math.max(failures - 1, 0), LONGEST_PAUSE_MS);
  return longest * (0.5 + random.number() / 2);
}

/** The brokers in a new order. (Sensu Core 1.9 shuffles its brokers, and again when all were tried.) */
export function shuffled<Item>(items: readonly Item[], random: Pick<Random, 'number'>): Item[] {
  return items
    .map((item) => ({ item, key: random.number() }))
    .sort((left, right) => left.key - right.key)
    .map(({ item }) => item);
}

/**
 * Keeps a session with one of several brokers: connects at once, and again and again until it is closed. An outage is a
 * line of the log for each reason, not for each try.
 */
export class Line {
  readonly #parts: LineParts;
  readonly #users = new Set<LineUser>();
  readonly #complaints = new Set<string>();
  readonly #stop = new AbortController();
  #turns: Broker[] = [];
  #session: Session | undefined;
  #blocked = false;
  #timer: Timer | undefined;
  #failures = 0;
  #closing: Promise<void> | undefined;
  #trying: Promise<void>;

  constructor(parts: LineParts) {
    this.#parts = parts;
    this.#trying = this.#try();
  }

  get session(): Session | undefined {
    return this.#session;
  }

  /** True while the broker takes no messages. */
  get blocked(): boolean {
    return this.#blocked;
  }

  join(user: LineUser): void {
    this.#users.add(user);
    if (this.#session) user.begin(this.#session);
  }

  leave(user: LineUser): void {
    this.#users.delete(user);
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#timer?.cancel();
    this.#stop.abort();
    const session = this.#session;
    this.#session = undefined;
    await session?.close();
    await this.#trying;
  }

  async #try(): Promise<void> {
    this.#timer = undefined;
    const { brokers, random, version, clock, log } = this.#parts;
    if (this.#turns.length === 0) this.#turns = shuffled(brokers, random);
    const broker = this.#turns.shift();
    if (!broker) return;
    try {
      const session = await Session.open(
        {
          ...{ broker, version, clock },
          lost: (reason) => this.#lost(session, reason),
          blocked: (reason) => this.#nowBlocked(broker, reason),
        },
        this.#stop.signal,
      );
      if (this.#stop.signal.aborted) return await session.close();
      this.#failures = 0;
      this.#complaints.clear();
      this.#blocked = false;
      this.#session = session;
      log.info('connected to a broker', { broker: nameOf(broker) });
      for (const user of [...this.#users]) user.begin(session);
    } catch (error) {
      if (this.#stop.signal.aborted) return;
      this.#complain(whyNoConnection(error, broker));
      this.#again();
    }
  }

  #lost(session: Session, reason: string): void {
    if (this.#session !== session) return;
    this.#session = undefined;
    this.#complain(`the connection to RabbitMQ at ${nameOf(session.broker)} was lost: ${reason}`);
    for (const user of [...this.#users]) user.end();
    this.#again();
  }

  #again(): void {
    const { clock, random, counters } = this.#parts;
    counters.increment('brokers_lost');
    this.#failures += 1;
    this.#timer = clock.after(pauseMs(this.#failures, random), () => {
      this.#trying = this.#try();
    });
  }

  #complain(reason: string): void {
    const { log } = this.#parts;
    const again = this.#complaints.has(reason) || this.#complaints.size >= MOST_COMPLAINTS;
    if (!again) this.#complaints.add(reason);
    log[again ? 'debug' : 'error']('no broker is reached; it tries on', { reason });
  }

  #nowBlocked(broker: Broker, reason: string | undefined): void {
    this.#blocked = reason !== undefined;
    const fields = { broker: nameOf(broker), ...(reason === undefined ? {} : { reason }) };
    if (this.#blocked)
      this.#parts.log.error('the broker takes no messages: it is short of memory or disk', fields);
    else this.#parts.log.info('the broker takes messages again', fields);
  }
}
