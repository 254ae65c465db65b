import type { WebSocket } from 'ws';
import type { Clock, Timer } from '../../runtime/clock.ts';
import { dial, type ServerCertificate } from './dial.ts';
import { type Hello, readServerFrame, type ServerFrame } from './frames.ts';
import type { Ended } from './reconnect.ts';

/** From dialling to the welcome. */
export const WELCOME_MS = 20_000;
/** How often a connection is looked at. */
const LOOK_MS = 5_000;
/** A server that was silent so long is asked for a sign of life. */
const QUIET_MS = 10_000;
/** A server that was silent so long is gone. */
export const SILENT_MS = 30_000;
/** How long a connection that is closed in order may take for it. */
const CLOSE_MS = 1_000;

/** Why a connection ended, or was none. */
export interface LinkEnd extends Omit<Ended, 'failures'> {
  reason: string;
  /** The server did not let us in. */
  refused: boolean;
}

export interface LinkParts {
  address: string;
  tls: ServerCertificate;
  clock: Clock;
  hello: () => Hello;
  /** Is told the welcome and every frame that comes after it. */
  frame: (frame: ServerFrame) => void;
  ended: (end: LinkEnd) => void;
}

/** One connection of an agent to a server, from dialling to its end. It says hello, and finds out when the server is gone. */
export class Link {
  readonly #parts: LinkParts;
  readonly #socket: WebSocket;
  #timer: Timer;
  #welcomed = false;
  #ended = false;
  #heardMs: number;
  #end: LinkEnd | undefined;
  #closed: () => void = () => {};

  constructor(parts: LinkParts) {
    this.#parts = parts;
    this.#heardMs = parts.clock.elapsed();
    this.#timer = parts.clock.after(WELCOME_MS, () => this.#lose('it did not answer in time'));
    this.#socket = dial(parts.address, parts.tls, {
      opened: () => this.#socket.send(JSON.stringify(parts.hello())),
      frame: (text) => this.#read(text),
      alive: () => this.#heard(),
      ended: (reason, againInMs) => this.#finish(reason, againInMs),
    });
  }

  get up(): boolean {
    return this.#welcomed && !this.#ended;
  }

  /** Bytes that were sent and have not left the process. */
  get waitingBytes(): number {
    return this.#socket.bufferedAmount;
  }

  send(text: string): void {
    if (this.up) this.#socket.send(text);
  }

  /** Closes in order, or after a second without; resolves when it has ended. */
  close(): Promise<void> {
    if (this.#ended) return Promise.resolve();
    this.#timer.cancel();
    this.#timer = this.#parts.clock.after(CLOSE_MS, () => this.#socket.terminate());
    return new Promise((resolve) => {
      this.#closed = resolve;
      if (this.#welcomed) this.#socket.close(1000);
      else this.#socket.terminate();
    });
  }

  #read(text: string): void {
    this.#heard();
    const frame = readServerFrame(text);
    if (frame.type === 'unknown' || frame.type === 'unreadable') return;
    if (frame.type === 'refused')
      this.#end = { reason: frame.reason, refused: true, againInMs: milliseconds(frame.again_in) };
    else if (frame.type === 'leaving')
      this.#end = { reason: 'the server stops', refused: false, spreadMs: frame.spread * 1000 };
    else if (frame.type === 'welcome') this.#welcome(frame);
    else if (this.#welcomed) this.#parts.frame(frame);
  }

  #welcome(frame: ServerFrame): void {
    if (this.#welcomed) return;
    this.#welcomed = true;
    this.#timer.cancel();
    this.#lookLater();
    this.#parts.frame(frame);
  }

  #heard(): void {
    this.#heardMs = this.#parts.clock.elapsed();
  }

  #look(dueMs: number): void {
    const nowMs = this.#parts.clock.elapsed();
    // A process that stood still has not read the signs of life that came meanwhile.
    if (nowMs - dueMs > LOOK_MS) this.#heard();
    const silentMs = nowMs - this.#heardMs;
    if (silentMs > SILENT_MS) this.#lose('nothing was heard from it');
    else if (silentMs > QUIET_MS) this.#socket.ping();
    this.#lookLater();
  }

  #lookLater(): void {
    const dueMs = this.#parts.clock.elapsed() + LOOK_MS;
    this.#timer = this.#parts.clock.after(LOOK_MS, () => this.#look(dueMs));
  }

  #lose(reason: string): void {
    this.#end ??= { reason, refused: false };
    this.#socket.terminate();
  }

  #finish(reason: string, againInMs: number | undefined): void {
    this.#ended = true;
    this.#timer.cancel();
    this.#parts.ended(this.#end ?? { reason, refused: false, againInMs });
    this.#closed();
  }
}

function milliseconds(seconds: number | undefined): number | undefined {
  return seconds === undefined ? undefined : seconds * 1000;
}
