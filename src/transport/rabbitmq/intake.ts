import type { Channel, ConsumeMessage } from 'amqplib';
import type { ResultId } from '../../model/taken.ts';
import type { Clock, Timer } from '../../runtime/clock.ts';
import type { Log } from '../../runtime/log.ts';
import { BatchQueue } from '../batches.ts';
import type { BatchOptions, Consumer, Incoming, Subscription } from '../port.ts';
import { KeptChannel } from './kept-channel.ts';
import type { Line } from './line.ts';
import { DeliveryWindow } from './window.ts';
import {
  bodyOf,
  DURABLE_EXCHANGE,
  durableName,
  durableQueue,
  type Kind,
  ROUTING_KEY,
  readBeside,
  TRANSIENT_EXCHANGE,
  TRANSIENT_QUEUE,
} from './wire.ts';

/**
 * What is held for one to two of these goes back to the broker, which hands it out again: brokers end the channel of a
 * consumer that does not acknowledge (after 15 or 30 minutes, unless told otherwise).
 */
export const HELD_MS = 300_000;

/** A message as it was delivered on a channel. */
interface Delivered extends Incoming {
  id: ResultId | undefined;
  spooled: true | undefined;
  tag: number;
  /** Of the channel that delivered it. */
  window: DeliveryWindow;
}

export interface IntakeParts {
  kind: Kind;
  /** The exchange that the transient queue is bound to: named like the queue unless told otherwise. */
  exchange: string;
  line: Line;
  clock: Clock;
  log: Log;
  /** Most messages that are held, of each queue. */
  prefetch: number;
  queueLimit: number;
}

/** Consumes results, or keepalives: from the queue that Sensu uses, and from the durable one. */
export class Intake {
  readonly #parts: IntakeParts;
  readonly #queue: BatchQueue<Delivered>;
  #window = new DeliveryWindow();
  #channel: KeptChannel<Channel> | undefined;
  #consumers = 0;
  #timer: Timer | undefined;
  /** The newest message at the last look; what is open of those at the next look is given back. */
  #newest = 0;
  #lastSeen = 0;

  constructor(parts: IntakeParts) {
    this.#parts = parts;
    this.#queue = new BatchQueue<Delivered>({
      clock: parts.clock,
      log: parts.log,
      acknowledge: (batch) => this.#acknowledge(batch),
    });
  }

  /** Resolves when the broker hands messages to it; when there is no connection, at once, and it is made good then. */
  async consume(consumer: Consumer, options: BatchOptions): Promise<Subscription> {
    const subscription = this.#queue.consume(consumer, options);
    this.#consumers += 1;
    if (!this.#channel) this.#begin();
    await this.#channel?.attempted;
    let stopped: Promise<void> | undefined;
    return {
      stop: () => {
        stopped ??= this.#stop(subscription);
        return stopped;
      },
    };
  }

  async close(): Promise<void> {
    this.#queue.close();
    await this.#end();
  }

  #begin(): void {
    const { line, prefetch } = this.#parts;
    this.#channel = new KeptChannel<Channel>({
      ...this.#parts,
      what: `consuming ${this.#parts.kind}`,
      open: async (session) => (await session.consuming()).createChannel(),
      setup: async (channel) => {
        const window = new DeliveryWindow();
        this.#window = window;
        this.#newest = 0;
        this.#lastSeen = 0;
        await channel.prefetch(prefetch);
        for (const queue of await this.#declare(channel))
          await channel.consume(queue, (message) => this.#take(channel, window, message));
      },
      lost: () => this.#forget(),
    });
    line.join(this.#channel);
  }

  async #declare(channel: Channel): Promise<string[]> {
    const { kind, exchange, queueLimit } = this.#parts;
    const durable = durableName(kind);
    await channel.assertExchange(exchange, 'direct', TRANSIENT_EXCHANGE);
    await channel.assertQueue(kind, TRANSIENT_QUEUE);
    await channel.bindQueue(kind, exchange, ROUTING_KEY);
    await channel.assertExchange(durable, 'direct', DURABLE_EXCHANGE);
    await channel.assertQueue(durable, durableQueue(queueLimit));
    await channel.bindQueue(durable, durable, ROUTING_KEY);
    return [kind, durable];
  }

  #take(channel: Channel, window: DeliveryWindow, message: ConsumeMessage | null): void {
    if (window !== this.#window) return;
    if (message === null) {
      // The queue was deleted, or moved to another broker: everything is declared again.
      void channel.close().catch(() => undefined);
      return;
    }
    const { deliveryTag: tag, redelivered } = message.fields;
    window.delivered(tag);
    this.#newest = tag;
    this.#timer ??= this.#parts.clock.after(HELD_MS, () => this.#look());
    const beside = readBeside(message.properties);
    this.#queue.add({ body: bodyOf(message.content), ...beside, redelivered, tag, window });
  }

  #acknowledge(batch: readonly Delivered[]): void {
    const window = this.#window;
    const tags = batch.filter((message) => message.window === window).map((message) => message.tag);
    const channel = this.#channel?.channel;
    if (!channel || tags.length === 0) return;
    try {
      for (const { tag, upTo } of window.settle(tags)) channel.ack(tagged(tag), upTo);
    } catch {
      // The channel is closing; what it delivered comes again.
    }
    if (window.size === 0) this.#rest();
  }

  /** Gives back what is held for long, in its place, and takes it again. The consumer stays: its queue goes with it. */
  #look(): void {
    const { clock, log, kind } = this.#parts;
    const { oldest = Number.POSITIVE_INFINITY } = this.#window;
    const held = oldest <= this.#lastSeen;
    this.#lastSeen = this.#newest;
    this.#timer = clock.after(HELD_MS, () => this.#look());
    const channel = this.#channel?.channel;
    if (!held || !channel) return;
    log.error('messages could not be committed for minutes; they go back to the broker and are taken again', {
      queue: kind,
      messages: this.#window.size,
    });
    const window = this.#window;
    this.#queue.clear();
    for (let tag = window.oldest; tag !== undefined; tag = window.oldest) window.settle([tag]);
    try {
      channel.nackAll(true);
    } catch {
      // The channel is closing; that gives them back as well.
    }
  }

  /** The channel has gone: acknowledgements of it are void, and what it delivered comes again, marked. */
  #forget(): void {
    this.#window = new DeliveryWindow();
    this.#queue.clear();
    this.#rest();
  }

  #rest(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#lastSeen = 0;
  }

  async #stop(subscription: Subscription): Promise<void> {
    await subscription.stop();
    this.#consumers -= 1;
    if (this.#consumers === 0) await this.#end();
  }

  async #end(): Promise<void> {
    const channel = this.#channel;
    this.#channel = undefined;
    this.#forget();
    if (!channel) return;
    this.#parts.line.leave(channel);
    await channel.close();
  }
}

/** The library asks for a message where a number would do. */
function tagged(deliveryTag: number): ConsumeMessage {
  return { fields: { deliveryTag } } as ConsumeMessage;
}
