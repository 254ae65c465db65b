import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Api, type ApiParts, createApi } from '../../api/index.ts';
import type { Settings } from '../../config/settings.ts';
import type { Check, CheckResult } from '../../model/check.ts';
import type { RegisteredClient } from '../../model/client.ts';
import { Counters } from '../../runtime/counters.ts';
import { systemClock } from '../../runtime/system/clock.ts';
import { systemRandom } from '../../runtime/system/random.ts';
import { applyResult } from '../../server/event/index.ts';
import { type CheckState, stateName } from '../../state/documents.ts';
import { logging, Registry, writing } from '../../state/registry.ts';
import { Views } from '../../state/views.ts';
import { openEmbeddedStore, type Store } from '../../store/index.ts';
import { createMemoryTransport, type Incoming, type Transport } from '../../transport/index.ts';
import { memoryLog } from '../log.ts';
import { testSettings } from '../settings.ts';

export interface WorldOptions {
  api?: Partial<Settings['api']>;
  checks?: readonly Check[];
  limits?: ApiParts['limits'];
  /** False: nobody takes results. */
  consumer?: boolean;
  parts?: Partial<ApiParts>;
}

/** An API that listens, with a store, a transport and somebody who takes what is published: all real. */
export interface World {
  api: Api;
  port: number;
  /** `http://127.0.0.1:<port>` */
  url: string;
  store: Store;
  registry: Registry;
  views: Views;
  transport: Transport;
  counters: Counters;
  log: ReturnType<typeof memoryLog>;
  /** Who called in, with what. */
  calls: { name: string; status: number; output: string }[];
  /** Results that were taken, in order. */
  taken: CheckResult[];
  /** Registers a client. */
  client(client: Partial<RegisteredClient> & { name: string }): Promise<void>;
  /** Stores a state of a check. */
  state(client: string, state: Partial<CheckState> & Pick<CheckState, 'check'>): Promise<void>;
  /** Publishes a result and waits until it is committed and shown. */
  result(client: string, check: string, status: number, output?: string): Promise<void>;
  /** Forgets everything that was stored, and what was taken. */
  clear(): Promise<void>;
  stop(): Promise<void>;
}

const CORS = {
  Origin: '*',
  Methods: 'GET, POST, PUT, DELETE, OPTIONS',
  Credentials: 'true',
  Headers: 'Origin, X-Requested-With, Content-Type, Accept, Authorization',
};
const KEPT = { entries: 1000, ageMs: 86_400_000 };

export async function startWorld(options: WorldOptions = {}): Promise<World> {
  const begun: (() => Promise<void>)[] = [];
  try {
    return await start(options, begun);
  } catch (error) {
    for (const undo of begun.reverse()) await undo();
    throw error;
  }
}

/** @param begun takes what has to be undone, in the order in which it was done */
async function start(options: WorldOptions, begun: (() => Promise<void>)[]): Promise<World> {
  const folder = await mkdtemp(join(tmpdir(), 'tocsin-api-'));
  begun.push(() => rm(folder, { recursive: true, force: true }));
  const log = memoryLog();
  const clock = systemClock;
  const logs = { transitions: KEPT, deliveries: KEPT, days: KEPT, removals: KEPT, audit: KEPT };
  const store = await openEmbeddedStore({ folder, sync: 'process', logs, clock, log });
  begun.push(() => store.close());
  const registry = new Registry(store);
  const ended = new AbortController();
  const views = Views.open(store, ended.signal, (error) => log.error('the views broke off', { error }));
  const transport = createMemoryTransport({ clock, log });
  begun.push(async () => ended.abort());
  begun.push(() => transport.close());
  const counters = new Counters();
  const calls: World['calls'] = [];
  const taken: CheckResult[] = [];
  const settings = testSettings({ checks: options.checks ?? [] });
  const api = await createApi({
    settings: { ...settings, api: { ...settings.api, cors: CORS, ...options.api } },
    ...{ transport, registry, views, clock, random: systemRandom, log, counters },
    version: '1.9.0',
    serverInfo: () => [],
    callIn: (name, report) => name === 'backup' && calls.push({ name, ...report }) > 0,
    limits: options.limits,
    ...options.parts,
  });
  begun.push(() => api.close());
  if (options.consumer !== false) {
    await transport.consumeResults((batch) => take(registry, batch, taken), { size: 100, spacingMs: 0 });
  }
  const { port } = await api.listen();
  return {
    ...{ api, port, url: `http://127.0.0.1:${port}`, store, registry, views, transport, counters, log },
    ...{ calls, taken },
    client: (client) => registerClient(registry, views, client),
    state: (client, state) => storeState(registry, views, client, state),
    async result(client, check, status, output = 'said') {
      const executed = Math.floor(clock.now() / 1000);
      await transport.publishResult({ body: { client, check: { name: check, status, output, executed } } });
      await views.shown();
    },
    async clear() {
      for (const kind of ['client', 'state', 'silence', 'stash', 'signature']) {
        const writes = [...(store.view(kind)?.keys() ?? [])].map((name) => ({
          kind,
          name,
          value: undefined,
        }));
        await store.commit([{ writes }]);
      }
      await views.shown();
      taken.length = 0;
    },
    async stop() {
      for (const undo of begun.reverse()) await undo();
    },
  };
}

async function registerClient(
  registry: Registry,
  views: Views,
  client: Partial<RegisteredClient> & { name: string },
): Promise<void> {
  const subscriptions = client.subscriptions ?? [`client:${client.name}`];
  const full: RegisteredClient = { ...client, subscriptions, timestamp: client.timestamp ?? 1 };
  const state = { client: full, signature: full.signature ?? '', seenAttendedMs: 0, seenAtMs: 0 };
  await registry.store.commit([{ writes: [writing('client', client.name, state)] }]);
  await views.shown();
}

async function storeState(
  registry: Registry,
  views: Views,
  client: string,
  state: Partial<CheckState> & Pick<CheckState, 'check'>,
): Promise<void> {
  const today = { day: 0, ok: 0, warning: 0, critical: 0, unknown: 0 };
  const full = { history: [state.check.status], last_ok: null, event: null, today, taken: [], ...state };
  await registry.store.commit([{ writes: [writing('state', stateName(client, state.check.name), full)] }]);
  await views.shown();
}

/** A server in small: what results mean is decided by the real rules, one result at a time. */
async function take(registry: Registry, batch: readonly Incoming[], taken: CheckResult[]): Promise<void> {
  for (const { body } of batch) {
    const result = body as CheckResult;
    const name = result.check.source ?? result.client;
    const [client] = await registry.read('client', [name]);
    const [before] = await registry.read('state', [stateName(name, result.check.name)]);
    const unknown = { name, address: 'unknown', subscriptions: [], timestamp: 0 };
    const meaning = applyResult(before?.value, {
      client: client?.value.client ?? unknown,
      check: result.check,
      now: Math.floor(systemClock.now() / 1000),
      newId: () => systemRandom.uuid(),
      taken: [],
    });
    const { transition } = meaning;
    const nowMs = systemClock.now();
    const appends = transition ? [logging('transitions', name, result.check.name, nowMs, transition)] : [];
    const writes = [writing('state', stateName(name, result.check.name), meaning.state)];
    if (!client) {
      writes.push(
        writing('client', name, { client: unknown, signature: '', seenAttendedMs: 0, seenAtMs: 0 }),
      );
    }
    await registry.store.commit([{ writes, appends }]);
    taken.push(result);
  }
}
