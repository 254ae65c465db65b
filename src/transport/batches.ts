import type { Clock, Timer } from '../runtime/clock.ts';
import { errorText, TocsinError } from '../runtime/errors.ts';
import type { Log } from '../runtime/log.ts';
import type { BatchOptions, Consumer, Incoming, Subscription } from './port.ts';

/** Milliseconds that a consumer rests after its first failure; doubled with each further one. */
export const FIRST_BACK_OFF_MS = 100;
/** Longest rest of a consumer that keeps failing. */
export const LONGEST_BACK_OFF_MS = 5_000;

/** What a consumer has behind it when it is asked whether it is due a batch. */
export interface Pace {
  /** Milliseconds since its last batch ended; infinite before the first. */
  sinceEndedMs: number;
  /** Batches that it rejected in a row. */
  failures: number;
}

/** Milliseconds that a consumer rests after so many rejected batches in a row. */
export function backOffMs(failures: number): number {
  if (failures === 0) return 0;
  return Math.min(FIRST_BACK_OFF_MS * 2 ** (failures - 1), LONGEST_BACK_OFF_MS);
}

/**
 * How long an idle consumer has to wait for its next batch: 0 means now, undefined that nothing waits.
 * One that failed rests whatever waits; otherwise a full batch goes at once and less than that is gathered.
 */
export function batchDueInMs(waiting: number, pace: Pace, options: BatchOptions): number | undefined {
  if (waiting === 0) return undefined;
  const pauseMs =
    pace.failures > 0 ? backOffMs(pace.failures) : waiting >= options.size ? 0 : options.spacingMs;
  return Math.max(pauseMs - pace.sinceEndedMs, 0);
}

/** One consumer of a queue and what it is doing. */
class Hand<Message> {
  readonly consumer: Consumer;
  readonly options: BatchOptions;
  /** True until the consumer's promise settles. */
  busy = false;
  /** What it was handed and has not acknowledged. */
  batch: Message[] = [];
  endedMs = Number.NEGATIVE_INFINITY;
  failures = 0;
  timer: Timer | undefined;
  /** Called when it is stopped and holds nothing any more. */
  release: () => void = () => {};

  constructor(consumer: Consumer, options: BatchOptions) {
    this.consumer = consumer;
    this.options = options;
  }

  cancelTimer(): void {
    this.timer?.cancel();
    this.timer = undefined;
  }
}

/**
 * Messages that wait for consumers, and the driving of those: the part of a transport that all drivers share.
 * A driver adds messages and is told which ones to acknowledge; everything else (batches, spacing, back-off,
 * sharing, handing out again) happens here. It keeps what was not acknowledged, in order, in memory; how much
 * that may be is for the driver to bound, by `unacknowledged`.
 */
export class BatchQueue<Message extends Incoming> {
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #acknowledge: (batch: readonly Message[]) => void;
  /** Waiting messages from `#head` on; what lies before it was handed out. */
  #messages: Message[] = [];
  #head = 0;
  #inHand = 0;
  /** Consumers, the one that was idle longest first. */
  #hands: Hand<Message>[] = [];
  /** Stopped consumers whose last batch has not ended. */
  readonly #leaving = new Set<Hand<Message>>();
  #lookPlanned = false;
  #closed = false;

  /** @param parts.acknowledge is told each batch that its consumer took; it must not throw */
  constructor(parts: { clock: Clock; log: Log; acknowledge: (batch: readonly Message[]) => void }) {
    this.#clock = parts.clock;
    this.#log = parts.log;
    this.#acknowledge = parts.acknowledge;
  }

  /** Messages that no consumer holds. */
  get waiting(): number {
    return this.#messages.length - this.#head;
  }

  /** Messages that wait or that a consumer holds. */
  get unacknowledged(): number {
    return this.waiting + this.#inHand;
  }

  /** Consumers but those that assist another one. */
  get consumers(): number {
    return this.#hands.filter(({ options }) => options.assists !== true).length;
  }

  add(message: Message): void {
    this.#messages.push(message);
    this.#lookSoon();
  }

  /** Drives a consumer until its subscription is stopped. */
  consume(consumer: Consumer, options: BatchOptions): Subscription {
    if (!(options.size >= 1))
      throw new TocsinError('BUG', `a batch of ${options.size} messages holds nothing`);
    const hand = new Hand<Message>(consumer, options);
    this.#hands.push(hand);
    this.#lookSoon();
    let stopped: Promise<void> | undefined;
    return {
      stop: () => {
        stopped ??= this.#stop(hand);
        return stopped;
      },
    };
  }

  /**
   * Forgets all messages and returns those that were not acknowledged, oldest first: for a driver whose
   * connection broke. A batch in hand may end as it likes, nothing comes of it.
   */
  clear(): Message[] {
    const left: Message[] = [];
    for (const hand of [...this.#hands, ...this.#leaving]) {
      left.push(...hand.batch);
      hand.batch = [];
    }
    left.push(...this.#messages.slice(this.#head));
    this.#messages = [];
    this.#head = 0;
    this.#inHand = 0;
    return left;
  }

  /** As `clear`, and hands out nothing more; whoever waits for a stopped consumer is let go. */
  close(): Message[] {
    this.#closed = true;
    for (const hand of this.#hands) hand.cancelTimer();
    for (const hand of this.#leaving) hand.release();
    const left = this.clear();
    this.#hands = [];
    this.#leaving.clear();
    return left;
  }

  #stop(hand: Hand<Message>): Promise<void> {
    hand.cancelTimer();
    this.#hands = this.#hands.filter((other) => other !== hand);
    if (!hand.busy || this.#closed) return Promise.resolve();
    this.#leaving.add(hand);
    return new Promise((resolve) => {
      hand.release = resolve;
    });
  }

  /** Looks when this turn's messages have come together. */
  #lookSoon(): void {
    if (this.#lookPlanned) return;
    this.#lookPlanned = true;
    setImmediate(this.#look);
  }

  /** Hands a batch to each idle consumer that is due one, and wakes the others when they will be. */
  readonly #look = (): void => {
    this.#lookPlanned = false;
    for (const hand of [...this.#hands]) {
      if (hand.busy) continue;
      const dueInMs = this.#dueInMs(hand);
      if (dueInMs === undefined) hand.cancelTimer();
      else if (dueInMs === 0) this.#handOut(hand);
      else hand.timer ??= this.#clock.after(Math.ceil(dueInMs), () => this.#wake(hand));
    }
  };

  #dueInMs(hand: Hand<Message>): number | undefined {
    const pace = { sinceEndedMs: this.#clock.elapsed() - hand.endedMs, failures: hand.failures };
    return batchDueInMs(this.waiting, pace, hand.options);
  }

  #wake(hand: Hand<Message>): void {
    hand.timer = undefined;
    this.#look();
  }

  #handOut(hand: Hand<Message>): void {
    hand.cancelTimer();
    hand.busy = true;
    hand.batch = this.#take(hand.options.size);
    this.#inHand += hand.batch.length;
    this.#hands = [...this.#hands.filter((other) => other !== hand), hand];
    let taken: Promise<void>;
    try {
      taken = Promise.resolve(hand.consumer(hand.batch));
    } catch (error) {
      taken = Promise.reject(error);
    }
    taken.then(
      () => this.#ended(hand),
      (error: unknown) => this.#failed(hand, error),
    );
  }

  #ended(hand: Hand<Message>): void {
    const batch = this.#letGo(hand);
    hand.failures = 0;
    if (batch.length > 0) this.#acknowledge(batch);
  }

  #failed(hand: Hand<Message>, error: unknown): void {
    const batch = this.#letGo(hand);
    hand.failures += 1;
    for (const message of batch) message.redelivered = true;
    this.#messages = batch.concat(this.#messages.slice(this.#head));
    this.#head = 0;
    this.#log.warn('a batch was not taken and will be handed out again', {
      messages: batch.length,
      again_in_ms: backOffMs(hand.failures),
      error: errorText(error),
    });
  }

  #letGo(hand: Hand<Message>): Message[] {
    const batch = hand.batch;
    hand.batch = [];
    hand.busy = false;
    hand.endedMs = this.#clock.elapsed();
    this.#inHand -= batch.length;
    if (this.#leaving.delete(hand)) hand.release();
    this.#lookSoon();
    return batch;
  }

  #take(most: number): Message[] {
    const batch = this.#messages.slice(this.#head, this.#head + most);
    this.#head += batch.length;
    // Cutting off the head moves the rest, so it waits until the head is the larger part.
    if (this.#head * 2 >= this.#messages.length) {
      this.#messages = this.#messages.slice(this.#head);
      this.#head = 0;
    }
    return batch;
  }
}
