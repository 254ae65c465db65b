import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Agent, createAgent } from '../../src/agent/index.ts';
import { type Api, type ApiParts, createApi } from '../../src/api/index.ts';
import { loadSettings, type Settings } from '../../src/config/index.ts';
import type { Plugin } from '../../src/plugin.ts';
import { Counters } from '../../src/runtime/counters.ts';
import type { Spawner } from '../../src/runtime/spawner.ts';
import { systemClock } from '../../src/runtime/system/clock.ts';
import { systemRandom } from '../../src/runtime/system/random.ts';
import { createSpawner } from '../../src/runtime/system/spawner/index.ts';
import { Server } from '../../src/server/index.ts';
import { Registry } from '../../src/state/registry.ts';
import { selfClientName } from '../../src/state/self-reports.ts';
import { Views } from '../../src/state/views.ts';
import { openEmbeddedStore } from '../../src/store/index.ts';
import { memoryLog } from '../../src/testing/log.ts';
import { createMemoryTransport, type Transport } from '../../src/transport/index.ts';

export interface HouseOptions {
  /** What the server and the API are configured with. */
  settings: Settings;
  /** What the agent is configured with, where a test starts one. */
  agent?: Settings | undefined;
  /** Stands between the API and its parts, for tests of what is lost. */
  around?: ((parts: Pick<ApiParts, 'transport' | 'registry'>) => Partial<ApiParts>) | undefined;
  limits?: ApiParts['limits'];
  /** Filters, mutators and handlers that the server has in process; by default none. */
  plugins?: ReadonlyMap<string, Plugin> | undefined;
}

/** Server, API and, when wanted, an agent: the real ones, joined as in one process, on a free port. */
export interface House {
  port: number;
  url: string;
  api: Api;
  registry: Registry;
  views: Views;
  transport: Transport;
  counters: Counters;
  log: ReturnType<typeof memoryLog>;
  clock: typeof systemClock;
  settings: Settings;
  /** Runs an agent while `work` goes on. */
  whileAgentRuns(work: () => Promise<void>): Promise<void>;
  stop(): Promise<void>;
}

export const VERSION = '1.9.0';
const STOP_MS = 5_000;
const NO_PLUGINS: ReadonlyMap<string, Plugin> = new Map();

/** The settings that a file of `fixtures/` holds; throws when there is a mistake in it. */
export async function settingsOf(fixture: string): Promise<Settings> {
  const { settings, problems } = await loadSettings({
    file: new URL(`fixtures/${fixture}`, import.meta.url).pathname,
    directories: [],
    defaults: { hostname: 'conformance', address: '127.0.0.1' },
    plugins: NO_PLUGINS,
  });
  if (settings) return { ...settings, api: { ...settings.api, port: 0 } };
  throw new Error(`${fixture}: ${JSON.stringify(problems)}`);
}

export async function startHouse(options: HouseOptions): Promise<House> {
  const begun: (() => Promise<void>)[] = [];
  const stop = async (): Promise<void> => {
    for (const undo of begun.splice(0).reverse()) await undo();
  };
  try {
    return await start(options, begun, stop);
  } catch (error) {
    await stop();
    throw error;
  }
}

/** A server that has something to say of itself: Sensu has no such client, so none of this may show in the 1.x API. */
async function reportItself({ server }: Settings, transport: Transport): Promise<void> {
  const executed = Math.floor(systemClock.now() / 1000);
  const check = { name: 'limits', status: 1, output: 'its own', executed, handle: false, aggregate: 'own' };
  await transport.publishResult({ body: { client: selfClientName(server.name), check } });
}

async function start(
  { settings, agent, around, limits, plugins = NO_PLUGINS }: HouseOptions,
  begun: (() => Promise<void>)[],
  stop: () => Promise<void>,
): Promise<House> {
  const folder = await mkdtemp(join(tmpdir(), 'tocsin-conformance-'));
  begun.push(() => rm(folder, { recursive: true, force: true }));
  const log = memoryLog();
  const clock = systemClock;
  const store = await openEmbeddedStore({ ...settings.store, folder, clock, log });
  begun.push(() => store.close());
  const registry = new Registry(store);
  const ended = new AbortController();
  begun.push(async () => ended.abort());
  const views = Views.open(store, ended.signal, (error) => log.error('the views broke off', { error }));
  const transport = createMemoryTransport({ clock, log });
  begun.push(() => transport.close());
  const counters = new Counters();
  const shared = { transport, registry, views, clock, random: systemRandom, log, counters, version: VERSION };
  const api = await createApi({
    ...shared,
    settings,
    serverInfo: () => [serverInfo()],
    callIn: () => false,
    limits,
    ...around?.({ transport, registry }),
  });
  begun.push(() => api.close());
  const { port } = await api.listen();
  const newSpawner = (): Spawner =>
    createSpawner({ limit: 12, outputLimitBytes: settings.spawn.outputLimitBytes, clock, log });
  const spawner = newSpawner();
  begun.push(() => spawner.close());
  const server = new Server({
    ...shared,
    transport: asksNobody(transport),
    settings,
    plugins,
    spawner,
  });
  begun.push(() => server.stop(STOP_MS));
  await server.start();
  await reportItself(settings, transport);
  return {
    ...{ port, url: `http://127.0.0.1:${port}`, api, registry, views, transport, counters, log, clock },
    ...{ settings, stop },
    async whileAgentRuns(work) {
      if (!agent) throw new Error('this house has no agent');
      const running: Agent = createAgent({
        ...shared,
        settings: agent,
        spawner: newSpawner(),
        checks: new Map(),
        listen: false,
      });
      try {
        await running.start();
        await work();
      } finally {
        await running.stop();
      }
    },
  };
}

/** For a server whose schedule must not come between two requests of a test: checks run when they are asked for. */
function asksNobody(transport: Transport): Transport {
  return new Proxy(transport, {
    get: (target, key) => {
      if (key === 'publishRequest') return async () => 0;
      const value: unknown = Reflect.get(target, key);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

function serverInfo() {
  return {
    id: 'bf5b4a1a-33bf-4f2b-a5c2-76f43a1b7633',
    hostname: 'vm',
    address: '192.0.2.2',
    tasks: ['check_request_publisher', 'client_monitor', 'check_result_monitor'],
    metrics: { cpu: { user: 0.1, system: 0.1 } },
    sensu: { version: VERSION, settings: { hexdigest: '0'.repeat(64) } },
    timestamp: Math.floor(systemClock.now() / 1000),
  };
}
