import { afterEach, beforeEach, expect, test } from 'vitest';
import { silentLog } from '../../../runtime/log.ts';
import type { Spawner } from '../../../runtime/spawner.ts';
import { systemClock } from '../../../runtime/system/clock.ts';
import { startWorld, type World } from '../../../testing/api/world.ts';
import { type EventOverrides, sampleEvent } from '../../../testing/plugin-context.ts';
import { seededRandom } from '../../../testing/random.ts';
import type { Ending, Tools } from '../rules.ts';
import { deregistrationHandler } from './deregistration.ts';

let world: World;
beforeEach(async () => {
  world = await startWorld();
});
afterEach(() => world.stop());

function told(overrides: EventOverrides = {}, withServer = true): Promise<Ending> {
  const tools: Tools = {
    spawner: {} as Spawner,
    clock: systemClock,
    random: seededRandom(),
    log: silentLog,
    signal: new AbortController().signal,
    commandTimeoutMs: 0,
    server: withServer ? world : undefined,
  };
  const check = { name: 'deregistration', output: 'client initiated deregistration', status: 1 };
  const event = sampleEvent({ ...overrides, check: { ...check, ...overrides.check } });
  return deregistrationHandler({})({ event, deliveryId: 'x', data: '' }, tools);
}

test('forgets the client, its results and its events, which are resolved first', async () => {
  await world.client({ name: 'web-1' });
  await world.result('web-1', 'disk', 2);
  await world.result('web-1', 'deregistration', 1);
  expect(await told()).toEqual({
    outcome: 'handled',
    output: 'removed the client web-1 with everything that was known of it',
  });
  expect(world.views.client('web-1')).toBeUndefined();
  expect([...world.views.states('web-1')]).toEqual([]);
  const resolves = world.taken.filter(({ check }) => check.status === 0);
  expect(resolves.map(({ check }) => check.name).sort()).toEqual(['deregistration', 'disk']);
  const [removal] = await world.registry.log('removals', '-', '-');
  expect(removal?.entry).toMatchObject({
    client: 'web-1',
    why: 'the event deregistration asked for it: client initiated deregistration',
  });
});

test('leaves a client that came back after the event', async () => {
  await world.client({ name: 'web-1', timestamp: 1_795_245_600 });
  expect(await told({ check: { issued: 1_795_245_551 } })).toEqual({
    outcome: 'handled',
    output: 'the client web-1 has sent keepalives since, so it stays',
  });
  expect(world.views.client('web-1')).toBeDefined();
});

test('has nothing to do when its own event is resolved, or the client is gone', async () => {
  await world.client({ name: 'web-1' });
  expect(await told({ action: 'resolve' })).toEqual({
    outcome: 'handled',
    output: 'the event was resolved: there is nothing to remove',
  });
  expect(world.views.client('web-1')).toBeDefined();
  expect(await told({ client: { name: 'nobody' } })).toEqual({
    outcome: 'handled',
    output: 'there is no client nobody (any more)',
  });
});

test('fails where no server runs', async () => {
  expect(await told({}, false)).toEqual({
    outcome: 'failed',
    stage: 'handler',
    error: 'only a running server can remove a client',
  });
});
