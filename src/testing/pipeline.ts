import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll } from 'vitest';
import type { DeadLetter, Delivery, DeliveryRecord } from '../model/delivery.ts';
import type { Event } from '../model/event.ts';
import type { Handler } from '../model/handler.ts';
import { defineHandler, type HandlerContext, type Plugin, Type } from '../plugin.ts';
import { json } from '../plugins/json.ts';
import type { Clock } from '../runtime/clock.ts';
import { Counters } from '../runtime/counters.ts';
import { silentLog } from '../runtime/log.ts';
import type { Random } from '../runtime/random.ts';
import type { Spawner } from '../runtime/spawner.ts';
import { systemClock } from '../runtime/system/clock.ts';
import { systemRandom } from '../runtime/system/random.ts';
import { Pipeline, type PipelineParts } from '../server/pipeline/pipeline.ts';
import type { PipelineRules } from '../server/pipeline/rules.ts';
import { logging, Registry, writing } from '../state/registry.ts';
import { Views } from '../state/views.ts';
import { openEmbeddedStore, type Store } from '../store/index.ts';
import { createMemoryTransport } from '../transport/index.ts';
import type { Transport } from '../transport/port.ts';
import { memoryLog } from './log.ts';
import { type EventOverrides, sampleEvent } from './plugin-context.ts';
import { until } from './until.ts';

/** What the handler plugin `post` does. */
export type Post = (event: Event, context: HandlerContext) => Promise<string>;

/** What a pipeline is made of, where the usual will not do. */
export interface PipelineGiven {
  post?: Post;
  /** Laid over the handlers `mail` and `pager`; of the type `post` unless told. */
  handlers?: Record<string, Partial<Handler>>;
  plugins?: Plugin[];
  on?: Store;
  clock?: Clock;
  random?: Random;
  spawner?: Pick<Spawner, 'run'>;
  views?: PipelineParts['views'];
  transport?: Transport;
  mostInHand?: number;
}

/** A pipeline with what it was given, to look into. */
export interface PipelineUnderTest {
  pipeline: Pipeline;
  log: ReturnType<typeof memoryLog>;
  counters: Counters;
  registry: Registry;
  rules: PipelineRules;
}

/** A store whose commits and lists fail while told to. */
export interface ShakyStore {
  on: Store;
  fail(error: Error | undefined): void;
  /** Commits and lists so far. */
  tries(): number;
}

/** An event with a number of occurrences, by which it is known again. */
export function numbered(occurrences: number, overrides: EventOverrides = {}): Event {
  return sampleEvent({ occurrences, ...overrides });
}

/**
 * Pipelines over a store of their own. Call it at the top of a test file: it opens the store before its tests, empties
 * it after each, and removes it after the last.
 */
export function pipelineWorld() {
  let folder: string;
  let store: Store;
  let views: Views;
  let ended: AbortController;
  const made: Pipeline[] = [];
  const open = async (): Promise<void> => {
    store = await openStore(folder);
    ended = new AbortController();
    views = Views.open(store, ended.signal, (error) => {
      throw error;
    });
  };
  const close = async (): Promise<void> => {
    ended.abort();
    await store.close();
  };

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tocsin-pipeline-'));
    await open();
  });
  afterEach(async () => {
    for (const pipeline of made.splice(0)) await pipeline.stop(0);
    for (const kind of ['delivery', 'dead']) {
      const { items } = await store.list(kind, { limit: 100_000 });
      await store.commit([{ writes: items.map(({ name }) => ({ kind, name, value: undefined })) }]);
    }
    await store.dropLogs('deliveries/');
  });
  afterAll(async () => {
    await close();
    await rm(folder, { recursive: true });
  });

  return {
    /** The store that is open now. */
    get store(): Store {
      return store;
    },
    /** Closes the store and opens it again, as after a restart. */
    async reopen(): Promise<void> {
      await close();
      await open();
    },
    /** The views of the store that is open now. */
    get views(): Views {
      return views;
    },
    pipelineWith: (given: PipelineGiven = {}): PipelineUnderTest => {
      const created = createPipeline(store, { views, ...given });
      made.push(created.pipeline);
      return created;
    },
    /** What the intake does with events; resolves with their deliveries, committed and taken. */
    async bring(pipeline: Pipeline, ...events: Event[]): Promise<Delivery[]> {
      const deliveries = await commitDecided(store, pipeline, events);
      pipeline.take(deliveries);
      return deliveries;
    },
    /** The same, but nobody takes them. */
    commitOnly: (pipeline: Pipeline, ...events: Event[]): Promise<Delivery[]> =>
      commitDecided(store, pipeline, events),
    /** The records of one client's check, the oldest first. */
    async records(client = 'web-1', check = 'disk'): Promise<DeliveryRecord[]> {
      const entries = await new Registry(store).log('deliveries', client, check, { limit: 10_000 });
      return entries.map(({ entry }) => entry).reverse();
    },
    /** Waits until there are so many dead letters. */
    dead: async (count: number): Promise<DeadLetter[]> => {
      await until(() => views.deadLetters().size === count, `there are ${count} dead letters`);
      return [...views.deadLetters().values()];
    },
    /** Ids of the deliveries in the store. */
    async due(): Promise<string[]> {
      const { items } = await store.list('delivery');
      return items.map(({ name }) => name);
    },
    shaky: (): ShakyStore => shakyStore(store),
  };
}

function openStore(folder: string): Promise<Store> {
  return openEmbeddedStore({
    folder,
    sync: 'process',
    logs: { deliveries: { entries: 10_000, ageMs: 86_400_000 } },
    clock: systemClock,
    log: silentLog,
  });
}

function createPipeline(
  store: Store,
  given: PipelineGiven & Required<Pick<PipelineGiven, 'views'>>,
): PipelineUnderTest {
  const { clock = systemClock } = given;
  const log = memoryLog();
  const counters = new Counters();
  const registry = new Registry(given.on ?? store);
  const rules = rulesOf(given);
  const pipeline = new Pipeline({
    rules,
    registry,
    views: given.views,
    transport: given.transport ?? createMemoryTransport({ clock }),
    mostInHand: given.mostInHand,
    spawner: (given.spawner ?? {}) as Spawner,
    clock,
    random: given.random ?? systemRandom,
    log,
    counters,
  });
  return { pipeline, log, counters, registry, rules };
}

function rulesOf({ post = async () => 'told', handlers, plugins = [] }: PipelineGiven): PipelineRules {
  const plugin = defineHandler({
    name: 'post',
    options: Type.Object({}),
    run: (event, _, context) => post(event, context),
  });
  const named = Object.entries({ mail: {}, pager: {}, ...handlers });
  return {
    handlers: new Map(named.map(([name, handler]) => [name, { type: 'post', ...handler, name }])),
    filters: new Map(),
    mutators: new Map(),
    plugins: new Map([json, plugin, ...plugins].map((each) => [each.name, each as Plugin])),
  };
}

async function commitDecided(
  store: Store,
  pipeline: Pipeline,
  events: readonly Event[],
): Promise<Delivery[]> {
  const decisions = events.map((event) => pipeline.decide(event));
  const deliveries = decisions.flatMap((decision) => decision.deliveries);
  await store.commit([
    {
      writes: deliveries.map((delivery) => writing('delivery', delivery.id, delivery, 'absent')),
      appends: decisions.flatMap(({ records }) =>
        records.map((record) => logging('deliveries', record.client, record.check, Date.now(), record)),
      ),
    },
  ]);
  return deliveries;
}

function shakyStore(store: Store): ShakyStore {
  let error: Error | undefined;
  let tries = 0;
  const shaken =
    <Args extends unknown[], Result>(work: (...args: Args) => Promise<Result>) =>
    async (...args: Args): Promise<Result> => {
      tries++;
      if (error) throw error;
      return work(...args);
    };
  const on = standIn(store, {
    commit: shaken((...args: Parameters<Store['commit']>) => store.commit(...args)),
    list: shaken((...args: Parameters<Store['list']>) => store.list(...args)),
  });
  const fail = (next: Error | undefined): void => {
    error = next;
  };
  return { on, fail, tries: () => tries };
}

/** A store that does some things differently. */
export function standIn(store: Store, different: Partial<Store>): Store {
  return new Proxy(store, {
    get(target, name) {
      const value: unknown = Reflect.get(different, name) ?? Reflect.get(target, name, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}
