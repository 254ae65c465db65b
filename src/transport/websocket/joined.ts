import { errorText, TocsinError } from '../../runtime/errors.ts';
import type { Log } from '../../runtime/log.ts';
import type { RequestTaker, Subscriber, Subscription } from '../port.ts';
import type { AgentFrame } from './frames.ts';

/** One subscription of an agent: it outlives connections. */
class Membership {
  readonly number: number;
  readonly subscriber: Subscriber;
  readonly take: RequestTaker;
  inHand = 0;
  /** Settles what waits for the server's answer to `subscribe`; undefined: nobody waits. */
  answer: { resolve: () => void; reject: (error: TocsinError) => void } | undefined;
  /** The server has been told to hand out nothing more, and has not confirmed it. */
  leaving = false;
  stopped: Promise<void> | undefined;
  release: () => void = () => {};

  constructor(number: number, subscriber: Subscriber, take: RequestTaker) {
    this.number = number;
    this.subscriber = subscriber;
    this.take = take;
  }
}

/** What an agent is subscribed to, over all connections, and the requests that it is taking. */
export class Joined {
  readonly #log: Log;
  readonly #connected: () => boolean;
  readonly #send: (frame: AgentFrame) => void;
  readonly #members = new Map<number, Membership>();
  /** Stopped, gone from the server, with requests in hand. */
  readonly #leaving = new Set<Membership>();
  #closed = false;

  constructor(parts: { log: Log; connected: () => boolean; send: (frame: AgentFrame) => void }) {
    this.#log = parts.log;
    this.#connected = parts.connected;
    this.#send = parts.send;
  }

  /** Resolves when the server has answered; at once while there is none: then it is told when there is one. */
  async subscribe(number: number, subscriber: Subscriber, take: RequestTaker): Promise<Subscription> {
    const member = new Membership(number, subscriber, take);
    this.#members.set(number, member);
    if (this.#connected()) {
      await new Promise<void>((resolve, reject) => {
        member.answer = { resolve, reject };
        this.#join(member);
      });
    }
    return {
      stop: () => {
        member.stopped ??= this.#stop(member);
        return member.stopped;
      },
    };
  }

  /** There is a server again. */
  restore(): void {
    for (const member of this.#members.values()) this.#join(member);
  }

  /** The connection ended: nobody will answer on it. */
  lost(): void {
    for (const member of [...this.#members.values()]) {
      member.answer?.resolve();
      member.answer = undefined;
      if (member.leaving) this.#left(member);
    }
  }

  subscribed(number: number): void {
    const member = this.#members.get(number);
    member?.answer?.resolve();
    if (member) member.answer = undefined;
  }

  notSubscribed(number: number, reason: string): void {
    const member = this.#members.get(number);
    if (!member) return;
    if (member.answer) {
      this.#members.delete(number);
      member.answer.reject(
        new TocsinError('TRANSPORT_REFUSED', `the server refused to subscribe: ${reason}`),
      );
    } else {
      this.#log.error('the server no longer hands requests to this agent', { reason });
    }
  }

  unsubscribed(number: number): void {
    const member = this.#members.get(number);
    if (member?.leaving) this.#left(member);
  }

  /** A request came. */
  request(number: number, subscription: number, body: unknown): void {
    const member = this.#members.get(subscription);
    if (member) void this.#take(member, number, body);
    else this.#send({ type: 'ended', number, taken: false });
  }

  /** Lets go of whoever waits. */
  close(): void {
    this.#closed = true;
    const error = new TocsinError('TRANSPORT_CLOSED', 'the websocket transport was closed');
    for (const member of this.#members.values()) {
      member.answer?.reject(error);
      member.release();
    }
    for (const member of this.#leaving) member.release();
    this.#members.clear();
    this.#leaving.clear();
  }

  #join({ number, subscriber: { client, subscriptions } }: Membership): void {
    this.#send({ type: 'subscribe', number, client, subscriptions });
  }

  async #take(member: Membership, number: number, body: unknown): Promise<void> {
    member.inHand += 1;
    let taken = true;
    try {
      await member.take(body);
    } catch (error) {
      taken = false;
      this.#log.error('a request failed', { client: member.subscriber.client, error: errorText(error) });
    }
    member.inHand -= 1;
    this.#send({ type: 'ended', number, taken });
    if (member.inHand === 0 && this.#leaving.delete(member)) member.release();
  }

  #stop(member: Membership): Promise<void> {
    if (this.#closed || !this.#members.has(member.number)) return Promise.resolve();
    const stopped = new Promise<void>((resolve) => {
      member.release = resolve;
    });
    if (this.#connected()) {
      member.leaving = true;
      this.#send({ type: 'unsubscribe', number: member.number });
    } else {
      this.#left(member);
    }
    return stopped;
  }

  #left(member: Membership): void {
    this.#members.delete(member.number);
    if (member.inHand === 0) member.release();
    else this.#leaving.add(member);
  }
}
