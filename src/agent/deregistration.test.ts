import { afterEach, describe, expect, it } from 'vitest';
import type { Client } from '../model/client.ts';
import { type AgentWorld, agentWorld } from '../testing/agent.ts';
import { settle } from '../testing/clock.ts';
import { deregistrationOf } from './deregistration.ts';

const worlds: AgentWorld[] = [];
afterEach(async () => {
  for (const world of worlds.splice(0)) await world.close();
});

const leaving = { name: 'i-42', address: '', subscriptions: ['web'], deregister: true };
const usual = {
  handler: 'deregistration',
  status: 1,
  name: 'deregistration',
  output: 'client initiated deregistration',
  issued: 1_800_000_000,
  executed: 1_800_000_000,
};

async function setUp(client: Client, server: 'listening' | 'deaf' = 'listening'): Promise<AgentWorld> {
  const world = await agentWorld({ settings: { client }, server });
  worlds.push(world);
  return world;
}

describe('a client with "deregister"', () => {
  it('takes its leave when it stops: acknowledged by then, signed, and as the last thing it says', async () => {
    const world = await setUp({ ...leaving, signature: 's3' });
    await world.agent.start();
    world.spawner.answer = 'hang';
    await world.request({ name: 'disk', command: 'check-disk' });
    await world.agent.stop();
    expect(world.results.map(({ body }) => body)).toEqual([
      { client: 'i-42', check: usual, signature: 's3' },
    ]);
    expect(await world.transport.statistics()).toMatchObject({ results: { messages: 0 } });
    const keepalives = world.keepalives.length;
    await world.request({ name: 'disk', command: 'check-disk' });
    await world.clock.advance(60_000);
    expect([world.results.length, world.keepalives.length]).toEqual([1, keepalives]);
  });

  it('says it once, however often it is stopped', async () => {
    const world = await setUp(leaving);
    await world.agent.start();
    await Promise.all([world.agent.stop(), world.agent.stop()]);
    await world.agent.stop();
    expect(world.results.length).toBe(1);
  });

  it('waits for the acknowledgement no longer than a stop may take', async () => {
    const world = await setUp(leaving, 'deaf');
    await world.agent.start();
    const stopping = world.agent.stop();
    await world.clock.advance(2_000);
    await stopping;
    expect(world.results.length).toBe(1);
    expect(world.clock.pending).toBe(0);
  });

  it('is not held up by a command that hangs beyond all measure', async () => {
    const world = await setUp(leaving);
    await world.agent.start();
    world.spawner.answer = 'hang';
    world.spawner.stuck = true;
    await world.request({ name: 'disk', command: 'check-disk' });
    const stopping = world.agent.stop();
    await world.clock.advance(5_000);
    await stopping;
    expect(world.results.map(({ body }) => body.check.name)).toEqual(['deregistration']);
    // A run that ends after all must not bring the client back.
    world.spawner.finish();
    await settle();
    expect(world.results.length).toBe(1);
  });

  it('has nothing to take leave from when it never began', async () => {
    const world = await setUp(leaving);
    await world.agent.stop();
    expect(world.results).toEqual([]);
  });
});

describe('what it says', () => {
  it('is laid over by its own attributes, all but the fixed ones', () => {
    const deregistration = {
      handler: 'cleanup',
      status: 2,
      team: { a: 1 },
      name: 'x',
      output: 'y',
      issued: 1,
      executed: 2,
    };
    expect(deregistrationOf({ ...leaving, deregistration }, 1_800_000_000)).toEqual({
      ...usual,
      handler: 'cleanup',
      status: 2,
      team: { a: 1 },
    });
  });

  it.each([undefined, false, 'true', 1, null])(
    'is nothing unless "deregister" is true, not %j',
    (deregister) => {
      expect(deregistrationOf({ ...leaving, deregister }, 1)).toBeUndefined();
    },
  );
});
