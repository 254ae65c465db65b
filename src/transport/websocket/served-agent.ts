import type { WebSocket } from 'ws';
import type { Clock, Timer } from '../../runtime/clock.ts';
import type { Counters } from '../../runtime/counters.ts';
import { errorText, TocsinError } from '../../runtime/errors.ts';
import type { Log } from '../../runtime/log.ts';
import type { Admitted, Gatekeeper } from '../gatekeeper.ts';
import type { Transport } from '../port.ts';
import { brokeProtocol, CLOSE_LEAVING, CLOSE_REFUSED, dismiss } from './dismiss.ts';
import { type AgentFrame, readAgentFrame, type ServerFrame } from './frames.ts';
import { foreignName } from './names.ts';
import type { Allowance, MessageLimits } from './rates.ts';
import { MOST_SUBSCRIBERS, ServedRequests } from './served-requests.ts';
import type { Turns } from './turns.ts';

/** Results and keepalives of one connection that were read and not answered; beyond it nothing more is read. */
export const MOST_UNANSWERED = 2_000;
/** Reading goes on when so few are left. */
const FEW_UNANSWERED = 1_000;
/** Bytes that wait to be sent to one agent; with more it does not read and is disconnected. */
export const MOST_UNREAD_BYTES = 8 * 1024 * 1024;

/** What all connections of a gateway share. */
export interface ServedParts {
  hub: Transport;
  gatekeeper: Gatekeeper;
  limits: () => MessageLimits;
  clock: Clock;
  log: Log;
  counters: Counters;
}

/** Who is connected, as it said and was seen. */
export interface AgentConnection {
  client: string;
  address: string;
  /** Of the agent's program. */
  version: string;
  /** Wall time at which it was let in, Unix milliseconds. */
  sinceMs: number;
  /** By how much its clock was ahead of ours then; what its hello took to travel counts against it. */
  clockSkewMs: number;
  /** Results that came out of its spool by this connection. */
  spooled: number;
}

/** One agent that was let in: reads its frames, hands them to the hub and answers. */
export class ServedAgent {
  readonly about: AgentConnection;
  readonly #parts: ServedParts;
  readonly #socket: WebSocket;
  readonly #admitted: Admitted;
  readonly #allowance: Allowance;
  readonly #requests: ServedRequests;
  readonly #gather: (agent: ServedAgent) => void;
  #taken: number[] = [];
  #unanswered = 0;
  /** Reading waits for time to pass; undefined: it does not. */
  #owing: Timer | undefined;
  #held = false;
  /** Nothing that still comes counts: the server leaves, or the agent has to. */
  #deaf = false;
  #closed = false;
  /** When something was last heard and when it was last asked for, elapsed milliseconds. */
  #heardMs: number;
  #askedMs: number;

  /** @param gather is told when answers wait, once until `flush` */
  constructor(
    parts: ServedParts,
    socket: WebSocket,
    admission: {
      about: AgentConnection;
      admitted: Admitted;
      allowance: Allowance;
      gather: (agent: ServedAgent) => void;
      /** In which requests are sent. */
      turns: Turns;
    },
  ) {
    this.about = admission.about;
    this.#parts = parts;
    this.#socket = socket;
    this.#admitted = admission.admitted;
    this.#allowance = admission.allowance;
    this.#gather = admission.gather;
    this.#heardMs = parts.clock.elapsed();
    this.#askedMs = this.#heardMs;
    this.#requests = new ServedRequests(parts.counters, (number, subscription, body) =>
      admission.turns.add(() => this.send({ type: 'request', number, subscription, body })),
    );
    socket.on('message', (data: Buffer, binary) => this.#read(data, binary));
    socket.on('error', (error) => this.#broken(error));
    socket.on('pong', () => this.#heard());
    socket.on('ping', () => this.#heard());
  }

  get unanswered(): number {
    return this.#unanswered;
  }

  send(frame: ServerFrame): void {
    if (this.#closed) return;
    this.#socket.send(JSON.stringify(frame));
    if (this.#socket.bufferedAmount > MOST_UNREAD_BYTES) this.lose('it does not read what it is sent');
  }

  /** Sends what was taken since the last time, in one frame. */
  flush(): void {
    if (this.#taken.length === 0) return;
    this.send({ type: 'taken', numbers: this.#taken });
    this.#taken = [];
  }

  /** Milliseconds for which it owes a sign of life; 0 while it owes none, or is not read from. */
  owesLifeMs(nowMs: number): number {
    return this.#awaitsLife() ? nowMs - this.#askedMs : 0;
  }

  /**
   * Asks for a sign of life when none came for `quietMs`. An agent that is not read from is asked as well: that is how
   * it hears that we live.
   */
  ask(nowMs: number, quietMs: number): void {
    const lastMs = this.#held ? this.#askedMs : Math.max(this.#heardMs, this.#askedMs);
    if (this.#awaitsLife() || nowMs - lastMs < quietMs) return;
    this.#askedMs = nowMs;
    this.#socket.ping();
  }

  /** Its right has ended: nothing that still comes from it counts. */
  refuse(reason: string): void {
    this.#deaf = true;
    this.#owing?.cancel();
    dismiss(this.#parts.clock, this.#socket, { type: 'refused', reason }, CLOSE_REFUSED);
  }

  /** Ends the connection at once. */
  lose(reason: string): void {
    if (this.#closed) return;
    this.#parts.counters.increment('agents_lost');
    this.#parts.log.warn('the connection of an agent was ended', { ...this.#who(), reason });
    this.#socket.terminate();
  }

  /** Reads nothing more. */
  stopReading(): void {
    this.#held = true;
    this.#owing?.cancel();
    this.#deaf = true;
    this.#socket.pause();
  }

  /** Closes in order. */
  leave(): void {
    this.#socket.close(CLOSE_LEAVING);
    // A close is answered by a close, and that has to be read.
    this.#socket.resume();
  }

  terminate(): void {
    this.#socket.terminate();
  }

  /** The connection is gone. */
  closed(): void {
    this.#closed = true;
    this.#owing?.cancel();
    this.#requests.close();
  }

  #who(): { client: string; address: string } {
    return { client: this.about.client, address: this.about.address };
  }

  #awaitsLife(): boolean {
    return !this.#held && this.#askedMs > this.#heardMs;
  }

  #heard(): void {
    this.#heardMs = this.#parts.clock.elapsed();
  }

  #read(data: Buffer, binary: boolean): void {
    this.#heard();
    if (this.#deaf) return;
    const frame = readAgentFrame(binary ? '' : data.toString('utf8'));
    if (frame.type === 'ended' && this.#requests.ended(frame.number, frame.taken !== false)) return;
    const owedMs = this.#allowance.spend(this.#heardMs, data.length, this.#parts.limits());
    if (owedMs > 0) this.#tooFast(frame, owedMs);
    if (frame.type === 'unreadable') this.#unreadable(frame.fault, frame.number);
    else if (frame.type !== 'unknown') this.#take(frame);
  }

  #take(frame: AgentFrame): void {
    const { hub } = this.#parts;
    const foreign = foreignName(frame, (name) => this.#admitted.speaksFor(name));
    if (foreign !== undefined) this.#foreign(frame, foreign);
    else if (frame.type === 'result') {
      if (frame.spooled) this.about.spooled += 1;
      this.#publish(frame.number, hub.publishResult(frame));
    } else if (frame.type === 'keepalive') this.#publish(frame.number, hub.publishKeepalive(frame));
    else if (frame.type === 'subscribe') void this.#subscribe(frame);
    else if (frame.type === 'unsubscribe') void this.#unsubscribe(frame.number);
  }

  #publish(number: number, published: Promise<void>): void {
    this.#unanswered += 1;
    if (this.#unanswered >= MOST_UNANSWERED) this.#hold();
    published.then(
      () => {
        if (this.#taken.push(number) === 1) this.#gather(this);
        this.#answered();
      },
      (error: unknown) => {
        this.#notTaken(number, error);
        this.#answered();
      },
    );
  }

  #answered(): void {
    this.#unanswered -= 1;
    if (this.#held && this.#unanswered <= FEW_UNANSWERED) this.#goOn();
  }

  #notTaken(number: number, error: unknown): void {
    // A hub that closes has decided nothing: the agent will learn it from the end of the connection.
    if (error instanceof TocsinError && error.kind === 'closed') return;
    const never = error instanceof TocsinError && (error.kind === 'refused' || error.kind === 'input');
    this.send({ type: 'not_taken', number, again: !never, reason: errorText(error) });
  }

  async #subscribe({ number, client, subscriptions }: AgentFrame & { type: 'subscribe' }): Promise<void> {
    if (!this.#requests.hasRoomFor(number)) {
      const reason = `an agent may subscribe ${MOST_SUBSCRIBERS} times at once, each with a number of its own`;
      this.send({ type: 'not_subscribed', number, reason });
      return;
    }
    try {
      const joining = this.#parts.hub.subscribe({ client, subscriptions }, this.#requests.taker(number));
      await this.#requests.join(number, joining);
      this.send({ type: 'subscribed', number });
    } catch (error) {
      this.send({ type: 'not_subscribed', number, reason: errorText(error) });
    }
  }

  async #unsubscribe(number: number): Promise<void> {
    try {
      await this.#requests.leave(number);
    } catch (error) {
      this.#parts.log.warn('an agent could not be unsubscribed in order', {
        ...this.#who(),
        error: errorText(error),
      });
    }
    this.send({ type: 'unsubscribed', number });
  }

  #foreign(frame: AgentFrame, name: string): void {
    this.#parts.counters.increment('agent_messages_foreign');
    const what = frame.type === 'subscribe' ? 'subscribe for' : 'report for';
    this.#parts.gatekeeper.offended(this.#admitted, `tried to ${what} a name that is not its own`);
    const reason = `this agent may not ${what} ${JSON.stringify(name.slice(0, 100))}`;
    if (frame.type === 'subscribe') this.send({ type: 'not_subscribed', number: frame.number, reason });
    else this.send({ type: 'not_taken', number: frame.number, again: false, reason });
  }

  #unreadable(fault: string, number: number | undefined): void {
    this.#parts.counters.increment('agent_messages_invalid');
    this.#parts.gatekeeper.offended(this.#admitted, `sent a frame that cannot be read: ${fault}`);
    if (number !== undefined) this.send({ type: 'not_taken', number, again: false, reason: fault });
  }

  #tooFast(frame: AgentFrame | { type: 'unknown' | 'unreadable' }, owedMs: number): void {
    this.#owe(owedMs);
    // What waited in a spool comes in a hurry, and honestly.
    if (frame.type === 'result' && frame.spooled) return;
    this.#parts.gatekeeper.offended(
      this.#admitted,
      'sends more than tocsin.limits allows; it is read slowly',
    );
  }

  /** The library closes the connection. */
  #broken(error: Error): void {
    if (!brokeProtocol(error) || this.#deaf) return;
    this.#deaf = true;
    this.#parts.counters.increment('agent_messages_invalid');
    const isLarge = (error as { code?: unknown }).code === 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH';
    const what = isLarge
      ? 'sent a message larger than tocsin.limits.message_bytes'
      : 'broke the protocol of websockets';
    this.#parts.log.warn('an agent was cut off', { ...this.#who(), reason: what });
    this.#parts.gatekeeper.offended(this.#admitted, `${what}; it was cut off`);
  }

  #owe(owedMs: number): void {
    this.#owing?.cancel();
    this.#owing = this.#parts.clock.after(owedMs, () => {
      this.#owing = undefined;
      this.#goOn();
    });
    this.#hold();
  }

  #hold(): void {
    if (this.#held) return;
    this.#held = true;
    this.#parts.counters.increment('agents_held_back');
    this.#socket.pause();
  }

  #goOn(): void {
    if (this.#owing || this.#deaf || this.#unanswered > FEW_UNANSWERED) return;
    this.#held = false;
    this.#heard();
    this.#socket.resume();
  }
}
