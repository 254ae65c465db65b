import type { ResultId } from '../../model/taken.ts';
import type { Clock } from '../../runtime/clock.ts';
import { TocsinError } from '../../runtime/errors.ts';
import type { Log } from '../../runtime/log.ts';
import { BatchQueue } from '../batches.ts';
import type { BatchOptions, Consumer, Incoming, Outgoing, QueueStatistics, Subscription } from '../port.ts';

/** A message and the promise of its publisher. What consumers see of it is an `Incoming`. */
class Message implements Incoming {
  readonly body: unknown;
  readonly id: ResultId | undefined;
  readonly spooled: true | undefined;
  redelivered = false;
  readonly #resolve: () => void;
  readonly #reject: (error: TocsinError) => void;

  constructor({ body, id, spooled }: Outgoing, resolve: () => void, reject: (error: TocsinError) => void) {
    this.body = body;
    this.id = id;
    this.spooled = spooled;
    this.#resolve = resolve;
    this.#reject = reject;
  }

  acknowledge(): void {
    this.#resolve();
  }

  refuse(error: TocsinError): void {
    this.#reject(error);
  }
}

/** Results, or keepalives, on their way from the agents of this process to its servers. */
export class MessageQueue {
  readonly #queue: BatchQueue<Message>;
  readonly #what: string;
  readonly #limit: number;
  #closed = false;

  /** @param parts.what names what is carried, in errors */
  constructor({ clock, log, what, limit }: { clock: Clock; log: Log; what: string; limit: number }) {
    this.#what = what;
    this.#limit = limit;
    this.#queue = new BatchQueue<Message>({
      clock,
      log,
      acknowledge(batch) {
        for (const message of batch) message.acknowledge();
      },
    });
  }

  publish(message: Outgoing): Promise<void> {
    if (this.#closed) return Promise.reject(this.#closedError());
    if (this.#queue.unacknowledged >= this.#limit) return Promise.reject(this.#fullError());
    return new Promise((resolve, reject) => this.#queue.add(new Message(message, resolve, reject)));
  }

  consume(consumer: Consumer, options: BatchOptions): Subscription {
    return this.#queue.consume(consumer, options);
  }

  statistics(): QueueStatistics {
    return { messages: this.#queue.waiting, consumers: this.#queue.consumers };
  }

  close(): void {
    this.#closed = true;
    for (const message of this.#queue.close()) message.refuse(this.#closedError());
  }

  #closedError(): TocsinError {
    return new TocsinError(
      'TRANSPORT_CLOSED',
      `the memory transport was closed before ${this.#what} were taken`,
    );
  }

  #fullError(): TocsinError {
    return new TocsinError(
      'TRANSPORT_UNAVAILABLE',
      `${this.#limit} ${this.#what} wait in the memory transport and no more are taken; see in the log why the server takes none`,
    );
  }
}
