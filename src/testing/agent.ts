import { type Agent, type AgentParts, createAgent } from '../agent/index.ts';
import type { CheckRequest, CheckResult } from '../model/check.ts';
import type { RegisteredClient } from '../model/client.ts';
import type { CheckPlugin } from '../plugin.ts';
import { Counters } from '../runtime/counters.ts';
import { createMemoryTransport, type Incoming, type Transport } from '../transport/index.ts';
import { ManualClock, settle } from './clock.ts';
import { memoryLog } from './log.ts';
import { seededRandom } from './random.ts';
import { type SettingsOverrides, testSettings } from './settings.ts';
import { FakeSpawner } from './spawner.ts';

export interface AgentWorldOptions {
  settings?: SettingsOverrides;
  /** Checks that run in process. */
  checks?: readonly CheckPlugin[];
  /** `deaf`: the server acknowledges nothing. */
  server?: 'listening' | 'deaf';
  /** What the agent is handed instead of the usual. */
  parts?: Partial<AgentParts>;
}

/** An agent without sockets on a clock that is moved by hand, with a server's ears at the other end of the transport. */
export interface AgentWorld {
  agent: Agent;
  clock: ManualClock;
  counters: Counters;
  keepalives: RegisteredClient[];
  log: ReturnType<typeof memoryLog>;
  results: (Incoming & { body: CheckResult })[];
  spawner: FakeSpawner;
  transport: Transport;
  /** Publishes a request and lets everything run that it sets off. */
  request(attributes: Partial<CheckRequest> & { name: string }, to?: string): Promise<void>;
  /** The check of the newest result. */
  lastCheck(): CheckResult['check'] | undefined;
  /** Stops the agent and closes the transport. */
  close(): Promise<void>;
}

export async function agentWorld(options: AgentWorldOptions = {}): Promise<AgentWorld> {
  const clock = new ManualClock();
  const log = memoryLog();
  const counters = new Counters();
  const spawner = new FakeSpawner();
  const transport = createMemoryTransport({ clock });
  const results: AgentWorld['results'] = [];
  const keepalives: RegisteredClient[] = [];
  const batches = { size: 100, spacingMs: 0 };
  await transport.consumeResults((batch) => {
    results.push(...(batch as AgentWorld['results']));
    return options.server === 'deaf' ? new Promise(() => {}) : Promise.resolve();
  }, batches);
  await transport.consumeKeepalives(async (batch) => {
    keepalives.push(...batch.map(({ body }) => body as RegisteredClient));
  }, batches);
  const agent = createAgent({
    settings: testSettings(options.settings),
    transport,
    spawner,
    checks: pluginsByName(options.checks ?? []),
    clock,
    random: seededRandom(),
    log,
    counters,
    version: '1.2.3',
    listen: false,
    ...options.parts,
  });
  return {
    agent,
    clock,
    counters,
    keepalives,
    log,
    results,
    spawner,
    transport,
    async request(attributes, to = 'web') {
      await transport.publishRequest(to, { issued: 1_800_000_000, ...attributes });
      await settle();
    },
    lastCheck: () => results.at(-1)?.body.check,
    async close() {
      const stopping = agent.stop();
      await settle();
      await clock.advance(10_000);
      await stopping;
      await transport.close();
    },
  };
}

export function pluginsByName(checks: readonly CheckPlugin[]): ReadonlyMap<string, CheckPlugin> {
  return new Map(checks.map((check) => [check.name, check]));
}
