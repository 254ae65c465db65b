import type { Channel, ConsumeMessage } from 'amqplib';
import { type Clock, type Timer, unixSeconds } from '../../runtime/clock.ts';
import { errorText } from '../../runtime/errors.ts';
import type { Log } from '../../runtime/log.ts';
import type { RequestTaker, Subscriber, Subscription } from '../port.ts';
import { isOneOfMany } from '../subscriptions.ts';
import { KeptChannel } from './kept-channel.ts';
import type { Line } from './line.ts';
import { bodyOf, ROUTING_KEY, TRANSIENT_EXCHANGE, TRANSIENT_QUEUE } from './wire.ts';

/** A request that runs longer is acknowledged: the broker would end the channel otherwise. */
export const LONGEST_HELD_MS = 600_000;
/** Requests that were not taken and may come back, as the broker cannot know whom it has asked. */
const MOST_REFUSED = 100;

/** Names of queues that this process has given, so that none is given twice. */
export class QueueNames {
  #second = 0;
  readonly #given = new Map<string, number>();

  /** `<client>-<version>-<Unix seconds>`, as Sensu calls it; further ones of the same second get a number. */
  next(client: string, version: string, clock: Pick<Clock, 'now'>): string {
    const second = unixSeconds(clock);
    if (second !== this.#second) this.#given.clear();
    this.#second = second;
    const name = `${client}-${version}-${second}`;
    const count = (this.#given.get(name) ?? 0) + 1;
    this.#given.set(name, count);
    return count === 1 ? name : `${name}-${count}`;
  }
}

export interface RequestsParts {
  line: Line;
  clock: Clock;
  log: Log;
  version: string;
  names: QueueNames;
}

/**
 * The requests of one subscriber. Copies come through a queue of its own, and the broker forgets what it has handed out;
 * of requests to one of many it holds one of each subscription, until its check has ended, so the next one goes to
 * an agent that is idle.
 */
export class Requests implements Subscription {
  readonly #parts: RequestsParts;
  readonly #subscriber: Subscriber;
  readonly #take: RequestTaker;
  readonly #channel: KeptChannel<Channel>;
  readonly #refused = new Set<string>();
  readonly #timers = new Set<Timer>();
  #tags: string[] = [];
  #inHand = 0;
  #release: () => void = () => {};
  #closed = false;
  #stopping: Promise<void> | undefined;

  constructor(parts: RequestsParts, subscriber: Subscriber, take: RequestTaker) {
    this.#parts = parts;
    this.#subscriber = subscriber;
    this.#take = take;
    this.#channel = new KeptChannel<Channel>({
      ...parts,
      what: `listening for requests to ${subscriber.client}`,
      open: (session) => session.primary.createChannel(),
      setup: (channel) => this.#setup(channel),
      lost: () => {},
    });
    parts.line.join(this.#channel);
  }

  /** Resolves when the broker hands requests to it; without a connection at once. */
  get attempted(): Promise<void> {
    return this.#channel.attempted;
  }

  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  /** Waits for nobody. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#release();
    for (const timer of this.#timers) timer.cancel();
    this.#parts.line.leave(this.#channel);
    await this.#channel.close();
  }

  async #stop(): Promise<void> {
    const { channel } = this.#channel;
    this.#parts.line.leave(this.#channel);
    if (channel) await Promise.all(this.#tags.map((tag) => channel.cancel(tag).catch(() => undefined)));
    if (this.#inHand > 0 && !this.#closed)
      await new Promise<void>((resolve) => {
        this.#release = resolve;
      });
    await this.close();
  }

  async #setup(channel: Channel): Promise<void> {
    const subscriptions = [...new Set(this.#subscriber.subscriptions)];
    this.#tags = [];
    await channel.prefetch(1);
    const copied = subscriptions.filter((subscription) => !isOneOfMany(subscription));
    if (copied.length > 0) await this.#listenToCopies(channel, copied);
    for (const subscription of subscriptions.filter(isOneOfMany)) await this.#listen(channel, subscription);
  }

  async #listenToCopies(channel: Channel, subscriptions: readonly string[]): Promise<void> {
    const { clock, version, names } = this.#parts;
    const queue = names.next(this.#subscriber.client, version, clock);
    await channel.assertQueue(queue, TRANSIENT_QUEUE);
    for (const subscription of subscriptions) {
      await channel.assertExchange(subscription, 'fanout', TRANSIENT_EXCHANGE);
      await channel.bindQueue(queue, subscription, ROUTING_KEY);
    }
    const { consumerTag } = await channel.consume(
      queue,
      (message) => {
        if (message === null) void channel.close().catch(() => undefined);
        else void this.#hand(bodyOf(message.content));
      },
      { noAck: true },
    );
    this.#tags.push(consumerTag);
  }

  async #listen(channel: Channel, subscription: string): Promise<void> {
    await channel.assertExchange(subscription, 'direct', TRANSIENT_EXCHANGE);
    await channel.assertQueue(subscription, TRANSIENT_QUEUE);
    await channel.bindQueue(subscription, subscription, ROUTING_KEY);
    const { consumerTag } = await channel.consume(subscription, (message) => {
      if (message === null) void channel.close().catch(() => undefined);
      else void this.#serve(channel, message);
    });
    this.#tags.push(consumerTag);
  }

  /** Takes one of many's request; one that is not taken goes back for another agent, and ends when it comes round again. */
  async #serve(channel: Channel, message: ConsumeMessage): Promise<void> {
    const text = message.content.toString('utf8');
    let open = true;
    const answer = (taken: boolean, again: boolean): void => {
      if (!open) return;
      open = false;
      try {
        if (taken) channel.ack(message);
        else channel.nack(message, false, again);
      } catch {
        // The channel has gone; the broker hands it to another agent.
      }
    };
    if (message.fields.redelivered && this.#refused.has(text)) return answer(false, false);
    const timer = this.#parts.clock.after(LONGEST_HELD_MS, () => answer(true, false));
    this.#timers.add(timer);
    const taken = await this.#hand(bodyOf(message.content));
    timer.cancel();
    this.#timers.delete(timer);
    if (!taken) this.#remember(text);
    answer(taken, true);
  }

  #remember(text: string): void {
    this.#refused.add(text);
    for (const oldest of this.#refused) {
      if (this.#refused.size <= MOST_REFUSED) break;
      this.#refused.delete(oldest);
    }
  }

  /** Hands out a request in a turn of its own; false when it was not taken. */
  async #hand(request: unknown): Promise<boolean> {
    this.#inHand += 1;
    await Promise.resolve();
    let taken = true;
    try {
      if (!this.#closed) await this.#take(request);
    } catch (error) {
      taken = false;
      const { client } = this.#subscriber;
      this.#parts.log.error('an agent failed on a request', { client, error: errorText(error) });
    }
    this.#inHand -= 1;
    if (this.#inHand === 0) this.#release();
    return taken;
  }
}
