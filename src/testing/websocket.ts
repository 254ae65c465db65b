import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Clock } from '../runtime/clock.ts';
import { Counters } from '../runtime/counters.ts';
import type { Log } from '../runtime/log.ts';
import { systemClock } from '../runtime/system/clock.ts';
import type { Gatekeeper } from '../transport/gatekeeper.ts';
import {
  type AgentGateway,
  createAgentGateway,
  createMemoryTransport,
  createWebsocketTransport,
  type GatewayParts,
  type Transport,
  type WebsocketTransportParts,
} from '../transport/index.ts';
import { type LogLine, memoryLog } from './log.ts';
import { seededRandom } from './random.ts';
import { until } from './until.ts';

/**
 * The machine's clock, which counts the timers that are set: for what real sockets depend on.
 * @param speed how much faster it goes than real time
 */
export function countingClock(speed = 1): Clock & { readonly pending: number } {
  const timers = new Set<object>();
  return {
    now: () => systemClock.now(),
    elapsed: () => systemClock.elapsed() * speed,
    after(delayMs, run) {
      const own = {};
      timers.add(own);
      const timer = systemClock.after(delayMs / speed, () => {
        timers.delete(own);
        run();
      });
      return {
        cancel() {
          timers.delete(own);
          timer.cancel();
        },
      };
    },
    get pending() {
      return timers.size;
    },
  };
}

/** Lets everybody in who names a client, for every name. */
export const openGatekeeper: Gatekeeper = {
  admit: async ({ client }) => ({ client, speaksFor: () => true, revoked: new AbortController().signal }),
  offended() {},
};

/** A gateway at a port of 127.0.0.1, over a memory transport. */
export interface Station {
  hub: Transport;
  gateway: AgentGateway;
  server: Server;
  /** `ws://127.0.0.1:…` */
  address: string;
  counters: Counters;
  clock: Clock & { readonly pending: number };
  log: Log & { lines: LogLine[] };
  /** An agent's end, not connected yet. */
  agent(parts?: Partial<WebsocketTransportParts>): Transport;
  /** As `agent`, and waits until it is connected. */
  connected(parts?: Partial<WebsocketTransportParts>): Promise<Transport>;
  /** Closes everything that was opened here; throws when a timer or connection is left. */
  end(): Promise<void>;
}

/** Opens a station; what is given replaces what a gateway is usually made of. */
export async function openStation(
  parts: Partial<Omit<GatewayParts, 'clock'>> & { port?: number; speed?: number } = {},
): Promise<Station> {
  const clock = countingClock(parts.speed);
  const log = memoryLog();
  const counters = new Counters();
  const hub = parts.hub ?? createMemoryTransport({ clock, log });
  const limits = { messageBytes: 1_000_000, resultsPerSecond: 1_000_000, bytesPerSecond: 1e9 };
  const world = { clock, log, counters, random: seededRandom(), version: '1.2.3' };
  const gateway = createAgentGateway({
    ...world,
    hub,
    gatekeeper: openGatekeeper,
    limits: () => limits,
    ...parts,
  });
  const server = createServer((_request, response) => response.writeHead(404).end());
  server.on('upgrade', (request, socket, head) => gateway.accept(request, socket, head));
  await new Promise<void>((resolve) => server.listen(parts.port ?? 0, '127.0.0.1', resolve));
  const address = `ws://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const agents: Transport[] = [];
  const agent = (own: Partial<WebsocketTransportParts> = {}): Transport => {
    const opened = createWebsocketTransport({
      ...world,
      counters: new Counters(),
      client: 'i-42',
      servers: [address],
      token: () => 'secret',
      ...own,
    });
    agents.push(opened);
    return opened;
  };
  return {
    hub,
    gateway,
    server,
    address,
    counters,
    clock,
    log,
    agent,
    async connected(own) {
      const opened = agent(own);
      await until(() => opened.connected, 'the agent is connected');
      return opened;
    },
    async end() {
      await Promise.all(agents.map((one) => one.close()));
      await gateway.close();
      await hub.close();
      await new Promise((resolve) => server.close(resolve));
      if (clock.pending > 0) throw new Error(`${clock.pending} timers are set`);
    },
  };
}
