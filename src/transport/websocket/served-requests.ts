import type { Counters } from '../../runtime/counters.ts';
import { TocsinError } from '../../runtime/errors.ts';
import type { RequestTaker, Subscription } from '../port.ts';

/** Most requests that are under way to one agent; it has not ended those before. */
export const MOST_REQUESTS = 10_000;
/** Most frames that subscribed, of one connection, at a time. */
export const MOST_SUBSCRIBERS = 64;

interface InHand {
  resolve: () => void;
  reject: (error: TocsinError) => void;
}

/** What one connected agent is subscribed to at the hub, and the requests that it was handed and has not ended. */
export class ServedRequests {
  readonly #counters: Counters;
  readonly #send: (number: number, subscription: number, body: unknown) => void;
  readonly #inHand = new Map<number, InHand>();
  /** By the number of the frame that subscribed. */
  readonly #subscriptions = new Map<number, Promise<Subscription>>();
  #number = 0;
  #closed = false;

  constructor(counters: Counters, send: (number: number, subscription: number, body: unknown) => void) {
    this.#counters = counters;
    this.#send = send;
  }

  /** True when the frame of that number may subscribe: there is room, and no other had its number. */
  hasRoomFor(number: number): boolean {
    return this.#subscriptions.size < MOST_SUBSCRIBERS && !this.#subscriptions.has(number);
  }

  /** Keeps what the hub answers to the frame of that number. Rejects as the hub does; then nothing is kept. */
  async join(number: number, joining: Promise<Subscription>): Promise<void> {
    this.#subscriptions.set(number, joining);
    try {
      await joining;
    } catch (error) {
      this.#subscriptions.delete(number);
      throw error;
    }
  }

  /** Hands the requests for the frame of that number to the agent. */
  taker(subscription: number): RequestTaker {
    return (body) =>
      new Promise((resolve, reject) => {
        if (this.#closed) return reject(goneError());
        if (this.#inHand.size >= MOST_REQUESTS) {
          this.#counters.increment('agent_requests_unsent');
          return reject(fullError());
        }
        this.#number += 1;
        this.#inHand.set(this.#number, { resolve, reject });
        this.#send(this.#number, subscription, body);
      });
  }

  /** The agent ended a request, or did not take it; false: it had none of that number. */
  ended(number: number, taken: boolean): boolean {
    const request = this.#inHand.get(number);
    if (!request) return false;
    this.#inHand.delete(number);
    if (taken) request.resolve();
    else request.reject(new TocsinError('TRANSPORT_UNAVAILABLE', 'the agent did not take the request'));
    return true;
  }

  /** Leaves what the frame of that number subscribed to; resolves when none of its requests is in hand. */
  async leave(number: number): Promise<void> {
    const joining = this.#subscriptions.get(number);
    this.#subscriptions.delete(number);
    await (await joining)?.stop();
  }

  /** The connection is gone: leaves everything first, so that no request comes back to it, then gives up what is in hand. */
  close(): void {
    this.#closed = true;
    // Nobody waits for it, and a hub that was closed first has let go already.
    for (const joining of this.#subscriptions.values()) joining.then((one) => one.stop()).catch(() => {});
    this.#subscriptions.clear();
    for (const request of this.#inHand.values()) request.reject(goneError());
    this.#inHand.clear();
  }
}

function goneError(): TocsinError {
  return new TocsinError(
    'TRANSPORT_UNAVAILABLE',
    'the connection of the agent was lost before it ended the request',
  );
}

function fullError(): TocsinError {
  return new TocsinError(
    'TRANSPORT_UNAVAILABLE',
    `the agent has not ended ${MOST_REQUESTS} requests and is handed no more; see its log`,
  );
}
