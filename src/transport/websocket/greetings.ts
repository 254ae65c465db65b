import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { WebSocket } from 'ws';
import type { Clock, Timer } from '../../runtime/clock.ts';
import type { Counters } from '../../runtime/counters.ts';
import { errorText } from '../../runtime/errors.ts';
import type { Log } from '../../runtime/log.ts';
import { Shares } from '../../runtime/shares.ts';
import type { Admitted, Gatekeeper } from '../gatekeeper.ts';
import { brokeProtocol, CLOSE_LEAVING, CLOSE_REFUSED, dismiss, endSoon } from './dismiss.ts';
import { type Hello, readHello } from './frames.ts';
import { certificateNames } from './upgrade.ts';

/** How long an agent may take to say who it is. */
export const HELLO_MS = 10_000;
/** Bytes that a connection may send before it has said who it is, the upgrade included. */
export const HELLO_BYTES = 65_536;

/** Most connections that have not said who they are. */
export const MOST_GREETINGS = 5_000;
/** Of these, how many may be of one address: whoever opens all it can leaves room for others. */
const MOST_OF_ONE_ADDRESS = (MOST_GREETINGS * 3) / 4;

/** An agent that said who it is and was let in. */
export interface Greeted {
  socket: WebSocket;
  hello: Hello;
  admitted: Admitted;
  address: string;
}

interface Guest {
  address: string;
  timer: Timer;
  /** Its first frame has come. */
  named: boolean;
}

/** Connections between their upgrade and the decision whether they are let in. */
export class Greetings {
  readonly #parts: { clock: Clock; log: Log; counters: Counters; gatekeeper: Gatekeeper };
  readonly #admitted: (greeted: Greeted) => void;
  readonly #guests = new Map<WebSocket, Guest>();
  readonly #places = new Shares(MOST_GREETINGS, MOST_OF_ONE_ADDRESS);

  /** @param admitted is handed everybody who is let in, and has its socket from then on */
  constructor(
    parts: { clock: Clock; log: Log; counters: Counters; gatekeeper: Gatekeeper },
    admitted: (greeted: Greeted) => void,
  ) {
    this.#parts = parts;
    this.#admitted = admitted;
  }

  get size(): number {
    return this.#guests.size;
  }

  /** Whether there is room for one more from an address. */
  hasRoom(address: string): boolean {
    return this.#places.hasRoom(address);
  }

  greet(socket: WebSocket, request: IncomingMessage): void {
    const address = request.socket.remoteAddress ?? 'unknown';
    const timer = this.#parts.clock.after(HELLO_MS, () => socket.terminate());
    const guest = { address, timer, named: false };
    this.#places.takeAnyway(address);
    this.#guests.set(socket, guest);
    socket.on('error', (error) => this.#broken(socket, error, address));
    socket.once('close', () => this.#forget(socket));
    const unbound = boundBytes(request.socket, () => this.#tooLarge(socket, address));
    socket.on('message', (data: Buffer, binary) => {
      if (!this.#guests.has(socket)) return;
      // Whoever is not let in yet has nothing more to say.
      if (guest.named) return this.#strange(socket, 'wait for the welcome before you send anything', address);
      guest.named = true;
      unbound();
      socket.pause();
      void this.#judge(socket, request.socket, address, binary ? '' : data.toString('utf8'));
    });
  }

  /** Tells everybody that the server leaves. */
  close(): void {
    for (const socket of this.#guests.keys()) {
      socket.resume();
      socket.close(CLOSE_LEAVING);
    }
  }

  terminate(): void {
    for (const socket of this.#guests.keys()) socket.terminate();
  }

  async #judge(socket: WebSocket, stream: Socket, address: string, text: string): Promise<void> {
    const hello = readHello(text);
    if (hello.type === 'unreadable') return this.#strange(socket, hello.fault, address);
    const { client, token } = hello;
    const claim = { client, token, certificateNames: certificateNames(stream), address };
    let answer: Admitted | { refused: string };
    try {
      answer = await this.#parts.gatekeeper.admit(claim);
    } catch (error) {
      this.#parts.log.error('an agent could not be judged', { client, address, error: errorText(error) });
      answer = { refused: 'the server could not find out whether this agent may connect; see its log' };
    }
    if (!this.#guests.has(socket)) return;
    if ('refused' in answer) return this.#refuse(socket, answer.refused, { client, address });
    this.#forget(socket);
    socket.removeAllListeners('message');
    this.#admitted({ socket, hello, admitted: answer, address });
    socket.resume();
  }

  #strange(socket: WebSocket, reason: string, address: string): void {
    this.#note(reason, address);
    this.#refuse(socket, reason, { address });
  }

  /** Nothing can be answered to a guest that breaks the protocol; one that was let in is no guest any more. */
  #broken(socket: WebSocket, error: Error, address: string): void {
    if (this.#guests.has(socket) && brokeProtocol(error)) this.#note('it does not speak websocket', address);
    endSoon(this.#parts.clock, socket);
  }

  #tooLarge(socket: WebSocket, address: string): void {
    if (this.#guests.has(socket))
      this.#note(`it sent more than ${HELLO_BYTES} bytes before a hello`, address);
    socket.terminate();
  }

  #note(reason: string, address: string): void {
    this.#parts.counters.increment('agent_connections_refused');
    this.#parts.gatekeeper.strange?.(address, reason);
  }

  #refuse(socket: WebSocket, reason: string, who: Record<string, string>): void {
    this.#forget(socket);
    this.#parts.log.warn('an agent was not let in', { ...who, reason });
    dismiss(this.#parts.clock, socket, { type: 'refused', reason }, CLOSE_REFUSED);
  }

  #forget(socket: WebSocket): void {
    const guest = this.#guests.get(socket);
    if (!guest) return;
    guest.timer.cancel();
    this.#places.giveBack(guest.address);
    this.#guests.delete(socket);
  }
}

/** Calls `exceeded` when more bytes come in than a hello needs; returns what ends the watch. */
function boundBytes(socket: Socket, exceeded: () => void): () => void {
  let bytes = 0;
  const count = (chunk: Buffer): void => {
    bytes += chunk.length;
    if (bytes > HELLO_BYTES) exceeded();
  };
  socket.on('data', count);
  return () => socket.off('data', count);
}
