import { tmpdir } from 'node:os';
import { type Agent, createAgent } from '../../src/agent/index.ts';
import type { Settings } from '../../src/config/index.ts';
import type { ExecutedCheck } from '../../src/model/check.ts';
import type { RegisteredClient } from '../../src/model/client.ts';
import type { Event } from '../../src/model/event.ts';
import { defineHandler, type Plugin, Type } from '../../src/plugin.ts';
import { builtInPlugins } from '../../src/plugins/index.ts';
import { unixSeconds } from '../../src/runtime/clock.ts';
import { Counters } from '../../src/runtime/counters.ts';
import { TocsinError } from '../../src/runtime/errors.ts';
import { Server } from '../../src/server/index.ts';
import { Registry } from '../../src/state/registry.ts';
import type { RemovalParts } from '../../src/state/removal.ts';
import type { SelfStatus } from '../../src/state/self-status.ts';
import { Views } from '../../src/state/views.ts';
import { openEmbeddedStore, type Store } from '../../src/store/index.ts';
import { ManualClock } from '../../src/testing/clock.ts';
import { instantDisk } from '../../src/testing/instant-disk.ts';
import { memoryLog } from '../../src/testing/log.ts';
import { seededRandom } from '../../src/testing/random.ts';
import { type SettingsOverrides, testSettings } from '../../src/testing/settings.ts';
import { FakeSpawner } from '../../src/testing/spawner.ts';
import { createMemoryTransport, type Transport } from '../../src/transport/index.ts';

/** One server and many agents in virtual time. */
export class Fleet {
  readonly clock = new ManualClock();
  readonly log = memoryLog();
  readonly counters = new Counters();
  readonly random = seededRandom(7);
  /** Every event that a handler was told of, in order. */
  readonly told: Event[] = [];
  /** Client → when its commands ran, wall milliseconds. */
  readonly runs = new Map<string, number[]>();
  /** Names of the logs that hold something. */
  readonly logs = new Set<string>();
  readonly #kept = { journal: [], position: 0 };
  #settings: Settings;
  readonly #agents = new Map<string, Agent>();
  #transport: Transport | undefined;
  #store: Store | undefined;
  #server: Server | undefined;
  #views: Views | undefined;
  #stopViews = new AbortController();
  #storeAway = false;

  constructor(overrides: SettingsOverrides) {
    const book = { name: 'book', type: 'book' };
    this.#settings = testSettings({
      handlers: new Map([
        ['default', book],
        ['keepalive', { ...book, name: 'keepalive' }],
      ]),
      ...overrides,
    });
  }

  async startServer(): Promise<void> {
    const { clock, log, counters, random } = this;
    this.#transport ??= createMemoryTransport({ clock, log });
    this.#store = await openEmbeddedStore({
      ...this.#settings.store,
      // Nothing is written there: the disk is not a real one.
      folder: tmpdir(),
      clock,
      log,
      startThread: instantDisk(this.#kept),
    });
    this.#noteLogs(this.#store);
    this.#stopViews = new AbortController();
    const registry = new Registry(this.#store);
    this.#views = Views.open(this.#store, this.#stopViews.signal, (error) => {
      throw error;
    });
    this.#server = new Server({
      settings: this.#settings,
      plugins: this.#plugins(),
      transport: this.#transport,
      registry,
      views: this.#views,
      spawner: new FakeSpawner(),
      clock,
      random,
      log,
      counters,
      version: '1',
    });
    await this.#server.start();
  }

  /** The server goes on by other settings. */
  async reload(overrides: SettingsOverrides): Promise<void> {
    const { checks, ...rest } = overrides;
    const changed = checks ? testSettings({ checks }) : this.#settings;
    this.#settings = { ...this.#settings, ...rest, checks: changed.checks };
    await this.#server?.reload(this.#settings, this.#plugins());
  }

  /** The server is gone for a while; its agents go on. */
  async stopServer(): Promise<void> {
    await this.#server?.stop(0);
    this.#stopViews.abort();
    await this.#store?.close();
  }

  /** Sends a keepalive, without an agent. */
  keepalive(client: Partial<RegisteredClient> & { name: string }): void {
    const body = { subscriptions: ['web'], timestamp: unixSeconds(this.clock), ...client };
    this.#transport?.publishKeepalive({ body }).catch(() => undefined);
  }

  /** Reports a result, without an agent. */
  result(client: string, check: Partial<ExecutedCheck> & { name: string }, signature?: string): void {
    const executed = unixSeconds(this.clock);
    const body = {
      client,
      check: { status: 0, output: '', executed, ...check },
      ...(signature === undefined ? {} : { signature }),
    };
    this.#transport?.publishResult({ body }).catch(() => undefined);
  }

  /** From now on the store takes nothing, or takes everything again. */
  takeStoreAway(away: boolean): void {
    this.#storeAway = away;
  }

  /** How the server finds itself. */
  self(): SelfStatus {
    if (!this.#server) throw new Error('the server was not started');
    return this.#server.self();
  }

  get views(): Views {
    if (!this.#views) throw new Error('the server was not started');
    return this.#views;
  }

  get registry(): Registry {
    if (!this.#store) throw new Error('the server was not started');
    return new Registry(this.#store);
  }

  /** What removing somebody takes. */
  get removalParts(): RemovalParts {
    return {
      registry: this.registry,
      views: this.views,
      transport: this.#transport as Transport,
      clock: this.clock,
      log: this.log,
    };
  }

  /** How many documents of each kind are stored. */
  documents(): Record<string, number> {
    const kinds = ['client', 'state', 'silence', 'stash', 'signature', 'delivery'];
    return Object.fromEntries(kinds.map((kind) => [kind, this.#store?.view(kind)?.size ?? 0]));
  }

  async startAgent(name: string): Promise<void> {
    const { clock, log, counters, random } = this;
    const spawner = new FakeSpawner();
    const run = spawner.run.bind(spawner);
    const times: number[] = this.runs.get(name) ?? [];
    this.runs.set(name, times);
    spawner.run = (line) => {
      times.push(clock.now());
      return run(line);
    };
    const client = { name, address: '10.0.0.1', subscriptions: ['web', `client:${name}`] };
    const agent = createAgent({
      settings: { ...this.#settings, client },
      transport: this.#transport as Transport,
      spawner,
      checks: new Map(),
      clock,
      random,
      log,
      counters,
      version: '1',
      listen: false,
    });
    this.#agents.set(name, agent);
    await agent.start();
  }

  async stopAgent(name: string): Promise<void> {
    await this.#agents.get(name)?.stop();
    this.#agents.delete(name);
  }

  #plugins(): ReadonlyMap<string, Plugin> {
    const book = defineHandler({
      name: 'book',
      options: Type.Object({}),
      run: async (event) => {
        this.told.push(event);
        return '';
      },
    });
    return new Map([...builtInPlugins, book as Plugin].map((plugin) => [plugin.name, plugin]));
  }

  #noteLogs(store: Store): void {
    const commit = store.commit.bind(store);
    const dropLogs = store.dropLogs.bind(store);
    store.commit = async (changes) => {
      if (this.#storeAway) throw new TocsinError('STORE_UNAVAILABLE', 'the store is away');
      const committed = await commit(changes);
      for (const [index, { appends = [] }] of changes.entries()) {
        if (!committed.conflicts.includes(index)) for (const { log } of appends) this.logs.add(log);
      }
      return committed;
    };
    store.dropLogs = async (prefix) => {
      for (const log of this.logs) if (log.startsWith(prefix)) this.logs.delete(log);
      await dropLogs(prefix);
    };
  }

  /** Names of checks with open events, as `client/check`. */
  problems(): string[] {
    return [...(this.#views?.events() ?? [])].map(({ client, check }) => `${client.name}/${check.name}`);
  }

  async end(): Promise<void> {
    const stops = [...this.#agents.keys()].map((name) => this.stopAgent(name));
    for (let turn = 0; turn < 20; turn++) await this.clock.advance(1000);
    await Promise.all(stops);
    await this.stopServer();
    await this.#transport?.close();
  }
}
