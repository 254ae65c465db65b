import { isAttributes, sameValue } from '../model/attributes.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Counters } from '../runtime/counters.ts';
import { errorText } from '../runtime/errors.ts';
import type { Log } from '../runtime/log.ts';
import type { RequestTaker, Subscriber, Subscription, Transport } from '../transport/index.ts';

/** Milliseconds after a change of subscriptions in which a request may still arrive by the old ones and the new. */
export const OVERLAP_MS = 1_000;

/** What an agent is subscribed to. Changing it misses no request and takes none twice. */
export class Subscriptions {
  readonly #transport: Transport;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #counters: Counters;
  readonly #take: RequestTaker;
  #subscriber: Subscriber | undefined;
  #current: Subscription | undefined;
  /** Left, with requests that run. */
  readonly #leaving = new Set<Promise<void>>();
  /** Requests that came while two sets were subscribed; undefined outside such times. */
  #seen: Set<string> | undefined;
  #seenUntilMs = 0;
  #stopped = false;

  constructor(
    parts: { transport: Transport; clock: Clock; log: Log; counters: Counters },
    take: RequestTaker,
  ) {
    this.#transport = parts.transport;
    this.#clock = parts.clock;
    this.#log = parts.log;
    this.#counters = parts.counters;
    this.#take = take;
  }

  /**
   * Subscribes, and only then leaves what was subscribed before; the requests that run go on. Rejects as the transport
   * does, and then all is as it was.
   */
  async subscribe(subscriber: Subscriber): Promise<void> {
    if (sameValue(subscriber, this.#subscriber)) return;
    if (this.#current) this.#watch(Number.POSITIVE_INFINITY);
    try {
      const next = await this.#transport.subscribe(subscriber, (request) => this.#takeOnce(request));
      this.#leave();
      this.#current = next;
      this.#subscriber = subscriber;
      if (this.#stopped) this.#leave();
    } finally {
      if (this.#seen) this.#watch(this.#clock.elapsed() + OVERLAP_MS);
    }
  }

  /** Leaves everything; resolves when no request is being taken any more. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#leave();
    await Promise.all(this.#leaving);
  }

  #leave(): void {
    if (!this.#current) return;
    const left = this.#current
      .stop()
      .catch((error: unknown) =>
        this.#log.warn('a subscription could not be left in order', { error: errorText(error) }),
      )
      .finally(() => this.#leaving.delete(left));
    this.#leaving.add(left);
    this.#current = undefined;
  }

  #watch(untilMs: number): void {
    this.#seen ??= new Set();
    this.#seenUntilMs = untilMs;
  }

  async #takeOnce(request: unknown): Promise<void> {
    if (this.#isSecondCopy(request)) this.#counters.increment('requests_doubled');
    else await this.#take(request);
  }

  #isSecondCopy(request: unknown): boolean {
    if (!this.#seen || !isAttributes(request)) return false;
    if (this.#clock.elapsed() > this.#seenUntilMs) {
      this.#seen = undefined;
      return false;
    }
    const key = JSON.stringify([request['name'], request['source'], request['issued']]);
    const isSecond = this.#seen.has(key);
    this.#seen.add(key);
    return isSecond;
  }
}
