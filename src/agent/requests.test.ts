import { afterEach, describe, expect, it } from 'vitest';
import { type CheckPlugin, defineCheck, Type } from '../plugin.ts';
import { type AgentWorld, agentWorld } from '../testing/agent.ts';

const worlds: AgentWorld[] = [];
afterEach(async () => {
  for (const world of worlds.splice(0)) await world.close();
});

const safe = { name: 'i-42', address: '', subscriptions: ['web'], safe_mode: true, signature: 's3' };
const disk = { name: 'disk', command: 'local-disk', standalone: true, interval: 60 };

async function setUp(client: object = safe, checks: readonly CheckPlugin[] = []): Promise<AgentWorld> {
  const settings = { client: { ...safe, ...client }, checks: [disk] };
  const world = await agentWorld({ settings, checks });
  worlds.push(world);
  await world.agent.start();
  return world;
}

describe('a client in safe mode', () => {
  it('answers a command that it does not know, and does not run it', async () => {
    const world = await setUp();
    await world.request({
      name: 'load',
      command: 'rm -rf /',
      handlers: ['mail'],
      source: '',
      api_requested: { reason: 'why not', creator: null },
    });
    expect(world.results.map(({ body }) => body)).toEqual([
      {
        client: 'i-42',
        check: {
          name: 'load',
          command: 'rm -rf /',
          handlers: ['mail'],
          api_requested: { reason: 'why not', creator: null },
          issued: 1_800_000_000,
          output: 'Check is not locally defined (safe mode)',
          status: 3,
          handle: false,
          executed: 1_800_000_000,
        },
        signature: 's3',
      },
    ]);
    expect(world.spawner.lines).toEqual([]);
    expect(world.counters.read('requests_unsafe')).toBe(1);
  });

  it('runs what it knows, as it knows it, and its standalone checks', async () => {
    const world = await setUp();
    await world.request({ name: 'disk', command: 'rm -rf /' });
    expect(world.spawner.lines.map((line) => line.command)).toEqual(['local-disk']);
    await world.clock.advance(60_000);
    expect(world.spawner.lines.map((line) => line.command)).toEqual(['local-disk', 'local-disk']);
    expect(world.counters.read('requests_unsafe')).toBe(0);
  });

  it('runs checks in process, which are its own', async () => {
    const probe = defineCheck({
      name: 'probe',
      options: Type.Object({}),
      run: async () => ({ status: 0, output: 'fine' }),
    });
    const world = await setUp({}, [probe]);
    await world.request({ name: 'anything', extension: 'probe' });
    await world.request({ name: 'probe' });
    expect(world.results.map(({ body }) => body.check.output)).toEqual(['fine', 'fine']);
  });

  it('is one only when it says true', async () => {
    const world = await setUp({ safe_mode: false });
    await world.request({ name: 'load', command: 'uptime' });
    expect(world.spawner.lines.map((line) => line.command)).toEqual(['uptime']);
  });
});

describe('a request', () => {
  it('for no other client is one for this client', async () => {
    const world = await setUp({ safe_mode: false });
    await world.request({ name: 'load', command: 'uptime', source: '' });
    expect(world.lastCheck()).toMatchObject({ output: 'ok\n', status: 0 });
    expect(world.lastCheck()).not.toHaveProperty('source');
    await world.request({ name: 'load', command: 'uptime', source: ':::none|:::' });
    expect(world.results.length).toBe(2);
    expect(world.lastCheck()).not.toHaveProperty('source');
    await world.request({ name: 'load', command: ':::none:::', source: ':::none|:::' });
    expect(world.lastCheck()).toMatchObject({ output: 'Unmatched client token(s): none' });
    expect(world.lastCheck()).not.toHaveProperty('source');
  });

  it('keeps what somebody said when asking for it, and every attribute that nobody knows', async () => {
    const world = await setUp({ safe_mode: false });
    const own = {
      api_requested: { reason: 'it is slow', creator: 'ada' },
      playbook: 'http://wiki/load',
      contact: { pager: ['a', 'b'] },
      ttl: 60,
    };
    await world.request({ name: 'load', command: 'uptime', ...own });
    expect(world.results[0]?.body).toMatchObject({ check: own, signature: 's3' });
  });

  it('reaches one of those who share a round-robin subscription', async () => {
    const world = await setUp({ safe_mode: false, subscriptions: ['roundrobin:poll'] });
    await world.request({ name: 'load', command: 'uptime' }, 'roundrobin:poll');
    expect(world.results.length).toBe(1);
  });
});
