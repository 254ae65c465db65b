import type { CheckRequest } from '../../model/check.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { Counters } from '../../runtime/counters.ts';
import type { Log } from '../../runtime/log.ts';
import type { Random } from '../../runtime/random.ts';
import type {
  BatchOptions,
  Consumer,
  Outgoing,
  Pipe,
  RequestTaker,
  Subscriber,
  Subscription,
  Transport,
  TransportStatistics,
} from '../port.ts';
import type { Broker } from './broker.ts';
import { Exchanges } from './exchanges.ts';
import { Intake } from './intake.ts';
import { Line } from './line.ts';
import { Publisher } from './publisher.ts';
import { QueueNames, Requests } from './requests.ts';
import type { Session } from './session.ts';
import { statisticsOf } from './statistics.ts';
import { closedError, unavailable } from './troubles.ts';
import { besideOf, DURABLE_LIMIT, durableName, type Kind } from './wire.ts';

/** Messages that are held at least: two full batches, so that one comes while the other is committed. */
export const LEAST_PREFETCH = 1_000;
const PERSISTENT = 2;

export interface RabbitmqTransportParts {
  /** Tried one after another, in an order of chance; at least one. */
  brokers: readonly Broker[];
  /** True: our results and keepalives go into queues that outlive the broker. Both kinds are consumed in any case. */
  durable?: boolean | undefined;
  /** Most messages that are held of one queue, where it is more than `LEAST_PREFETCH`. */
  prefetch?: number | undefined;
  /** Exchanges that a server takes results and keepalives from, where they are not named so. */
  pipes?: Partial<Record<Kind, string | undefined>> | undefined;
  /** Most messages that wait in a durable queue; the same in each process on a broker. */
  queueLimit?: number | undefined;
  clock: Clock;
  log: Log;
  random: Random;
  counters: Counters;
  /** Of this program. */
  version: string;
}

/**
 * The transport over RabbitMQ. It connects at once, and again and again until it is closed; nothing waits for that. A
 * result or keepalive is acknowledged when the broker confirms it. Without a connection, and where no queue is there for
 * a message, publishing rejects with kind `unavailable`: the message may be sent again, under the same number.
 */
export function createRabbitmqTransport(parts: RabbitmqTransportParts): Transport {
  return new RabbitmqTransport(parts);
}

class RabbitmqTransport implements Transport {
  readonly name = 'rabbitmq';
  readonly #parts: RabbitmqTransportParts;
  readonly #line: Line;
  readonly #publisher: Publisher;
  readonly #exchanges = new Exchanges();
  readonly #intakes: Readonly<Record<Kind, Intake>>;
  readonly #requests = new Set<Requests>();
  readonly #names = new QueueNames();
  readonly #durable: boolean;
  #closing: Promise<void> | undefined;

  constructor(parts: RabbitmqTransportParts) {
    const { durable = false, queueLimit = DURABLE_LIMIT } = parts;
    this.#parts = parts;
    this.#durable = durable;
    this.#line = new Line(parts);
    const shared = { ...parts, line: this.#line, durable, queueLimit };
    this.#publisher = new Publisher({ ...shared, lost: () => this.#exchanges.forget() });
    const prefetch = Math.max(parts.prefetch ?? 0, LEAST_PREFETCH);
    const intake = (kind: Kind): Intake =>
      new Intake({ ...shared, kind, exchange: parts.pipes?.[kind] ?? kind, prefetch });
    this.#intakes = { results: intake('results'), keepalives: intake('keepalives') };
  }

  get connected(): boolean {
    return this.#closing === undefined && this.#publisher.ready;
  }

  publishResult(message: Outgoing): Promise<void> {
    return this.#publish('results', message);
  }

  publishKeepalive(message: Outgoing): Promise<void> {
    return this.#publish('keepalives', message);
  }

  async publishRequest(subscription: string, request: CheckRequest): Promise<number | null> {
    const content = Buffer.from(JSON.stringify(request));
    await this.#exchanges.subscription(this.#session(), subscription);
    return (await this.#publisher.publish(subscription, content, {})) ? null : 0;
  }

  async publishTo(pipe: Pipe, data: string): Promise<number | null> {
    const content = Buffer.from(data);
    await this.#exchanges.pipe(this.#session(), pipe);
    return (await this.#publisher.publish(pipe.name, content, {})) ? null : 0;
  }

  async subscribe(subscriber: Subscriber, take: RequestTaker): Promise<Subscription> {
    this.#assertOpen();
    const requests = new Requests({ ...this.#parts, line: this.#line, names: this.#names }, subscriber, take);
    this.#requests.add(requests);
    await requests.attempted;
    return { stop: () => requests.stop().finally(() => this.#requests.delete(requests)) };
  }

  async consumeResults(consumer: Consumer, options: BatchOptions): Promise<Subscription> {
    this.#assertOpen();
    return this.#intakes.results.consume(consumer, options);
  }

  async consumeKeepalives(consumer: Consumer, options: BatchOptions): Promise<Subscription> {
    this.#assertOpen();
    return this.#intakes.keepalives.consume(consumer, options);
  }

  async statistics(): Promise<TransportStatistics | null> {
    this.#assertOpen();
    const { session } = this.#line;
    if (!session) return null;
    try {
      return await statisticsOf(session);
    } catch {
      // The connection went meanwhile.
      return null;
    }
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    await Promise.all([
      this.#publisher.close(),
      this.#intakes.results.close(),
      this.#intakes.keepalives.close(),
      ...Array.from(this.#requests, (requests) => requests.close()),
    ]);
    await this.#line.close();
  }

  async #publish(kind: Kind, { body, id, spooled }: Outgoing): Promise<void> {
    const content = Buffer.from(JSON.stringify(body));
    const beside = besideOf({ id, spooled });
    const kept = this.#durable
      ? await this.#publisher.publish(durableName(kind), content, { ...beside, deliveryMode: PERSISTENT })
      : await this.#publisher.publish(kind, content, beside);
    if (!kept) throw unavailable(`no server consumes ${kind} at the broker`);
  }

  #session(): Session {
    this.#assertOpen();
    const { session } = this.#line;
    if (!session || session.over) throw unavailable('there is no connection to a broker');
    return session;
  }

  #assertOpen(): void {
    if (this.#closing !== undefined) throw closedError();
  }
}
