import { afterAll, beforeAll, expect, test } from 'vitest';
import { Counters } from '../runtime/counters.ts';
import { Metrics } from '../runtime/metrics.ts';
import { writing } from '../state/registry.ts';
import type { SelfStatus } from '../state/self-status.ts';
import { startWorld, type World } from '../testing/api/world.ts';

const counters = new Counters();
const metrics = new Metrics(counters);
let found: SelfStatus | undefined;
let world: World;

beforeAll(async () => {
  world = await startWorld({ parts: { metrics, self: () => found } });
});
afterAll(() => world.stop());

const self: SelfStatus = {
  client: 'tocsin-test',
  blind: false,
  canary: { every: 15, passed_at: 1, took: 0.002, quiet: 3 },
  intake: { lag: 0.002, results_waiting: 0, keepalives_waiting: null },
  schedule: { lateness: 0 },
  outbox: { deliveries: 0, age: 0 },
  deliveries: { handled: 3, failed: 0 },
  dead_letters: 0,
  store: { connected: true },
  transport: { connected: true },
  agents: null,
  clocks: { clients: 0, worst: [] },
  event_loop: { delay: 0 },
  problems: [],
};

async function ownClient(): Promise<void> {
  const client = { name: self.client, subscriptions: [], timestamp: 1, version: '1' };
  const state = { client, signature: '', seenAttendedMs: 0, seenAtMs: 0, self: true as const };
  await world.registry.store.commit([{ writes: [writing('client', self.client, state)] }]);
  await world.result(self.client, 'limits', 1, 'too much');
}

test('GET /metrics tells what is measured and counted as text, and HEAD its headers', async () => {
  metrics.gauge('blind', () => 0);
  counters.increment('results_taken', 3);
  const response = await fetch(`${world.url}/metrics`);
  expect(response.status).toBe(200);
  expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
  const text = await response.text();
  expect(response.headers.get('content-length')).toBe(String(Buffer.byteLength(text)));
  expect(text).toContain('\ntocsin_blind 0\n');
  expect(text).toContain('\ntocsin_results_taken_total 3\n');
  const head = await fetch(`${world.url}/metrics`, { method: 'HEAD' });
  expect([head.status, await head.text()]).toEqual([200, '']);
  expect((await fetch(`${world.url}/metrics`, { method: 'POST' })).status).toBe(404);
});

test('where nothing is measured there is no /metrics, and no server without one', async () => {
  const other = await startWorld();
  try {
    expect((await fetch(`${other.url}/metrics`)).status).toBe(404);
    const response = await fetch(`${other.url}/api/v1/self`);
    expect(response.status).toBe(404);
    expect(await response.json()).toEqual({ error: 'No server runs in this process.' });
  } finally {
    await other.stop();
  }
});

test('GET /api/v1/self tells how the server finds itself, with its open events', async () => {
  found = undefined;
  expect((await fetch(`${world.url}/api/v1/self`)).status).toBe(404);
  found = self;
  await ownClient();
  const response = await fetch(`${world.url}/api/v1/self`);
  expect(response.status).toBe(200);
  const { events, ...rest } = (await response.json()) as SelfStatus & { events: unknown[] };
  expect(rest).toEqual(self);
  expect(events).toMatchObject([{ client: { name: 'tocsin-test' }, check: { name: 'limits', status: 1 } }]);
});

test('the 1.x API does not know the client of a server; ours does', async () => {
  await ownClient();
  await world.client({ name: 'web-1' });
  await world.result('web-1', 'disk', 2);
  const get = async (path: string): Promise<unknown> => (await fetch(world.url + path)).json();
  expect(await get('/clients')).toMatchObject([{ name: 'web-1' }]);
  expect(await get('/results')).toMatchObject([{ client: 'web-1' }]);
  expect(await get('/events')).toMatchObject([{ client: { name: 'web-1' } }]);
  expect(await get('/clients/tocsin-test/history')).toEqual([]);
  expect(await get('/results/tocsin-test')).toEqual([]);
  expect(await get('/events/tocsin-test')).toEqual([]);
  for (const path of ['/clients/tocsin-test', '/results/tocsin-test/limits', '/events/tocsin-test/limits']) {
    expect((await fetch(world.url + path)).status).toBe(404);
    expect((await fetch(world.url + path, { method: 'DELETE' })).status).toBe(404);
  }
  const page = await fetch(`${world.url}/clients?limit=5`);
  expect(page.headers.get('x-pagination')).toBe('{"limit":5,"offset":0,"total":1}');
  const resolve = { method: 'POST', body: JSON.stringify({ client: 'tocsin-test', check: 'limits' }) };
  expect((await fetch(`${world.url}/resolve`, resolve)).status).toBe(404);
  expect(await get('/api/v1/search/clients?q=')).toMatchObject({ total: 2 });
  expect(await get('/api/v1/search/events?q=client:tocsin-test')).toMatchObject({ total: 1 });
});

test('registering a client under the name of a server changes nothing', async () => {
  await ownClient();
  const posted = { name: 'tocsin-test', address: 'elsewhere', subscriptions: [] };
  await fetch(`${world.url}/clients`, { method: 'POST', body: JSON.stringify(posted) });
  expect(world.views.client('tocsin-test')).toMatchObject({ self: true, client: { version: '1' } });
});
