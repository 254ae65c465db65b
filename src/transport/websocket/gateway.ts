import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import type { Timer } from '../../runtime/clock.ts';
import { sleep } from '../../runtime/clock.ts';
import type { Random } from '../../runtime/random.ts';
import type { Admitted } from '../gatekeeper.ts';
import { CLOSE_LEAVING, CLOSE_MS, CLOSE_REFUSED, dismiss } from './dismiss.ts';
import { type Hello, PROTOCOL } from './frames.ts';
import { type Greeted, Greetings } from './greetings.ts';
import { Allowance, ArrivalPace } from './rates.ts';
import { type AgentConnection, ServedAgent, type ServedParts } from './served-agent.ts';
import { Turns } from './turns.ts';
import { answerUpgrade, strangeUpgrade, type UpgradeRefusal } from './upgrade.ts';

export type { AgentConnection } from './served-agent.ts';

/** Most agents that are connected at a time. */
export const MOST_CONNECTIONS = 20_000;
/** Most connections of one client. One is enough, but the server learns late that a machine is gone. */
export const MOST_OF_ONE_CLIENT = 4;
/** How often all connections are looked at. */
const LOOK_MS = 5_000;
/** A connection that was silent so long is asked for a sign of life. */
export const QUIET_MS = 10_000;
/** A connection that gave no sign of life for so long, when asked for one, is dead: 30 s after it was last heard at most. */
export const SILENT_MS = 10_000;
/** Seconds after which a client with too many connections may try again: its dead ones are found by then. */
const AGAIN_SECONDS = 10;

export interface GatewayParts extends ServedParts {
  random: Random;
  /** Of the server's program. */
  version: string;
  /** Agents that are let in each second; 2,000 unless given. */
  arrivalsPerSecond?: number | undefined;
}

/** The server's end of the websocket transport: lets agents in and joins them to another transport, the hub. */
export interface AgentGateway {
  /** Takes over an HTTP upgrade at `AGENT_PATH`; answers it with an HTTP error when it cannot be. Never throws. */
  accept(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  /** Who is connected, in the order in which they came. */
  connections(): readonly AgentConnection[];
  /**
   * Lets nobody in any more, tells agents that the server leaves, and closes once what was being taken is answered, within
   * a second. May be called twice.
   */
  close(): Promise<void>;
}

export function createAgentGateway(parts: GatewayParts): AgentGateway {
  return new Gateway(parts);
}

class Gateway implements AgentGateway {
  readonly #parts: GatewayParts;
  readonly #pace: ArrivalPace;
  readonly #greetings: Greetings;
  readonly #turns = new Turns();
  readonly #agents = new Set<ServedAgent>();
  readonly #clients = new Map<string, { agents: Set<ServedAgent>; allowance: Allowance }>();
  /** Agents to which answers wait. */
  #gathered: ServedAgent[] = [];
  #upgrades: WebSocketServer | undefined;
  #look: Timer | undefined;
  #closed = false;
  #closing: Promise<void> | undefined;

  constructor(parts: GatewayParts) {
    this.#parts = parts;
    this.#pace = new ArrivalPace(parts.arrivalsPerSecond);
    this.#greetings = new Greetings(parts, (greeted) => this.#welcome(greeted));
  }

  accept(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on('error', () => socket.destroy());
    const refusal = strangeUpgrade(request) ?? this.#crowded(request.socket.remoteAddress ?? 'unknown');
    if (!refusal) {
      const greet = (upgraded: WebSocket): void => this.#greetings.greet(upgraded, request);
      this.#upgrader().handleUpgrade(request, socket, head, greet);
      return;
    }
    const later = refusal.retryAfter !== undefined;
    this.#parts.counters.increment(later ? 'agents_turned_away' : 'agent_connections_refused');
    answerUpgrade(socket, refusal);
  }

  connections(): readonly AgentConnection[] {
    return [...this.#agents].map(({ about }) => ({ ...about }));
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  #crowded(address: string): UpgradeRefusal | undefined {
    const someSeconds = (most: number): number => Math.ceil((1 + this.#parts.random.number()) * (most / 2));
    if (this.#closed) return { status: 503, reason: 'this server is stopping', retryAfter: someSeconds(4) };
    if (this.#agents.size >= MOST_CONNECTIONS || !this.#greetings.hasRoom(address))
      return {
        status: 503,
        reason: 'this server has as many agents as it takes',
        retryAfter: someSeconds(60),
      };
    const turnMs = this.#pace.turnInMs(this.#parts.clock.elapsed());
    if (turnMs === 0) return undefined;
    const reason = 'too many agents connect at once; come again later';
    return { status: 503, reason, retryAfter: Math.ceil(turnMs / 1000) };
  }

  /** The limit may have been configured anew since the last one came. */
  #upgrader(): WebSocketServer {
    const maxPayload = this.#parts.limits().messageBytes;
    if (this.#upgrades?.options.maxPayload !== maxPayload)
      this.#upgrades = new WebSocketServer({
        noServer: true,
        clientTracking: false,
        perMessageDeflate: false,
        maxPayload,
      });
    return this.#upgrades;
  }

  #welcome(greeted: Greeted): void {
    const { socket, admitted, hello } = greeted;
    const own = this.#clients.get(admitted.client);
    const nowMs = this.#parts.clock.elapsed();
    // Those that are dead are found out at once by this, and make room.
    for (const older of own?.agents ?? []) older.ask(nowMs, 0);
    if (this.#closed) dismiss(this.#parts.clock, socket, { type: 'leaving', spread: 1 }, CLOSE_LEAVING);
    else if (own && own.agents.size >= MOST_OF_ONE_CLIENT) this.#tooMany(greeted);
    else {
      const agent = this.#join(greeted);
      agent.send({
        type: 'welcome',
        protocol: Math.min(hello.protocol, PROTOCOL),
        version: this.#parts.version,
        time: this.#parts.clock.now() / 1000,
        message_bytes: this.#parts.limits().messageBytes,
      });
      if (admitted.revoked.aborted) revoke(agent);
    }
  }

  #tooMany({ socket, admitted: { client }, address }: Greeted): void {
    this.#parts.counters.increment('agent_connections_refused');
    const reason = `${MOST_OF_ONE_CLIENT} agents are connected as "${client}"; each machine needs a name of its own`;
    this.#parts.log.warn('an agent was not let in', { client, address, reason });
    dismiss(this.#parts.clock, socket, { type: 'refused', reason, again_in: AGAIN_SECONDS }, CLOSE_REFUSED);
  }

  #about({ version, time }: Hello, { client }: Admitted, address: string): AgentConnection {
    const sinceMs = this.#parts.clock.now();
    const clockSkewMs = time === undefined ? 0 : Math.round(time * 1000 - sinceMs);
    return { client, address, version, sinceMs, clockSkewMs, spooled: 0 };
  }

  #join({ socket, hello, admitted, address }: Greeted): ServedAgent {
    const { client, revoked } = admitted;
    const own = this.#clients.get(client) ?? { agents: new Set(), allowance: new Allowance() };
    this.#clients.set(client, own);
    const agent = new ServedAgent(this.#parts, socket, {
      about: this.#about(hello, admitted, address),
      admitted,
      allowance: own.allowance,
      gather: (one) => this.#gather(one),
      turns: this.#turns,
    });
    this.#agents.add(agent);
    own.agents.add(agent);
    const refuse = (): void => revoke(agent);
    revoked.addEventListener('abort', refuse, { once: true });
    socket.on('close', () => {
      revoked.removeEventListener('abort', refuse);
      agent.closed();
      this.#agents.delete(agent);
      own.agents.delete(agent);
      if (own.agents.size === 0) this.#clients.delete(client);
      this.#parts.log.info('an agent has disconnected', { client, address });
    });
    this.#parts.log.info('an agent has connected', { client, address, version: agent.about.version });
    this.#lookLater();
    return agent;
  }

  /** Ends dead connections and asks quiet ones for a sign of life. */
  #lookAfter(dueMs: number): void {
    const nowMs = this.#parts.clock.elapsed();
    // A process that stood still has not read the signs of life that came meanwhile.
    const stoodStill = nowMs - dueMs > LOOK_MS;
    for (const agent of this.#agents) {
      if (!stoodStill && agent.owesLifeMs(nowMs) > SILENT_MS) agent.lose('nothing is heard from it');
      else agent.ask(nowMs, QUIET_MS);
    }
    this.#look = undefined;
    if (this.#agents.size > 0 && !this.#closed) this.#lookLater();
  }

  #lookLater(): void {
    const dueMs = this.#parts.clock.elapsed() + LOOK_MS;
    this.#look ??= this.#parts.clock.after(LOOK_MS, () => this.#lookAfter(dueMs));
  }

  /** Answers wait until this turn's have come together, so that one frame carries many. */
  #gather(agent: ServedAgent): void {
    if (this.#gathered.push(agent) === 1) setImmediate(() => this.#flush());
  }

  #flush(): void {
    const agents = this.#gathered;
    this.#gathered = [];
    for (const agent of agents) agent.flush();
  }

  async #close(): Promise<void> {
    this.#closed = true;
    this.#look?.cancel();
    this.#greetings.close();
    const spread = Math.max(1, this.#agents.size / 1_000);
    for (const agent of this.#agents) {
      agent.stopReading();
      agent.send({ type: 'leaving', spread });
    }
    await this.#until(() => [...this.#agents].every(({ unanswered }) => unanswered === 0));
    this.#flush();
    for (const agent of this.#agents) agent.leave();
    await this.#until(() => this.#agents.size === 0 && this.#greetings.size === 0);
    this.#greetings.terminate();
    for (const agent of this.#agents) agent.terminate();
    await this.#until(() => this.#agents.size === 0 && this.#greetings.size === 0);
  }

  async #until(condition: () => boolean): Promise<void> {
    const { clock } = this.#parts;
    const endMs = clock.elapsed() + CLOSE_MS;
    while (!condition() && clock.elapsed() < endMs) await sleep(clock, 10);
  }
}

function revoke(agent: ServedAgent): void {
  agent.refuse('the right of this agent to connect has ended');
}
