import type { ConfirmChannel, Message, Options } from 'amqplib';
import type { Clock } from '../../runtime/clock.ts';
import type { Log } from '../../runtime/log.ts';
import { KeptChannel } from './kept-channel.ts';
import type { Line } from './line.ts';
import { closedError, refused, unavailable } from './troubles.ts';
import {
  DURABLE_EXCHANGE,
  durableName,
  durableQueue,
  type Kind,
  PROPERTIES,
  ROUTING_KEY,
  TRANSIENT_EXCHANGE,
} from './wire.ts';

/** Most messages, and bytes, that the broker has not confirmed; beyond it publishing rejects. */
export const MOST_UNCONFIRMED = 10_000;
export const MOST_UNCONFIRMED_BYTES = 32 * 1024 * 1024;
/** A broker ends the connection of whoever sends more than it takes: 128 MiB, unless it is told otherwise. */
const LARGEST_MESSAGE = 16 * 1024 * 1024;

interface Unconfirmed {
  exchange: string;
  content: Buffer;
  messageId: string | undefined;
  /** True when it came back: no queue was there for it. */
  returned: boolean;
  reject: (error: Error) => void;
}

/** Publishes, and says what became of each message: the broker has it, or it has not. */
export class Publisher {
  readonly #line: Line;
  readonly #channel: KeptChannel<ConfirmChannel>;
  readonly #unconfirmed = new Set<Unconfirmed>();
  #bytes = 0;
  #closed = false;

  constructor(parts: {
    line: Line;
    clock: Clock;
    log: Log;
    /** True: results and keepalives go into queues that outlive the broker. */
    durable: boolean;
    queueLimit: number;
    /** The channel has gone; exchanges that were declared may have, too. */
    lost: () => void;
  }) {
    this.#line = parts.line;
    this.#channel = new KeptChannel<ConfirmChannel>({
      ...parts,
      what: 'publishing',
      open: (session) => session.primary.createConfirmChannel(),
      setup: async (channel) => {
        channel.on('return', (message) => this.#returned(message));
        for (const kind of ['results', 'keepalives'] as const) await declare(channel, kind, parts);
      },
      lost: () => parts.lost(),
    });
    this.#line.join(this.#channel);
  }

  get ready(): boolean {
    return this.#channel.channel !== undefined;
  }

  /**
   * Resolves with true when the broker has it in a queue, with false when no queue was there for it. Rejects with kind
   * `unavailable` when the broker did not confirm it; it may have it nevertheless.
   */
  publish(exchange: string, content: Buffer, options: Options.Publish): Promise<boolean> {
    const { channel } = this.#channel;
    if (this.#closed) return Promise.reject(closedError());
    if (!channel) return Promise.reject(unavailable('there is no connection to a broker'));
    if (this.#line.blocked)
      return Promise.reject(unavailable('the broker takes no messages: it is short of memory or disk'));
    if (content.length > LARGEST_MESSAGE)
      return Promise.reject(refused(`it has ${content.length} bytes; at most ${LARGEST_MESSAGE} are sent`));
    if (this.#unconfirmed.size >= MOST_UNCONFIRMED || this.#bytes > MOST_UNCONFIRMED_BYTES)
      return Promise.reject(unavailable('the broker has not confirmed what was sent before'));
    return new Promise((resolve, reject) => {
      const one: Unconfirmed = { exchange, content, messageId: options.messageId, returned: false, reject };
      this.#unconfirmed.add(one);
      this.#bytes += content.length;
      const told = (error: unknown): void => {
        if (!this.#unconfirmed.delete(one)) return;
        this.#bytes -= content.length;
        if (error) reject(notConfirmed(error));
        else resolve(!one.returned);
      };
      try {
        channel.publish(exchange, ROUTING_KEY, content, { ...PROPERTIES, ...options, mandatory: true }, told);
      } catch (error) {
        told(error);
      }
    });
  }

  async close(): Promise<void> {
    this.#closed = true;
    const waiting = [...this.#unconfirmed];
    this.#unconfirmed.clear();
    this.#bytes = 0;
    for (const { reject } of waiting) reject(closedError());
    this.#line.leave(this.#channel);
    await this.#channel.close();
  }

  /** What comes back carries no mark of ours; it is the oldest of its kind, or one that is the same. */
  #returned({ fields, properties, content }: Message): void {
    for (const one of this.#unconfirmed) {
      if (one.returned || one.exchange !== fields.exchange || one.messageId !== properties.messageId)
        continue;
      if (!one.content.equals(content)) continue;
      one.returned = true;
      return;
    }
  }
}

/** A message of the broker's own says that it took none: its queue is full. */
function notConfirmed(error: unknown): Error {
  return error instanceof Error && error.message === 'message nacked'
    ? unavailable('the broker did not take it: the queue is full')
    : unavailable('the connection ended before the broker had confirmed it');
}

async function declare(
  channel: ConfirmChannel,
  kind: Kind,
  { durable, queueLimit }: { durable: boolean; queueLimit: number },
): Promise<void> {
  if (!durable) {
    await channel.assertExchange(kind, 'direct', TRANSIENT_EXCHANGE);
    return;
  }
  const name = durableName(kind);
  await channel.assertExchange(name, 'direct', DURABLE_EXCHANGE);
  await channel.assertQueue(name, durableQueue(queueLimit));
  await channel.bindQueue(name, name, ROUTING_KEY);
}
