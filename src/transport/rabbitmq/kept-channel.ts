import type { Channel } from 'amqplib';
import type { Clock, Timer } from '../../runtime/clock.ts';
import { errorText } from '../../runtime/errors.ts';
import type { Log } from '../../runtime/log.ts';
import type { LineUser } from './line.ts';
import type { Session } from './session.ts';

const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 20_000;

/** A broker gets this long to answer that a channel is closed. */
const GOODBYE_MS = 1_000;

/** Closes a channel. Resolves when the broker has answered, or when the connection is gone. Never rejects. */
export function closed(channel: Channel): Promise<void> {
  return new Promise((resolve) => {
    channel.on('close', resolve);
    channel.close().then(resolve, () => resolve());
  });
}

export interface KeptChannelParts<Kept extends Channel> {
  clock: Clock;
  log: Log;
  /** What it is for, in the log. */
  what: string;
  open(session: Session): Promise<Kept>;
  /** Declares and binds everything, and begins to consume: at each opening, since a broker may have forgotten. */
  setup(channel: Kept, session: Session): Promise<void>;
  /** The channel has gone, with all that was under way on it. */
  lost(reason: string): void;
}

/** A channel that is opened in each session, and again when the broker closes it within one. */
export class KeptChannel<Kept extends Channel> implements LineUser {
  readonly #parts: KeptChannelParts<Kept>;
  #session: Session | undefined;
  #channel: Kept | undefined;
  #ready = false;
  #timer: Timer | undefined;
  #failures = 0;
  #complaint = '';
  #attempt: Promise<void> = Promise.resolve();
  #closed = false;

  constructor(parts: KeptChannelParts<Kept>) {
    this.#parts = parts;
  }

  /** The channel when everything on it is set up. */
  get channel(): Kept | undefined {
    return this.#ready ? this.#channel : undefined;
  }

  /** Resolves when the try that is under way has ended, well or not; at once when there is none. */
  get attempted(): Promise<void> {
    return this.#attempt;
  }

  begin(session: Session): void {
    this.#session = session;
    this.#attempt = this.#open(session);
  }

  end(): void {
    this.#session = undefined;
    this.#timer?.cancel();
    this.#drop('the connection to the broker was lost');
  }

  /** Closes the channel in order: what was delivered on it and not acknowledged goes back to its queue, in its place. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#timer?.cancel();
    const channel = this.#channel;
    this.#channel = undefined;
    this.#ready = false;
    if (!channel || this.#session?.over !== false) return;
    await new Promise<void>((resolve) => {
      const timer = this.#parts.clock.after(GOODBYE_MS, resolve);
      void closed(channel).then(() => {
        timer.cancel();
        resolve();
      });
    });
  }

  async #open(session: Session): Promise<void> {
    this.#timer = undefined;
    let channel: Kept | undefined;
    let reason = 'the broker closed the channel';
    try {
      channel = await this.#parts.open(session);
      if (!this.#wanted(session)) return void closed(channel);
      const own = channel;
      this.#channel = own;
      channel.on('error', (error) => {
        reason = errorText(error);
      });
      channel.on('close', () => this.#gone(own, session, reason));
      await this.#parts.setup(channel, session);
      if (this.#channel !== own) return;
      this.#ready = true;
      this.#failures = 0;
      if (this.#complaint !== '') this.#parts.log.info(`${this.#parts.what} works again`);
      this.#complaint = '';
    } catch (error) {
      if (!this.#wanted(session)) return;
      // A declaration that the broker refuses closes its channel.
      if (channel === undefined || this.#channel === channel) this.#failed(channel, session, error);
    }
  }

  #failed(channel: Kept | undefined, session: Session, error: unknown): void {
    this.#channel = undefined;
    if (channel) void closed(channel);
    this.#again(session, errorText(error));
  }

  #wanted(session: Session): boolean {
    return !this.#closed && this.#session === session && !session.over;
  }

  #gone(channel: Kept, session: Session, reason: string): void {
    if (this.#channel !== channel) return;
    this.#drop(reason);
    if (this.#wanted(session)) this.#again(session, reason);
  }

  #drop(reason: string): void {
    const had = this.#channel !== undefined;
    this.#channel = undefined;
    this.#ready = false;
    if (had) this.#parts.lost(reason);
  }

  #again(session: Session, reason: string): void {
    const { clock, log, what } = this.#parts;
    log[reason === this.#complaint ? 'debug' : 'error'](`${what} does not work; it is tried again`, {
      reason,
    });
    this.#complaint = reason;
    this.#failures += 1;
    const pauseMs = Math.min(FIRST_PAUSE_MS * 2 ** (this.#failures - 1), LONGEST_PAUSE_MS);
    this.#timer = clock.after(pauseMs, () => {
      if (this.#wanted(session)) this.#attempt = this.#open(session);
    });
  }
}
