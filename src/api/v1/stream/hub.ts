import type { ServerResponse } from 'node:http';
import type { Clock, Timer } from '../../../runtime/clock.ts';
import type { Counters } from '../../../runtime/counters.ts';
import { errorText } from '../../../runtime/errors.ts';
import type { Log } from '../../../runtime/log.ts';
import type { Views } from '../../../state/views.ts';
import type { FeedItem } from '../../../store/port.ts';
import type { ApiLimits } from '../../parts.ts';
import { MessageMaker, type Subject } from './messages.ts';
import { Reader } from './reader.ts';
import { Tape } from './tape.ts';

export interface HubParts {
  views: Views;
  clock: Clock;
  log: Log;
  counters: Counters;
  limits: ApiLimits;
}

/**
 * Follows the store once for all readers of the stream: each change is made into messages once, put on the tape, and
 * told to everybody who is there. Without readers nothing is written out as text.
 */
export class Hub {
  readonly #parts: HubParts;
  readonly #tape: Tape;
  readonly #maker: MessageMaker;
  readonly #readers = new Set<Reader>();
  readonly #ended = new AbortController();
  #timer: Timer | undefined;

  constructor(parts: HubParts) {
    this.#parts = parts;
    const { views, limits } = parts;
    this.#tape = new Tape(limits.streamChanges, views.cursor);
    this.#maker = new MessageMaker(views.events(), (name) => views.client(name));
    this.#follow(views.cursor).catch((error: unknown) => this.#fail(error));
  }

  /** True while another reader can be taken. */
  get hasRoom(): boolean {
    return !this.#ended.signal.aborted && this.#readers.size < this.#parts.limits.streams;
  }

  /** Tells the response everything from its place on, until it or the hub is closed. */
  add(response: ServerResponse, subjects: ReadonlySet<Subject>, after: string | undefined): void {
    const reader = new Reader(response, this.#tape, {
      subjects,
      after,
      bufferBytes: this.#parts.limits.streamBufferBytes,
      fellBehind: () => this.#parts.counters.increment('streams_behind'),
    });
    this.#readers.add(reader);
    response.on('close', () => this.#readers.delete(reader));
    // A reader that goes away while it is written to is nobody's fault.
    response.on('error', () => undefined);
    this.#timer ??= this.#parts.clock.after(this.#parts.limits.streamHeartbeatMs, () => this.#beat());
  }

  close(): void {
    this.#ended.abort();
    this.#timer?.cancel();
    this.#timer = undefined;
    for (const reader of this.#readers) reader.close();
    this.#readers.clear();
  }

  async #follow(cursor: string): Promise<void> {
    for await (const items of this.#parts.views.follow(cursor, this.#ended.signal)) {
      for (const item of items) this.#pass(item);
    }
  }

  #pass(item: FeedItem): void {
    if (item.type === 'resync') {
      this.#tape.restart(item.cursor);
      this.#maker.restart(this.#parts.views.events());
    } else this.#tape.add(item.cursor, this.#maker.messagesOf(item));
    for (const reader of this.#readers) reader.tell();
  }

  /** While somebody reads. */
  #beat(): void {
    for (const reader of this.#readers) reader.beat();
    const { clock, limits } = this.#parts;
    this.#timer =
      this.#readers.size > 0 ? clock.after(limits.streamHeartbeatMs, () => this.#beat()) : undefined;
  }

  #fail(error: unknown): void {
    if (this.#ended.signal.aborted) return;
    this.#parts.log.error('the stream of changes broke off', { error: errorText(error) });
    this.close();
  }
}
