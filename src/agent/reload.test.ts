import { afterEach, describe, expect, it } from 'vitest';
import { type CheckPlugin, defineCheck, Type } from '../plugin.ts';
import { TocsinError } from '../runtime/errors.ts';
import { type AgentWorld, agentWorld, pluginsByName } from '../testing/agent.ts';
import { settle } from '../testing/clock.ts';
import { type SettingsOverrides, testSettings } from '../testing/settings.ts';
import type { RequestTaker } from '../transport/index.ts';
import { OVERLAP_MS } from './subscriptions.ts';

const worlds: AgentWorld[] = [];
afterEach(async () => {
  for (const world of worlds.splice(0)) await world.close();
});

const client = { name: 'i-42', address: '', subscriptions: ['web', 'roundrobin:poll'] };

async function setUp(settings: SettingsOverrides = {}): Promise<AgentWorld> {
  const world = await agentWorld({ settings: { client, ...settings } });
  worlds.push(world);
  await world.agent.start();
  await settle();
  return world;
}

function reload(
  { agent }: AgentWorld,
  settings: SettingsOverrides = {},
  checks: readonly CheckPlugin[] = [],
): Promise<void> {
  return agent.reload(testSettings({ client, ...settings }), pluginsByName(checks));
}

/** A check in process that answers with its own words. */
const saying = (output: string): CheckPlugin =>
  defineCheck({ name: 'saying', options: Type.Object({}), run: async () => ({ status: 0, output }) });

describe('a reload', () => {
  it('brings other definitions, for requests and for what runs by itself', async () => {
    const disk = { name: 'disk', command: 'old', standalone: true, interval: 60 };
    const world = await setUp({ checks: [disk] });
    await world.clock.advance(60_000);
    await reload(world, {
      checks: [
        { ...disk, command: 'new' },
        { name: 'load', command: 'load', standalone: true, interval: 60 },
      ],
    });
    await world.clock.advance(60_000);
    const commands = world.spawner.lines.map((line) => line.command);
    expect(commands[0]).toBe('old');
    expect(commands.slice(1).sort()).toEqual(['load', 'new']);
    await world.request({ name: 'disk', command: 'theirs' });
    expect(world.spawner.lines.at(-1)?.command).toBe('new');
    await reload(world);
    await world.clock.advance(600_000);
    expect(world.spawner.lines.length).toBe(4);
  });

  it('brings other checks in process, limits, safe mode and signature', async () => {
    const world = await setUp();
    await world.request({ name: 'saying' });
    expect(world.counters.read('requests_unknown')).toBe(1);
    const spawn = { limit: 12, defaultTimeoutMs: 5_000, outputLimitBytes: 100 };
    const changed = { ...client, safe_mode: true, signature: 's3' };
    await reload(world, { client: changed, spawn, checks: [{ name: 'known', command: 'known' }] }, [
      saying('x'.repeat(1_000)),
    ]);
    await world.request({ name: 'saying' });
    expect(world.lastCheck()?.output.length).toBeLessThan(200);
    expect(world.lastCheck()?.output).toContain('900 bytes of output left out');
    await world.request({ name: 'known' });
    expect(world.spawner.lines).toEqual([{ command: 'known', stdin: undefined, timeoutMs: 5_000 }]);
    await world.request({ name: 'other', command: 'other' });
    expect(world.results.at(-1)?.body).toMatchObject({ check: { status: 3 }, signature: 's3' });
  });

  it('tells of a client that changed at once, and then every 20 seconds; of one that did not, in its turn', async () => {
    const world = await setUp();
    await world.clock.advance(5_000);
    await reload(world, { client: { ...client, tier: 'gold', password: 'xyzzy' } });
    await settle();
    await world.clock.advance(20_000);
    await reload(world, { client: { ...client, password: 'xyzzy', tier: 'gold' } });
    await world.clock.advance(20_000);
    expect(
      world.keepalives.map(({ timestamp, tier, password }) => [timestamp - 1_800_000_000, tier, password]),
    ).toEqual([
      [0, undefined, undefined],
      [5, 'gold', 'REDACTED'],
      [25, 'gold', 'REDACTED'],
      [45, 'gold', 'REDACTED'],
    ]);
  });

  it('leaves alone what runs', async () => {
    const world = await setUp();
    world.spawner.answer = 'hang';
    await world.request({ name: 'disk', command: 'check-disk :::name:::' });
    await reload(world, { client: { ...client, name: 'i-43', subscriptions: ['db'] } });
    expect(world.spawner.running).toBe(1);
    world.spawner.finish({ output: 'done' });
    await settle();
    expect(world.results.length).toBe(1);
    expect(world.lastCheck()?.output).toBe('done');
  });

  it('subscribes to what is new and leaves what is gone', async () => {
    const world = await setUp();
    await reload(world, { client: { ...client, subscriptions: ['db', 'roundrobin:poll'] } });
    await world.request({ name: 'a', command: 'a' }, 'web');
    await world.request({ name: 'b', command: 'b' }, 'db');
    await world.request({ name: 'c', command: 'c' }, 'roundrobin:poll');
    expect(world.spawner.lines.map((line) => line.command)).toEqual(['b', 'c']);
    await world.clock.advance(OVERLAP_MS + 1);
    await world.request({ name: 'b', command: 'b' }, 'db');
    await world.request({ name: 'b', command: 'b' }, 'db');
    expect(world.spawner.lines.length).toBe(4);
  });

  it('misses no request and runs none twice while it is subscribed to both', async () => {
    const world = await setUp();
    const subscribe = world.transport.subscribe.bind(world.transport);
    let proceed = (): void => {};
    world.transport.subscribe = async (subscriber, take: RequestTaker) => {
      const subscription = await subscribe(subscriber, take);
      await new Promise<void>((resolve) => (proceed = resolve));
      return subscription;
    };
    const reloading = reload(world, {
      client: { ...client, subscriptions: ['web', 'roundrobin:poll', 'db'] },
    });
    await settle();
    await world.request({ name: 'both', command: 'both', issued: 1 }, 'web');
    await world.request({ name: 'both', command: 'both', issued: 2 }, 'web');
    await world.request({ name: 'new', command: 'new' }, 'db');
    await world.request({ name: 'one', command: 'one' }, 'roundrobin:poll');
    expect(world.spawner.lines.map((line) => line.command)).toEqual(['both', 'both', 'new', 'one']);
    expect(world.counters.read('requests_doubled')).toBe(2);
    proceed();
    await reloading;
    await world.request({ name: 'both', command: 'both', issued: 3 }, 'web');
    expect(world.spawner.lines.length).toBe(5);
  });

  it('that cannot subscribe leaves all as it was', async () => {
    const world = await setUp();
    const { subscribe } = world.transport;
    world.transport.subscribe = () => Promise.reject(new TocsinError('TRANSPORT_UNAVAILABLE', 'away'));
    const changed = { client: { ...client, subscriptions: ['db'], tier: 'gold' } };
    await expect(reload(world, changed)).rejects.toMatchObject({ kind: 'unavailable' });
    await world.request({ name: 'a', command: 'a' }, 'web');
    expect(world.results.length).toBe(1);
    expect(world.keepalives.length).toBe(1);
    world.transport.subscribe = subscribe;
    await reload(world, changed);
    await settle();
    expect(world.keepalives.at(-1)).toMatchObject({ tier: 'gold' });
  });

  it('follows the one before it, and comes too late after a stop', async () => {
    const world = await setUp();
    const names = ['a', 'b', 'c'];
    await Promise.all(names.map((name) => reload(world, { client: { ...client, subscriptions: [name] } })));
    for (const name of names) await world.request({ name, command: name }, name);
    expect(world.spawner.lines.map((line) => line.command)).toEqual(['c']);
    const last = reload(world, { client: { ...client, subscriptions: ['d'] } });
    await world.agent.stop();
    await last.catch(() => undefined);
    await world.request({ name: 'd', command: 'd' }, 'd');
    expect(world.spawner.lines.length).toBe(1);
    await expect(reload(world)).rejects.toMatchObject({ code: 'CLOSED' });
  });

  it('before the start counts from the start on', async () => {
    const world = await agentWorld({ settings: { client } });
    worlds.push(world);
    await reload(world, { client: { ...client, subscriptions: ['db'], tier: 'gold' } });
    await settle();
    expect(world.keepalives).toEqual([]);
    await world.agent.start();
    await world.request({ name: 'a', command: 'a' }, 'db');
    expect(world.results.length).toBe(1);
    expect(world.keepalives).toMatchObject([{ tier: 'gold' }]);
  });
});
