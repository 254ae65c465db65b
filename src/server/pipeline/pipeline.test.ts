import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Delivery, DeliveryRecord } from '../../model/delivery.ts';
import type { Event } from '../../model/event.ts';
import type { Handler } from '../../model/handler.ts';
import { defineFilter, defineHandler, type HandlerContext, type Plugin, Type } from '../../plugin.ts';
import { json } from '../../plugins/json.ts';
import type { Clock } from '../../runtime/clock.ts';
import { Counters } from '../../runtime/counters.ts';
import { TocsinError } from '../../runtime/errors.ts';
import { silentLog } from '../../runtime/log.ts';
import type { Execution, Spawner } from '../../runtime/spawner.ts';
import { systemClock } from '../../runtime/system/clock.ts';
import { systemRandom } from '../../runtime/system/random.ts';
import { logging, Registry, writing } from '../../state/registry.ts';
import { openEmbeddedStore, type Store } from '../../store/index.ts';
import { ManualClock, settle } from '../../testing/clock.ts';
import { memoryLog } from '../../testing/log.ts';
import { peers } from '../../testing/peers.ts';
import { type EventOverrides, sampleEvent } from '../../testing/plugin-context.ts';
import { createMemoryTransport } from '../../transport/index.ts';
import type { Transport } from '../../transport/port.ts';
import { MOST_AT_ONCE, Pipeline, type PipelineParts } from './pipeline.ts';

let folder: string;
let store: Store;

const openStore = (): Promise<Store> =>
  openEmbeddedStore({
    folder,
    sync: 'process',
    logs: { deliveries: { entries: 10_000, ageMs: 86_400_000 } },
    clock: systemClock,
    log: silentLog,
  });

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tocsin-pipeline-'));
  store = await openStore();
});

afterEach(async () => {
  const { items } = await store.list('delivery');
  await store.commit([{ writes: items.map(({ name }) => ({ kind: 'delivery', name, value: undefined })) }]);
  await store.dropLogs('deliveries/');
});

afterAll(async () => {
  await store.close();
  await rm(folder, { recursive: true });
});

type Post = (event: Event, context: HandlerContext) => Promise<string>;

interface Given {
  post?: Post;
  handlers?: Record<string, Partial<Handler>>;
  plugins?: Plugin[];
  on?: Store;
  clock?: Clock;
  spawner?: Pick<Spawner, 'run'>;
  views?: PipelineParts['views'];
  transport?: Transport;
  mostInHand?: number;
}

function pipelineWith({ post = async () => 'told', on = store, clock = systemClock, ...given }: Given = {}) {
  const plugin = defineHandler({
    name: 'post',
    options: Type.Object({}),
    run: (event, _, context) => post(event, context),
  });
  const plugins = [json, plugin, ...(given.plugins ?? [])];
  const handlers = { mail: {}, pager: {}, ...given.handlers };
  const log = memoryLog();
  const counters = new Counters();
  const registry = new Registry(on);
  const rules = {
    handlers: new Map(
      Object.entries(handlers).map(([name, handler]) => [name, { type: 'post', ...handler, name }]),
    ),
    filters: new Map(),
    mutators: new Map(),
    plugins: new Map(plugins.map((each) => [each.name, each as Plugin])),
  };
  const pipeline = new Pipeline({
    rules,
    registry,
    views: given.views ?? { state: () => undefined, *eventsOf() {}, *states() {}, shown: async () => {} },
    transport: given.transport ?? createMemoryTransport({ clock }),
    mostInHand: given.mostInHand,
    spawner: (given.spawner ?? {}) as Spawner,
    clock,
    random: systemRandom,
    log,
    counters,
  });
  return { pipeline, log, counters, registry, rules };
}

/** What the intake does with an event; resolves with its deliveries, committed and taken. */
async function bring(pipeline: Pipeline, ...events: Event[]): Promise<Delivery[]> {
  const deliveries = await commitOnly(pipeline, ...events);
  pipeline.take(deliveries);
  return deliveries;
}

async function commitOnly(pipeline: Pipeline, ...events: Event[]): Promise<Delivery[]> {
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

async function records(client = 'web-1', check = 'disk'): Promise<DeliveryRecord[]> {
  const entries = await new Registry(store).log('deliveries', client, check, { limit: 10_000 });
  return entries.map(({ entry }) => entry).reverse();
}

async function due(): Promise<string[]> {
  const { items } = await store.list('delivery');
  return items.map(({ name }) => name);
}

const numbered = (occurrences: number, overrides: EventOverrides = {}): Event =>
  sampleEvent({ occurrences, ...overrides });

/** A store whose commits and lists fail while told to. */
function shaky(): { on: Store; fail: (error: Error | undefined) => void; tries: () => number } {
  let error: Error | undefined;
  let tries = 0;
  const on: Store = Object.create(store, {
    commit: {
      value: async (...args: Parameters<Store['commit']>) => {
        tries++;
        if (error) throw error;
        return store.commit(...args);
      },
    },
    list: {
      value: async (...args: Parameters<Store['list']>) => {
        tries++;
        if (error) throw error;
        return store.list(...args);
      },
    },
  });
  const fail = (next: Error | undefined): void => {
    error = next;
  };
  return { on, fail, tries: () => tries };
}

/** Resolves when `holds` does; for what no event tells. */
async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await settle();
}

describe('a delivery', () => {
  test('is carried out, taken out of the store, recorded and counted', async () => {
    const ids: string[] = [];
    const post: Post = async (_, { deliveryId }) => {
      ids.push(deliveryId);
      return 'told';
    };
    const { pipeline, counters } = pipelineWith({ post });
    await pipeline.start();
    const [delivery] = await bring(pipeline, sampleEvent());
    await pipeline.idle();
    expect(ids).toEqual([delivery?.id]);
    expect(await due()).toEqual([]);
    expect(await records()).toMatchObject([{ handler: 'mail', outcome: 'handled', output: 'told' }]);
    expect(counters.read('deliveries_handled')).toBe(1);
    await pipeline.stop(0);
  });

  test('begins within take when little is going on', async () => {
    let commands = 0;
    const run = async (): Promise<Execution> => {
      commands++;
      return { status: 0, output: '', durationMs: 0, ended: 'exit' };
    };
    const { pipeline } = pipelineWith({
      handlers: { mail: { type: 'pipe', command: 'true' } },
      spawner: { run },
    });
    await pipeline.start();
    const deliveries = await commitOnly(pipeline, sampleEvent());
    pipeline.take(deliveries);
    await Promise.resolve();
    await Promise.resolve();
    expect(commands).toBe(1);
    await pipeline.idle();
  });

  test('that fails is recorded once and not tried again', async () => {
    const post: Post = async () => {
      throw new Error('502');
    };
    const { pipeline, counters, log } = pipelineWith({ post });
    await pipeline.start();
    await bring(pipeline, sampleEvent());
    await pipeline.idle();
    expect(await records()).toMatchObject([
      { outcome: 'failed', failed: { stage: 'handler', error: '502' } },
    ]);
    expect(await due()).toEqual([]);
    expect(counters.read('deliveries_failed')).toBe(1);
    expect(log.lines.filter((line) => line.message === 'handler error')).toHaveLength(1);
  });

  test('of one check comes to a handler in order, whatever other handlers and checks do', async () => {
    const told: string[] = [];
    const post: Post = async ({ check, occurrences }) => {
      await new Promise((resolve) => setImmediate(resolve, 7 % occurrences));
      told.push(`${check.name} ${occurrences}`);
      return '';
    };
    const { pipeline } = pipelineWith({ post });
    await pipeline.start();
    const counts = Array.from({ length: 200 }, (_, index) => index + 1);
    await bring(
      pipeline,
      ...counts.flatMap((count) => [numbered(count), numbered(count, { check: { name: 'load' } })]),
    );
    await pipeline.idle();
    for (const check of ['disk', 'load']) {
      expect(told.filter((text) => text.startsWith(check))).toEqual(
        counts.map((count) => `${check} ${count}`),
      );
    }
  });
});

describe('after a death', () => {
  test('what was left is carried out again: in order, before anything new, under the same ids', async () => {
    const stuck = pipelineWith({ post: () => new Promise(() => {}) });
    await stuck.pipeline.start();
    const left = await bring(stuck.pipeline, numbered(1), numbered(2));
    left.push(...(await commitOnly(stuck.pipeline, numbered(3))));
    await stuck.pipeline.stop(0);
    await store.close();
    store = await openStore();

    const told: [number, string][] = [];
    const post: Post = async ({ occurrences }, { deliveryId }) => {
      told.push([occurrences, deliveryId]);
      return '';
    };
    const { pipeline } = pipelineWith({ post });
    const starting = pipeline.start();
    await starting;
    const [fresh] = await bring(pipeline, numbered(4));
    await pipeline.idle();
    expect(told).toEqual([...left, fresh].map((delivery, index) => [index + 1, delivery?.id]));
    expect((await records()).map(({ tries }) => tries ?? 1)).toEqual([2, 2, 2, 1]);
    expect(await due()).toEqual([]);
  });

  test('what comes while the store is read waits its turn', async () => {
    const { pipeline: former } = pipelineWith();
    await former.start();
    await commitOnly(former, numbered(1));
    const told: number[] = [];
    const post: Post = async ({ occurrences }) => {
      told.push(occurrences);
      return '';
    };
    const { pipeline } = pipelineWith({ post });
    const starting = pipeline.start();
    pipeline.take(await commitOnly(former, numbered(2)));
    await starting;
    await pipeline.idle();
    expect(told).toEqual([1, 2]);
  });

  test('ids sort behind those that were left', async () => {
    const ahead = pipelineWith({ clock: new ManualClock(4_000_000_000_000) });
    const left = await commitOnly(ahead.pipeline, numbered(1));
    const { pipeline } = pipelineWith();
    await pipeline.start();
    const [next] = pipeline.decide(numbered(2)).deliveries;
    expect(next && left[0] && next.id > left[0].id).toBe(true);
    await pipeline.idle();
  });

  test('a handler that is gone from the configuration is recorded', async () => {
    const former = pipelineWith({ handlers: { old: {} } });
    await commitOnly(former.pipeline, sampleEvent({ check: { handlers: ['old'] } }));
    const { pipeline } = pipelineWith();
    await pipeline.start();
    await pipeline.idle();
    expect(await records()).toMatchObject([
      {
        handler: 'old',
        outcome: 'failed',
        failed: { error: 'no handler of this name is configured any more' },
      },
    ]);
  });

  test('what another server took meanwhile is left to it', async () => {
    const former = pipelineWith();
    const [delivery] = await commitOnly(former.pipeline, sampleEvent());
    let told = 0;
    const post: Post = async () => String(++told);
    const between: Store = Object.create(store, {
      list: { value: (...args: Parameters<Store['list']>) => store.list(...args) },
      commit: {
        value: async (...args: Parameters<Store['commit']>) => {
          await store.commit([{ writes: [writing('delivery', delivery!.id, { ...delivery!, tries: 2 })] }]);
          return store.commit(...args);
        },
      },
    });
    const { pipeline } = pipelineWith({ post, on: between });
    await pipeline.start();
    await pipeline.idle();
    expect(told).toBe(0);
    expect(await due()).toEqual([delivery?.id]);
  });

  test('a document that is no delivery is left alone and told', async () => {
    await store.commit([{ writes: [{ kind: 'delivery', name: 'odd', value: { id: 'odd', event: null } }] }]);
    const { pipeline, log } = pipelineWith();
    await pipeline.start();
    await pipeline.idle();
    expect(await due()).toEqual(['odd']);
    expect(log.lines).toMatchObject([{ level: 'error', fields: { delivery: 'odd' } }]);
  });
});

describe('a store that is away', () => {
  const away = (): TocsinError => new TocsinError('STORE_UNAVAILABLE', 'the disk is full');

  test('is asked again, ever more slowly, and nothing is lost', async () => {
    const clock = new ManualClock();
    const { on, fail, tries } = shaky();
    const { pipeline, log } = pipelineWith({ on, clock });
    await pipeline.start();
    fail(away());
    const before = tries();
    await bring(pipeline, numbered(1), numbered(2));
    await until(() => clock.pending > 0);
    await clock.advance(10_000);
    expect(tries() - before).toBe(7);
    expect(pipeline.inHand).toBe(2);
    expect(await due()).toHaveLength(2);
    expect(log.lines.filter((line) => line.level === 'error')).toHaveLength(1);
    fail(undefined);
    let idle = false;
    void pipeline.idle().then(() => {
      idle = true;
    });
    while (!idle) await clock.advance(1_000);
    expect(await due()).toEqual([]);
    expect(await records()).toHaveLength(2);
    expect(log.lines.at(-1)?.message).toBe('deliveries are written to the store again');
  });

  test('holds up start until it is there', async () => {
    const former = pipelineWith();
    await commitOnly(former.pipeline, sampleEvent());
    const clock = new ManualClock();
    const { on, fail } = shaky();
    fail(away());
    const { pipeline } = pipelineWith({ on, clock });
    const starting = pipeline.start();
    await until(() => clock.pending > 0);
    fail(undefined);
    await clock.advance(100);
    await starting;
    await pipeline.idle();
    expect(await records()).toHaveLength(1);
  });

  test('start rejects when reading fails otherwise', async () => {
    const { on, fail } = shaky();
    fail(new TocsinError('STORE_FORMAT', 'made by a newer version'));
    await expect(pipelineWith({ on }).pipeline.start()).rejects.toThrow('made by a newer version');
  });

  test('and closed is not asked again', async () => {
    const { on, fail } = shaky();
    const { pipeline, log } = pipelineWith({ on });
    await pipeline.start();
    fail(new TocsinError('STORE_CLOSED', 'the store is closed'));
    await bring(pipeline, sampleEvent());
    await pipeline.idle();
    expect(await due()).toHaveLength(1);
    expect(log.lines.at(-1)).toMatchObject({
      level: 'error',
      message: expect.stringContaining('carried out again after the next start'),
    });
  });
});

describe('a storm', () => {
  test('of 5,000 is carried out and recorded whole, in few commits', async () => {
    const { on, tries } = shaky();
    let most = 0;
    let running = 0;
    const post: Post = async () => {
      most = Math.max(most, ++running);
      await new Promise((resolve) => setImmediate(resolve));
      running--;
      return '';
    };
    const { pipeline, counters } = pipelineWith({ post, on });
    await pipeline.start();
    const events = Array.from({ length: 5000 }, (_, index) =>
      numbered(1, { client: { name: `c${index % 500}` } }),
    );
    await bring(pipeline, ...events);
    await pipeline.idle();
    expect(most).toBe(MOST_AT_ONCE);
    expect(counters.read('deliveries_handled')).toBe(5000);
    expect(await due()).toEqual([]);
    expect(await records('c7')).toHaveLength(10);
    expect(tries()).toBeLessThan(1000);
  });

  test('holds few sockets open', async () => {
    const own = peers();
    let open = 0;
    let most = 0;
    const port = await own.serve(
      createServer((socket) => {
        most = Math.max(most, ++open);
        socket.resume();
        socket.on('error', () => {});
        void once(socket, 'close').then(() => open--);
      }),
    );
    const { pipeline, counters } = pipelineWith({
      handlers: { mail: { type: 'tcp', socket: { host: '127.0.0.1', port } } },
    });
    await pipeline.start();
    await bring(
      pipeline,
      ...Array.from({ length: 1000 }, (_, index) => numbered(1, { client: { name: `c${index}` } })),
    );
    await pipeline.idle();
    expect(counters.read('deliveries_handled')).toBe(1000);
    expect(most).toBeLessThanOrEqual(2 * MOST_AT_ONCE);
    await own.close();
  });
});

describe('a handler that is behind', () => {
  /** A handler whose deliveries end when told, one after another or all from now on. */
  function held() {
    const told: string[] = [];
    const ends: (() => void)[] = [];
    let open = false;
    const post: Post = ({ client, occurrences }) =>
      new Promise((resolve) => {
        const end = (): void => {
          told.push(`${client.name} ${occurrences}`);
          resolve('');
        };
        if (open) end();
        else ends.push(end);
      });
    const release = (): void => {
      open = true;
      for (const end of ends.splice(0)) end();
    };
    return { told, ends, post, release };
  }
  const three = (count: number): Event[] =>
    ['a', 'b', 'c'].map((name) => numbered(count, { client: { name } }));
  const counts = Array.from({ length: 40 }, (_, index) => index + 1);

  test('holds so many deliveries in hand, the others wait in the store; all are told in the end, in order', async () => {
    const { told, post, release } = held();
    const { pipeline } = pipelineWith({ post, mostInHand: 10 });
    await pipeline.start();
    await bring(pipeline, ...counts.slice(0, 20).flatMap(three));
    expect(pipeline.inHand).toBe(10);
    expect(pipeline.waiting).toBe(50);
    expect(await due()).toHaveLength(60);
    release();
    await bring(pipeline, ...counts.slice(20).flatMap(three));
    await pipeline.idle();
    for (const client of ['a', 'b', 'c']) {
      const own = told.filter((text) => text.startsWith(client));
      expect(own).toEqual(counts.map((count) => `${client} ${count}`));
    }
    expect(pipeline.waiting).toBe(0);
    expect(await due()).toEqual([]);
  });

  test('does not hold up another handler', async () => {
    const { post, release } = held();
    let paged = 0;
    const pager = defineHandler({ name: 'paging', options: Type.Object({}), run: async () => `${++paged}` });
    const { pipeline } = pipelineWith({
      post,
      plugins: [pager as Plugin],
      handlers: { pager: { type: 'paging' } },
      mostInHand: 5,
    });
    await pipeline.start();
    const events = Array.from({ length: 100 }, (_, index) =>
      numbered(index + 1, { check: { handlers: ['mail', 'pager'] } }),
    );
    for (const event of events) {
      await bring(pipeline, event);
      const wanted = paged + 1;
      await until(() => paged >= wanted || pipeline.inHand <= 5);
    }
    await until(() => paged === 100);
    expect(pipeline.waiting).toBe(95);
    release();
    await pipeline.idle();
    expect(await due()).toEqual([]);
  });

  test('leaves what waits to the next process, which takes it up within its own bound', async () => {
    const stuck = pipelineWith({ post: () => new Promise(() => {}), mostInHand: 4 });
    await stuck.pipeline.start();
    await bring(stuck.pipeline, ...counts.flatMap(three));
    await stuck.pipeline.stop(0);
    const { told, post, release } = held();
    const { pipeline } = pipelineWith({ post, mostInHand: 7 });
    await pipeline.start();
    expect(pipeline.inHand).toBe(7);
    expect(pipeline.waiting).toBe(113);
    release();
    await pipeline.idle();
    const own = told.filter((text) => text.startsWith('b'));
    expect(own).toEqual(counts.map((count) => `b ${count}`));
    expect(await records('b')).toHaveLength(40);
  });

  test('is read back from a store that was away meanwhile', async () => {
    const clock = new ManualClock();
    const { on, fail } = shaky();
    const { told, post, release } = held();
    const { pipeline } = pipelineWith({ post, on, clock, mostInHand: 2 });
    await pipeline.start();
    await bring(pipeline, ...counts.slice(0, 6).map((count) => numbered(count)));
    fail(new TocsinError('STORE_UNAVAILABLE', 'away'));
    release();
    await until(() => clock.pending > 0);
    expect(await due()).toHaveLength(6);
    fail(undefined);
    let idle = false;
    void pipeline.idle().then(() => {
      idle = true;
    });
    while (!idle) await clock.advance(1_000);
    expect(told).toEqual(counts.slice(0, 6).map((count) => `web-1 ${count}`));
  });
});

describe('new rules', () => {
  test('count for the next event and for deliveries that wait', async () => {
    let finish: () => void = () => {};
    const post: Post = () =>
      new Promise((resolve) => {
        finish = () => resolve('old');
      });
    const { pipeline, rules } = pipelineWith({ post });
    await pipeline.start();
    await bring(pipeline, numbered(1), numbered(2));
    const fresh = defineHandler({ name: 'fresh', options: Type.Object({}), run: async () => 'new' });
    pipeline.reload({
      ...rules,
      handlers: new Map([['mail', { type: 'fresh', name: 'mail' }]]),
      plugins: new Map([...rules.plugins, ['fresh', fresh as Plugin]]),
    });
    finish();
    await bring(pipeline, numbered(3), numbered(4, { check: { handlers: ['pager'] } }));
    await pipeline.idle();
    const outcomes = (await records()).map(({ occurrences, handler, output, failed }) => [
      occurrences,
      handler,
      output ?? failed?.error,
    ]);
    expect(outcomes.sort()).toEqual([
      [1, 'mail', 'old'],
      [2, 'mail', 'new'],
      [3, 'mail', 'new'],
      [4, 'pager', 'no handler of this name is configured'],
    ]);
  });

  test('without a handler end its deliveries as failed', async () => {
    let finish: () => void = () => {};
    const post: Post = () =>
      new Promise((resolve) => {
        finish = () => resolve('old');
      });
    const { pipeline, rules } = pipelineWith({ post });
    await pipeline.start();
    await bring(pipeline, numbered(1), numbered(2));
    pipeline.reload({ ...rules, handlers: new Map() });
    finish();
    await pipeline.idle();
    expect(await records()).toMatchObject([
      { outcome: 'handled' },
      { outcome: 'failed', failed: { error: 'no handler of this name is configured any more' } },
    ]);
    expect(await due()).toEqual([]);
  });

  test('tell what they cannot mean', async () => {
    const { pipeline, log, rules } = pipelineWith();
    pipeline.reload({ ...rules, handlers: new Map([['mail', { type: 'pigeon', name: 'mail' }]]) });
    expect(log.lines.map(({ message }) => message)).toEqual([
      'handler "mail" is of type "pigeon", which is no handler plugin that is loaded',
    ]);
  });
});

describe('stop', () => {
  test('waits for what runs, and leaves what waits in the store', async () => {
    let finish: () => void = () => {};
    const post: Post = () =>
      new Promise((resolve) => {
        finish = () => resolve('told');
      });
    const { pipeline } = pipelineWith({ post, clock: new ManualClock() });
    await pipeline.start();
    const [, second] = await bring(pipeline, numbered(1), numbered(2));
    const stopping = pipeline.stop(60_000);
    finish();
    await stopping;
    expect(await due()).toEqual([second?.id]);
    expect(await records()).toMatchObject([{ occurrences: 1, outcome: 'handled' }]);
  });

  test('is bounded; what has not ended then is carried out again after the next start', async () => {
    const clock = new ManualClock();
    let aborted = false;
    const post: Post = (_, { signal }) => {
      signal.addEventListener('abort', () => {
        aborted = true;
      });
      return new Promise(() => {});
    };
    const { pipeline, counters } = pipelineWith({ post, clock });
    await pipeline.start();
    await bring(pipeline, sampleEvent());
    const stopping = pipeline.stop(500);
    await clock.advance(500);
    await stopping;
    expect(aborted).toBe(true);
    expect(clock.pending).toBe(0);
    expect(await due()).toHaveLength(1);
    expect(await records()).toEqual([]);
    expect(counters.read('deliveries_failed')).toBe(0);
  });

  test('begins nothing that comes later, and lets go of who waits', async () => {
    let told = 0;
    const { pipeline } = pipelineWith({ post: async () => String(++told) });
    await pipeline.start();
    await pipeline.stop(1000);
    await bring(pipeline, sampleEvent());
    await pipeline.idle();
    expect(told).toBe(0);
    expect(await due()).toHaveLength(1);
  });
});

describe('the log', () => {
  const throwing = defineFilter({
    name: 'throwing',
    options: Type.Object({}),
    run: () => {
      throw new Error('no idea');
    },
  });

  test.each<[string, string, EventOverrides, Record<string, Partial<Handler>>]>([
    ['event handling disabled for event', 'info', { check: { handle: false } }, {}],
    ['handler does not handle action', 'info', { action: 'flapping' }, {}],
    ['handler does not handle event severity', 'info', {}, { mail: { severities: ['unknown'] } }],
    ['handler is silenced', 'info', { silenced: true }, {}],
    [
      'event was filtered',
      'info',
      { check: { handlers: ['nobody'] } },
      { nobody: { type: 'set', handlers: [] } },
    ],
    ['unknown handler', 'error', { check: { handlers: ['nobody'] } }, {}],
    ['unknown mutator', 'error', {}, { mail: { mutator: 'nowhere' } }],
    ['unknown filter', 'error', {}, { mail: { filter: 'nowhere' } }],
    ['handler error', 'error', { check: { handlers: ['odd'] } }, { odd: { type: 'pigeon' } }],
    ['processing event', 'info', {}, {}],
    ['processing event', 'debug', { check: { type: 'metric' } }, {}],
    ['filter error', 'error', {}, { mail: { filter: 'throwing' } }],
    ['handler output', 'info', {}, {}],
  ])('says "%s" at %s', async (message, level, overrides, handlers) => {
    const { pipeline, log } = pipelineWith({ handlers, plugins: [throwing as Plugin] });
    await pipeline.start();
    await bring(pipeline, sampleEvent(overrides));
    await pipeline.idle();
    expect(log.lines).toContainEqual(expect.objectContaining({ level, message }));
  });

  test.each([
    [0, 'info'],
    [1, 'error'],
  ])('shows the output of a command with status %i at %s', async (status, level) => {
    const run = async (): Promise<Execution> => ({ status, output: 'said\n', durationMs: 0, ended: 'exit' });
    const handlers = { mail: { type: 'pipe', command: 'true' } };
    const { pipeline, log } = pipelineWith({ handlers, spawner: { run } });
    await pipeline.start();
    await bring(pipeline, sampleEvent());
    await pipeline.idle();
    expect(log.lines.slice(1)).toMatchObject([
      { level, message: 'handler output', fields: { output: 'said\n' } },
    ]);
  });

  test('tells one cause once at error, and never keeps more than a thousand of them', async () => {
    const { pipeline, log } = pipelineWith();
    for (let round = 0; round < 2; round++) {
      for (let index = 0; index < 1500; index++) {
        pipeline.decide(sampleEvent({ check: { handlers: [`nobody-${index}`] } }));
      }
    }
    expect(log.lines.filter((line) => line.level === 'error')).toHaveLength(1000);
    expect(log.lines.filter((line) => line.message === 'unknown handler')).toHaveLength(3000);
  });

  test('tells a cause again after new rules have come', async () => {
    const { pipeline, log, rules } = pipelineWith();
    for (let round = 0; round < 2; round++) {
      pipeline.decide(sampleEvent({ check: { handlers: ['nobody'] } }));
      pipeline.reload(rules);
    }
    expect(log.lines.filter((line) => line.level === 'error')).toHaveLength(2);
  });

  test('is given no line that it throws away', async () => {
    const { pipeline, log } = pipelineWith();
    const { lines } = log;
    log.enabled = (level) => level === 'error';
    pipeline.decide(sampleEvent({ check: { handle: false } }));
    pipeline.decide(sampleEvent({ check: { handlers: ['nobody'] } }));
    expect(lines.map(({ message }) => message)).toEqual(['unknown handler']);
  });

  test('shows the whole output of a handler, and the record its beginning', async () => {
    const { pipeline, log } = pipelineWith({ post: async () => 'x'.repeat(5000) });
    await pipeline.start();
    await bring(pipeline, sampleEvent());
    await pipeline.idle();
    expect(log.lines.at(-1)?.fields['output']).toHaveLength(5000);
    expect((await records())[0]?.output).toHaveLength(1000);
  });

  test('tells at start what the configuration cannot mean', async () => {
    const { pipeline, log } = pipelineWith({ handlers: { mail: { filters: ['nowhere'] } } });
    await pipeline.start();
    expect(log.lines.map((line) => line.message)).toEqual([
      'filter "nowhere" of handler "mail" is neither configured nor a plugin, so every event passes it',
    ]);
  });
});
