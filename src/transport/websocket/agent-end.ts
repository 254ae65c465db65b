import type { Clock, Timer } from '../../runtime/clock.ts';
import type { Counters } from '../../runtime/counters.ts';
import { TocsinError } from '../../runtime/errors.ts';
import type { Log } from '../../runtime/log.ts';
import type { Random } from '../../runtime/random.ts';
import type { Outgoing, RequestTaker, Subscriber, Subscription, Transport } from '../port.ts';
import type { ServerCertificate } from './dial.ts';
import { PROTOCOL, type ServerFrame } from './frames.ts';
import { Joined } from './joined.ts';
import { Link, type LinkEnd } from './link.ts';
import { reconnectInMs } from './reconnect.ts';

/** Most results and keepalives that were sent and not acknowledged; beyond it publishing rejects. */
export const MOST_UNACKNOWLEDGED = 10_000;
/** Most bytes that were sent and have not left the process; beyond it publishing rejects. */
export const MOST_WAITING_BYTES = 32 * 1024 * 1024;

/** Reasons of one outage that are told. */
const MOST_COMPLAINTS = 10;

export interface WebsocketTransportParts {
  /** Name of the client that this agent is. */
  client: string;
  /** Addresses like `wss://monitoring:4567`, tried in turns; at least one. */
  servers: readonly string[];
  /** The secret it was enrolled with; asked for at each connection. */
  token: () => string | undefined;
  tls?: ServerCertificate | undefined;
  clock: Clock;
  log: Log;
  random: Random;
  counters: Counters;
  /** Of this program. */
  version: string;
}

/**
 * The agent's end of the websocket transport. It connects at once, and again and again until it is closed; nothing waits
 * for that. While there is no connection, publishing rejects with kind `unavailable`, and what was published and not
 * acknowledged when a connection ends does so as well: it may have been taken, so it is sent again under the same id.
 * What the server never takes rejects with kind `refused`.
 */
export function createWebsocketTransport(parts: WebsocketTransportParts): Transport {
  return new AgentEnd(parts);
}

interface Unacknowledged {
  resolve: () => void;
  reject: (error: TocsinError) => void;
}

class AgentEnd implements Transport {
  readonly name = 'websocket';
  readonly #parts: WebsocketTransportParts;
  readonly #joined: Joined;
  readonly #unacknowledged = new Map<number, Unacknowledged>();
  #number = 0;
  #link: Link | undefined;
  #largestFrame = Number.POSITIVE_INFINITY;
  #timer: Timer | undefined;
  #tries = 0;
  #failures = 0;
  /** What was complained about since there was a connection: an outage is a line for each reason, not for each try. */
  readonly #complaints = new Set<string>();
  #closed = false;
  #closing: Promise<void> | undefined;

  constructor(parts: WebsocketTransportParts) {
    this.#parts = parts;
    this.#joined = new Joined({
      log: parts.log,
      connected: () => this.connected,
      send: (frame) => this.#link?.send(JSON.stringify(frame)),
    });
    this.#connect();
  }

  get connected(): boolean {
    return !this.#closed && this.#link?.up === true;
  }

  publishResult({ body, id, spooled }: Outgoing): Promise<void> {
    return this.#publish((number) => ({ type: 'result', number, id, spooled, body }));
  }

  publishKeepalive({ body }: Outgoing): Promise<void> {
    return this.#publish((number) => ({ type: 'keepalive', number, body }));
  }

  async subscribe(subscriber: Subscriber, take: RequestTaker): Promise<Subscription> {
    if (this.#closed) throw closedError();
    return this.#joined.subscribe(this.#next(), subscriber, take);
  }

  publishRequest(): Promise<never> {
    return this.#notHere('hands out requests');
  }

  publishTo(): Promise<never> {
    return this.#notHere('has pipes');
  }

  consumeResults(): Promise<never> {
    return this.#notHere('consumes results');
  }

  consumeKeepalives(): Promise<never> {
    return this.#notHere('consumes keepalives');
  }

  statistics(): Promise<never> {
    return this.#notHere('knows queues');
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#closed = true;
    this.#timer?.cancel();
    this.#rejectAll(closedError());
    this.#joined.close();
    await this.#link?.close();
  }

  #next(): number {
    this.#number += 1;
    return this.#number;
  }

  #publish(frameOf: (number: number) => unknown): Promise<void> {
    const { connected } = this;
    if (this.#closed) return Promise.reject(closedError());
    if (!connected || !this.#link) return Promise.reject(unavailable('there is no connection to a server'));
    if (this.#unacknowledged.size >= MOST_UNACKNOWLEDGED || this.#link.waitingBytes > MOST_WAITING_BYTES)
      return Promise.reject(unavailable('the server has not taken what was sent before'));
    const number = this.#next();
    const text = JSON.stringify(frameOf(number));
    if (isLonger(text, this.#largestFrame)) return Promise.reject(tooLarge(this.#largestFrame));
    this.#link.send(text);
    return new Promise((resolve, reject) => this.#unacknowledged.set(number, { resolve, reject }));
  }

  #connect(): void {
    const { servers, clock, tls = {}, client, token, version } = this.#parts;
    const address = servers[this.#tries % servers.length];
    if (address === undefined) throw new TocsinError('BUG', 'an agent needs the address of a server');
    this.#tries += 1;
    this.#link = new Link({
      address,
      tls,
      clock,
      hello: () => ({
        type: 'hello',
        protocol: PROTOCOL,
        version,
        client,
        token: token(),
        time: clock.now() / 1000,
      }),
      frame: (frame) => this.#read(frame, address),
      ended: (end) => this.#ended(end, address),
    });
  }

  #read(frame: ServerFrame, address: string): void {
    switch (frame.type) {
      case 'welcome':
        this.#welcomed(frame, address);
        break;
      case 'taken':
        for (const number of frame.numbers) this.#settle(number)?.resolve();
        break;
      case 'not_taken':
        this.#settle(frame.number)?.reject(notTaken(frame));
        break;
      case 'request':
        this.#joined.request(frame.number, frame.subscription, frame.body);
        break;
      case 'subscribed':
        this.#joined.subscribed(frame.number);
        break;
      case 'not_subscribed':
        this.#joined.notSubscribed(frame.number, frame.reason);
        break;
      case 'unsubscribed':
        this.#joined.unsubscribed(frame.number);
        break;
      default:
    }
  }

  #welcomed({ message_bytes, version }: ServerFrame & { type: 'welcome' }, address: string): void {
    this.#largestFrame = message_bytes;
    this.#failures = 0;
    this.#complaints.clear();
    this.#parts.log.info('connected to a server', { server: address, version });
    this.#joined.restore();
  }

  #settle(number: number): Unacknowledged | undefined {
    const waiting = this.#unacknowledged.get(number);
    this.#unacknowledged.delete(number);
    return waiting;
  }

  #ended({ reason, refused, againInMs, spreadMs }: LinkEnd, address: string): void {
    this.#rejectAll(unavailable(`the connection to the server was lost: ${reason}`));
    this.#joined.lost();
    if (this.#closed) return;
    this.#parts.counters.increment('servers_lost');
    this.#complain(refused, reason, address);
    const inMs = reconnectInMs({ failures: this.#failures, againInMs, spreadMs }, this.#parts.random);
    this.#failures += 1;
    this.#timer = this.#parts.clock.after(inMs, () => this.#connect());
  }

  #complain(refused: boolean, reason: string, address: string): void {
    const { log } = this.#parts;
    const fields = { server: address, reason };
    const again = this.#complaints.has(reason) || this.#complaints.size >= MOST_COMPLAINTS;
    if (!again) this.#complaints.add(reason);
    if (again) log.debug('still no server can be reached', fields);
    else if (refused) log.error('the server does not let this agent in; it tries on', fields);
    else log.warn('no server can be reached; what is to be sent waits', fields);
  }

  #rejectAll(error: TocsinError): void {
    const waiting = [...this.#unacknowledged.values()];
    this.#unacknowledged.clear();
    for (const { reject } of waiting) reject(error);
  }

  #notHere(what: string): Promise<never> {
    if (this.#closed) return Promise.reject(closedError());
    const message = `only a server ${what}; this is the agent's end of the websocket transport`;
    return Promise.reject(new TocsinError('TRANSPORT_REFUSED', message));
  }
}

function isLonger(text: string, bytes: number): boolean {
  // UTF-8 takes at most three bytes for each unit of a JavaScript string.
  return text.length * 3 > bytes && Buffer.byteLength(text) > bytes;
}

function closedError(): TocsinError {
  return new TocsinError('TRANSPORT_CLOSED', 'the websocket transport was closed');
}

function unavailable(reason: string): TocsinError {
  return new TocsinError('TRANSPORT_UNAVAILABLE', reason);
}

function notTaken({ again, reason }: ServerFrame & { type: 'not_taken' }): TocsinError {
  const message = `the server did not take it: ${reason}`;
  return again ? unavailable(message) : new TocsinError('TRANSPORT_REFUSED', message);
}

function tooLarge(bytes: number): TocsinError {
  return new TocsinError(
    'TRANSPORT_REFUSED',
    `it is larger than the ${bytes} bytes that the server reads; shorten the output of the check or raise tocsin.limits.message_bytes`,
  );
}
