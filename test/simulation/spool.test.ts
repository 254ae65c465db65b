import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createAgent, openSpool } from '../../src/agent/index.ts';
import type { Event } from '../../src/model/event.ts';
import { defineHandler, type Plugin, Type } from '../../src/plugin.ts';
import { builtInPlugins } from '../../src/plugins/index.ts';
import { Counters } from '../../src/runtime/counters.ts';
import { TocsinError } from '../../src/runtime/errors.ts';
import { Server } from '../../src/server/index.ts';
import { Registry } from '../../src/state/registry.ts';
import { Views } from '../../src/state/views.ts';
import { openEmbeddedStore } from '../../src/store/index.ts';
import { ManualClock } from '../../src/testing/clock.ts';
import { memoryLog } from '../../src/testing/log.ts';
import { seededRandom } from '../../src/testing/random.ts';
import { testSettings } from '../../src/testing/settings.ts';
import { tell } from '../../src/testing/sockets.ts';
import { FakeSpawner } from '../../src/testing/spawner.ts';
import { createMemoryTransport } from '../../src/transport/index.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tocsin-late-'));
});
afterEach(() => rm(folder, { recursive: true }));

/** A server, and an agent with a spool whose way to it can be cut. */
async function world() {
  const clock = new ManualClock();
  const log = memoryLog();
  const counters = new Counters();
  const random = seededRandom(3);
  const told: Event[] = [];
  const book = defineHandler({
    name: 'book',
    options: Type.Object({}),
    run: async (event) => {
      told.push(event);
      return '';
    },
  });
  const plugins = new Map<string, Plugin>([...builtInPlugins, book as Plugin].map((one) => [one.name, one]));
  const client = {
    ...{ name: 'i-42', address: '10.0.0.1', subscriptions: ['web'], keepalives: false },
    ...{ socket: { port: 0 }, http_socket: { enabled: false } },
  };
  const settings = testSettings({ client, handlers: new Map([['default', { name: 'book', type: 'book' }]]) });
  const store = await openEmbeddedStore({ ...settings.store, folder: join(folder, 'store'), clock, log });
  const registry = new Registry(store);
  const end = new AbortController();
  const views = Views.open(store, end.signal, (error) => {
    throw error;
  });
  const hub = createMemoryTransport({ clock, log });
  const spawner = new FakeSpawner();
  const shared = { settings, clock, log, counters, random, version: '1' };
  const server = new Server({ ...shared, plugins, transport: hub, registry, views, spawner });
  await server.start();
  let away = false;
  const publish = hub.publishResult.bind(hub);
  hub.publishResult = (message) =>
    away ? Promise.reject(new TocsinError('TRANSPORT_UNAVAILABLE', 'no server')) : publish(message);
  const spool = await openSpool({
    folder: join(folder, 'spool'),
    mostBytes: 1e7,
    clock,
    random: seededRandom(),
    log,
  });
  const agent = createAgent({
    ...shared,
    transport: hub,
    spawner: new FakeSpawner(),
    checks: new Map(),
    spool,
  });
  await agent.start();
  const port = agent.sockets().socket?.port ?? 0;
  const pass = async (condition: () => boolean): Promise<void> => {
    for (let count = 0; count < 5_000 && !condition(); count++) {
      await clock.advance(100);
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    expect(condition()).toBe(true);
  };
  return {
    ...{ clock, counters, registry, spool, told, pass, port },
    cut: (cut: boolean) => {
      away = cut;
    },
    async end() {
      const stopping = agent.stop();
      await pass(() => true);
      await clock.advance(10_000);
      await stopping;
      await server.stop(0);
      end.abort();
      await store.close();
      await hub.close();
    },
  };
}

test('an agent without a server for a minute: what is long over is in the logs, and paged to nobody', async () => {
  const { clock, counters, registry, spool, told, pass, port, cut, end } = await world();
  const report = (name: string, status: number, output = ''): Promise<string> =>
    tell(port, [JSON.stringify({ name, status, output })]);
  const first = Promise.all(['over', 'now', 'well'].map((name) => report(name, 0)));
  await pass(() => counters.read('results_taken') === 3);
  expect(await first).toEqual(['ok', 'ok', 'ok']);
  cut(true);
  const begun = Math.floor(clock.now() / 1000);
  for (let second = 1; second <= 60; second++) {
    const isOver = second >= 20 && second < 30;
    expect(await report('over', isOver ? 2 : 0, `${second}`)).toBe('ok');
    expect(await report('now', second >= 50 ? 1 : 0, `${second}`)).toBe('ok');
    expect(await report('well', 0, `${second}`)).toBe('ok');
    await clock.advance(1_000);
  }
  expect(spool.size).toBe(180);
  cut(false);
  await pass(() => spool.size === 0);
  await pass(() => told.length > 0);
  expect(told.map(({ check }) => [check.name, check.status])).toEqual([['now', 1]]);
  expect(counters.read('results_taken') + counters.read('results_late')).toBe(183);
  expect([counters.read('results_repeated'), counters.read('results_unsent')]).toEqual([0, 0]);

  const transitions = (await registry.log('transitions', 'i-42', 'over')).map(({ entry }) => entry);
  const late = transitions.filter((entry) => entry.late).reverse();
  expect(late.map(({ output }) => Number(output))).toEqual(
    Array.from({ length: 59 }, (_, index) => index + 1),
  );
  expect(late.map(({ timestamp, output }) => timestamp - Number(output))).toEqual(late.map(() => begun - 1));

  const records = (await registry.log('deliveries', 'i-42', 'over')).map(({ entry }) => entry).reverse();
  expect(records.map(({ outcome, handler, action, status }) => [outcome, handler, action, status])).toEqual([
    ['late', 'default', 'create', 2],
    ['late', 'default', 'resolve', 0],
  ]);
  expect(records[0]?.filtered?.why).toMatch(/^the result came \d+ s after it was executed/);
  expect(await registry.log('deliveries', 'i-42', 'well')).toEqual([]);
  await end();
}, 60_000);
