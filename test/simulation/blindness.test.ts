import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import type { Handler } from '../../src/model/handler.ts';
import { CANARY_CHECK, CANARY_HANDLER } from '../../src/state/self-reports.ts';
import { withoutSelf } from '../../src/state/without-self.ts';
import type { SettingsOverrides } from '../../src/testing/settings.ts';
import { until } from '../../src/testing/until.ts';
import { Fleet } from './fleet.ts';

const MINUTE_MS = 60_000;
const PERIOD_MS = 15_000;
const SELF = 'tocsin-test';

let fleet: Fleet;
const opened: Server[] = [];
afterEach(async () => {
  fleet.takeStoreAway(false);
  await fleet.end();
  await Promise.all(opened.splice(0).map((server) => new Promise((resolve) => server.close(resolve))));
});

async function start(
  overrides: SettingsOverrides = {},
  blindness: { canaryMs?: number; heartbeatUrl?: string } = {},
): Promise<void> {
  fleet = new Fleet({
    blindness: { canaryMs: PERIOD_MS, heartbeatUrl: undefined, ...blindness },
    ...overrides,
  });
  await fleet.startServer();
}

/** A handler that is told of everything, and one that is called when the server is blind as well. */
function handlers(): Pick<SettingsOverrides, 'handlers'> {
  const book = { name: 'default', type: 'book' };
  const pager: Handler = { name: 'pager', type: 'book', notify_when_blind: true };
  return { handlers: new Map([book, pager].map((handler) => [handler.name, handler])) };
}

const told = (): string[] =>
  fleet.told.map(({ client, check, action }) => `${client.name}/${check.name} ${action} ${check.status}`);

test('the canary comes back every period, and nobody is told of it', async () => {
  await start();
  await fleet.clock.advance(10 * MINUTE_MS);
  const { blind, canary, problems } = fleet.self();
  expect({ blind, problems }).toEqual({ blind: false, problems: [] });
  expect(canary).toMatchObject({ every: 15, took: 0, quiet: 0 });
  expect(fleet.counters.read('canaries_passed')).toBe(40);
  expect(fleet.told).toEqual([]);
  expect(fleet.documents()).toMatchObject({ delivery: 0, client: 1 });
  expect(fleet.log.lines.filter(({ level }) => level !== 'debug')).toEqual([]);
});

test('without a canary the server is never blind', async () => {
  await start({}, { canaryMs: 0 });
  fleet.takeStoreAway(true);
  await fleet.clock.advance(10 * MINUTE_MS);
  expect(fleet.self()).toMatchObject({ blind: false, canary: { every: 0, passed_at: null, took: null } });
  expect(fleet.documents()).toMatchObject({ client: 0 });
});

test('the store is away: blind after three periods, told once without it, and once when it is over', async () => {
  await start(handlers());
  await fleet.clock.advance(PERIOD_MS);
  fleet.takeStoreAway(true);
  await fleet.clock.advance(3 * PERIOD_MS - 1000);
  expect(fleet.self().blind).toBe(false);
  await fleet.clock.advance(2000);
  expect(fleet.self().blind).toBe(true);
  const [event] = fleet.told;
  expect(told()).toEqual([`${SELF}/blindness create 2`]);
  expect(event?.check.output).toContain('gone blind');
  await fleet.clock.advance(10 * MINUTE_MS);
  expect(told()).toHaveLength(1);
  fleet.takeStoreAway(false);
  await fleet.clock.advance(2 * PERIOD_MS);
  expect(fleet.self().blind).toBe(false);
  await fleet.clock.advance(5 * MINUTE_MS);
  const blindness = fleet.told.filter(({ check }) => check.name === 'blindness');
  expect(blindness.map(({ id, action, check }) => [id, action, check.status])).toEqual([
    [event?.id, 'create', 2],
    [event?.id, 'resolve', 0],
  ]);
  // What else went wrong meanwhile is told the usual way once there is a store again, and that it is over.
  expect(told()).toContain(`${SELF}/store_errors create 2`);
  expect(fleet.problems()).toEqual([]);
  expect(fleet.counters.read('blind_episodes')).toBe(1);
  expect(fleet.log.lines.filter(({ level }) => level === 'fatal')).toHaveLength(1);
});

test('blind twice is told twice, with ids of their own', async () => {
  await start(handlers());
  for (let episode = 0; episode < 2; episode++) {
    fleet.takeStoreAway(true);
    await fleet.clock.advance(5 * PERIOD_MS);
    fleet.takeStoreAway(false);
    await fleet.clock.advance(2 * PERIOD_MS);
  }
  const blindness = fleet.told.filter(({ check }) => check.name === 'blindness');
  expect(blindness.map(({ action }) => action)).toEqual(['create', 'resolve', 'create', 'resolve']);
  expect(new Set(blindness.map(({ id }) => id)).size).toBe(2);
});

test('a store that stays away makes no heap of canaries', async () => {
  await start();
  fleet.takeStoreAway(true);
  await fleet.clock.advance(60 * MINUTE_MS);
  expect(fleet.self().intake.results_waiting).toBeLessThanOrEqual(4);
});

test('time in which the machine slept is not quiet time', async () => {
  await start(handlers());
  await fleet.clock.advance(MINUTE_MS);
  for (const elapsedGoesOn of [true, false]) {
    fleet.clock.suspend(60 * MINUTE_MS, { elapsedGoesOn });
    await fleet.clock.advance(MINUTE_MS);
    fleet.clock.step(-30 * MINUTE_MS);
    await fleet.clock.advance(MINUTE_MS);
  }
  expect(fleet.counters.read('blind_episodes')).toBe(0);
  expect(fleet.told).toEqual([]);
});

test('nobody else can stand for a canary', async () => {
  await start();
  await fleet.clock.advance(PERIOD_MS);
  const passed = fleet.counters.read('canaries_passed');
  const forged = { type: 'metric', handlers: [CANARY_HANDLER], status: 0, output: 'canary of mine' };
  fleet.result(SELF, { name: CANARY_CHECK, ...forged });
  await fleet.clock.advance(1000);
  expect(fleet.counters.read('deliveries_handled')).toBe(passed + 1);
  expect(fleet.counters.read('canaries_passed')).toBe(passed);
});

test('an agent that is called like the server is not heard, and its client is not watched or forgotten', async () => {
  await start({ retention: { resultsMs: MINUTE_MS } }, { canaryMs: 0 });
  fleet.result(SELF, { name: 'limits', status: 1, output: 'too much' });
  await fleet.clock.advance(1000);
  fleet.keepalive({ name: SELF, keepalives: true });
  await fleet.clock.advance(60 * MINUTE_MS);
  expect(fleet.counters.read('keepalives_of_server')).toBe(1);
  expect(fleet.views.client(SELF)).toMatchObject({ self: true, client: { keepalives: false } });
  expect(told()).toEqual([`${SELF}/limits create 1`]);
  expect(fleet.problems()).toEqual([`${SELF}/limits`]);
});

test('what the server reports about itself is in the views, and not in those of the 1.x API', async () => {
  await start();
  fleet.keepalive({ name: 'web-1' });
  fleet.result('web-1', { name: 'disk', status: 2, aggregate: 'disks' });
  fleet.result(SELF, { name: 'disk', status: 2, aggregate: 'disks' });
  fleet.result(SELF, { name: 'limits', status: 1, aggregate: 'own' });
  await fleet.clock.advance(PERIOD_MS);
  const { views } = fleet;
  const shown = withoutSelf(views);
  expect([views.clientCount(), views.resultCount(), views.eventCount()]).toEqual([2, 4, 3]);
  expect([shown.clientCount(), shown.resultCount(), shown.eventCount()]).toEqual([1, 1, 1]);
  expect([...shown.clientNames()]).toEqual(['web-1']);
  expect(Array.from(shown.results(), ({ client }) => client)).toEqual(['web-1']);
  expect(Array.from(shown.events(), ({ client }) => client.name)).toEqual(['web-1']);
  expect(Array.from(shown.eventsOf('disk'), ({ client }) => client.name)).toEqual(['web-1']);
  expect(Array.from(shown.members('disks'), ({ client }) => client)).toEqual(['web-1']);
  expect([...shown.aggregates()]).toEqual(['disks']);
  expect([...shown.states(SELF), ...shown.events(SELF), ...shown.results(SELF)]).toEqual([]);
  expect([shown.client(SELF), shown.state(SELF, 'disk')]).toEqual([undefined, undefined]);
});

test('clocks of clients that differ are an event, which ends when they agree', async () => {
  await start({}, { canaryMs: 0 });
  const report = async (minutes: number, aheadSeconds: number): Promise<void> => {
    for (let half = 0; half < minutes * 2; half++) {
      const timestamp = Math.floor(fleet.clock.now() / 1000) + aheadSeconds;
      fleet.keepalive({ name: 'web-1', timestamp });
      fleet.keepalive({ name: 'web-2' });
      await fleet.clock.advance(MINUTE_MS / 2);
    }
  };
  await report(3, 120);
  expect(fleet.self().clocks).toEqual({ clients: 1, worst: [{ client: 'web-1', seconds: 120 }] });
  expect(fleet.self().problems).toMatchObject([{ check: 'clock_skew', status: 1 }]);
  expect(fleet.told.map(({ check }) => check.output)).toEqual([
    "clocks differ from the server's by more than 30 s: web-1 (120 s ahead)",
  ]);
  await report(3, 0);
  expect(told()).toEqual([`${SELF}/clock_skew create 1`, `${SELF}/clock_skew resolve 0`]);
  expect(fleet.self().problems).toEqual([]);
});

/** Somebody who watches an address: how often each path was called. */
async function watcher(answer: (path: string) => { status: number; location?: string }): Promise<{
  url: string;
  calls: string[];
}> {
  const calls: string[] = [];
  const server = createServer((request, response) => {
    const path = request.url ?? '';
    calls.push(`${request.method} ${path}`);
    const { status, location } = answer(path);
    response.writeHead(status, location === undefined ? {} : { location }).end();
  });
  opened.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, calls };
}

test('the heartbeat address is called while the canary comes back, and not when it does not', async () => {
  const { url, calls } = await watcher(() => ({ status: 200 }));
  await start({}, { heartbeatUrl: `${url}/ping` });
  const sent = (count: number) =>
    until(() => fleet.counters.read('heartbeats_sent') === count, `${count} heartbeats`);
  for (let period = 1; period <= 3; period++) {
    await fleet.clock.advance(PERIOD_MS);
    await sent(period);
  }
  fleet.takeStoreAway(true);
  await fleet.clock.advance(10 * MINUTE_MS);
  expect(calls).toEqual(['GET /ping', 'GET /ping', 'GET /ping']);
  fleet.takeStoreAway(false);
  await fleet.clock.advance(PERIOD_MS);
  await until(() => calls.length > 3, 'heartbeats again');
});
