import type { Socket } from 'node:net';
import type { Clock, Timer } from '../../runtime/clock.ts';
import { ArrivingText } from './arriving.ts';
import { CONNECTION_MS, LARGEST_MESSAGE_BYTES, QUIET_MS, READING_MS } from './limits.ts';
import type { Reports } from './reports.ts';

const VIA = 'tcp';

/**
 * One TCP connection, from its first byte to its answer: `pong` to a `ping`, `ok` when all results were taken, `invalid`
 * when something is not valid, when nothing more came for half a second, or when it took too long or grew too large.
 * Nothing is answered to one that sent nothing, or when there is no room for results.
 */
export class Conversation {
  readonly #socket: Socket;
  readonly #clock: Clock;
  readonly #reports: Reports;
  readonly #text = new ArrivingText();
  /** Nothing more is read: it is being answered, or was. */
  #complete = false;
  #quiet: Timer | undefined;
  #limit: Timer;

  constructor(socket: Socket, parts: { clock: Clock; reports: Reports }) {
    this.#socket = socket;
    this.#clock = parts.clock;
    this.#reports = parts.reports;
    this.#limit = this.#clock.after(CONNECTION_MS, () => this.#giveUp('it took too long'));
    socket.on('data', (chunk: Buffer) => this.#take(chunk));
    socket.on('end', () => this.#giveUp('it ended before it was complete'));
    socket.on('error', () => socket.destroy());
    socket.on('close', () => this.#forget());
  }

  #take(chunk: Buffer): void {
    if (this.#complete) return;
    this.#reports.received(VIA, chunk.length);
    this.#quiet?.cancel();
    this.#text.add(chunk);
    if (this.#text.length > LARGEST_MESSAGE_BYTES) {
      this.#end(this.#reports.invalid(VIA, 'it is too large'));
      return;
    }
    const read = this.#text.read((bytes) => this.#reports.decode(bytes, VIA));
    if (read === 'ping') this.#end('pong');
    else if (read !== undefined) this.#report(read.value);
    else this.#quiet = this.#clock.after(QUIET_MS, () => this.#giveUp('it is no JSON, or incomplete'));
  }

  /** Reports what was sent, and answers when it is safe. Until then the connection waits. */
  #report(value: unknown): void {
    this.#complete = true;
    void this.#reports.take(value, VIA).then((taken) => this.#end(taken === 'refused' ? '' : taken));
  }

  #giveUp(reason: string): void {
    if (this.#complete) return;
    this.#end(this.#text.length > 0 ? this.#reports.invalid(VIA, reason) : '');
  }

  /** Says the last word; what the caller still sends is read and dropped, or it would not get to hear it. */
  #end(answer: string): void {
    this.#complete = true;
    this.#forget();
    // Its caller may have gone while it waited.
    if (this.#socket.destroyed) return;
    this.#limit = this.#clock.after(READING_MS, () => this.#socket.destroy());
    this.#socket.end(answer);
  }

  #forget(): void {
    this.#quiet?.cancel();
    this.#limit.cancel();
  }
}
