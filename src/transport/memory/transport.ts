import type { CheckRequest } from '../../model/check.ts';
import type { Clock } from '../../runtime/clock.ts';
import { TocsinError } from '../../runtime/errors.ts';
import { type Log, silentLog } from '../../runtime/log.ts';
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
import { MessageQueue } from './messages.ts';
import { RequestBoard } from './requests.ts';

/** Most results, and most keepalives, that wait or are in hand unless told otherwise. */
export const WAITING_LIMIT = 50_000;

export interface MemoryTransportOptions {
  clock: Clock;
  log?: Log | undefined;
  /** Most results, and most keepalives, that wait or are in hand; beyond it publishing rejects. */
  waitingLimit?: number | undefined;
}

/** The transport within one process; see `docs/transport.md` for what it promises. */
export function createMemoryTransport(options: MemoryTransportOptions): Transport {
  return new MemoryTransport(options);
}

class MemoryTransport implements Transport {
  readonly name = 'memory';
  readonly #results: MessageQueue;
  readonly #keepalives: MessageQueue;
  readonly #requests: RequestBoard;
  #closed = false;

  constructor({ clock, log = silentLog, waitingLimit = WAITING_LIMIT }: MemoryTransportOptions) {
    this.#results = new MessageQueue({ clock, log, what: 'results', limit: waitingLimit });
    this.#keepalives = new MessageQueue({ clock, log, what: 'keepalives', limit: waitingLimit });
    this.#requests = new RequestBoard(log);
  }

  get connected(): boolean {
    return !this.#closed;
  }

  publishResult(message: Outgoing): Promise<void> {
    return this.#results.publish(message);
  }

  publishKeepalive(message: Outgoing): Promise<void> {
    return this.#keepalives.publish(message);
  }

  async publishRequest(subscription: string, request: CheckRequest): Promise<number> {
    this.#assertOpen();
    return this.#requests.publish(subscription, request);
  }

  async publishTo(pipe: Pipe): Promise<never> {
    this.#assertOpen();
    throw new TocsinError(
      'TRANSPORT_PIPES',
      `the pipe "${pipe.name}" is for programs that listen at a broker, and the memory transport has none`,
    );
  }

  async subscribe(subscriber: Subscriber, take: RequestTaker): Promise<Subscription> {
    this.#assertOpen();
    return this.#requests.subscribe(subscriber, take);
  }

  async consumeResults(consumer: Consumer, options: BatchOptions): Promise<Subscription> {
    this.#assertOpen();
    return this.#results.consume(consumer, options);
  }

  async consumeKeepalives(consumer: Consumer, options: BatchOptions): Promise<Subscription> {
    this.#assertOpen();
    return this.#keepalives.consume(consumer, options);
  }

  async statistics(): Promise<TransportStatistics> {
    this.#assertOpen();
    return { keepalives: this.#keepalives.statistics(), results: this.#results.statistics() };
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#results.close();
    this.#keepalives.close();
    this.#requests.close();
  }

  #assertOpen(): void {
    if (this.#closed) throw closedError('the memory transport');
  }
}

function closedError(what: string): TocsinError {
  return new TocsinError('TRANSPORT_CLOSED', `${what} was closed`);
}
