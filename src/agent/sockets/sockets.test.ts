import { createSocket } from 'node:dgram';
import { createServer } from 'node:net';
import { afterEach, describe, expect, it, test } from 'vitest';
import { type AgentWorld, agentWorld } from '../../testing/agent.ts';
import { peers } from '../../testing/peers.ts';
import { testSettings } from '../../testing/settings.ts';
import { tell, throwAt } from '../../testing/sockets.ts';
import { until } from '../../testing/until.ts';
import { placesOf } from './places.ts';

const others = peers();
const worlds: AgentWorld[] = [];
afterEach(async () => {
  for (const world of worlds.splice(0)) await world.close();
  await others.close();
});

const clientWith = (sockets: object) => ({ name: 'i-42', address: '', subscriptions: [], ...sockets });

async function setUp(sockets: object): Promise<AgentWorld> {
  const world = await agentWorld({
    settings: { client: clientWith(sockets) },
    parts: { listen: true },
  });
  worlds.push(world);
  await world.agent.start();
  return world;
}

test.each([
  [
    'on this machine at their usual ports',
    {},
    { socket: { bind: '127.0.0.1', port: 3030 }, http_socket: { bind: '127.0.0.1', port: 3031 } },
  ],
  ['not where they are disabled', { socket: { enabled: false }, http_socket: { enabled: false } }, {}],
  [
    'where the client says',
    { socket: { bind: '0.0.0.0' }, http_socket: { port: 8031, enabled: true } },
    { socket: { bind: '0.0.0.0', port: 3030 }, http_socket: { bind: '127.0.0.1', port: 8031 } },
  ],
])('sockets are %s', (_, client, places) => {
  expect(placesOf(client)).toEqual(places);
});

describe('a port that is taken', () => {
  it('is a warning that says which and what to set, and the agent goes on', async () => {
    const port = await others.serve(createServer());
    const world = await setUp({ socket: { port }, http_socket: { port } });
    expect(world.agent.sockets()).toEqual({});
    const warnings = world.log.lines.filter(({ level }) => level === 'warn').map(({ message }) => message);
    expect(warnings).toEqual([
      `port ${port} on 127.0.0.1 is taken by another program: results that programs send there do not reach this agent; set client.socket.port to a free port, or client.socket.enabled to false`,
      `port ${port} on 127.0.0.1 is taken by another program: results that programs send there do not reach this agent; set client.http_socket.port to a free port, or client.http_socket.enabled to false`,
    ]);
    await until(() => world.keepalives.length === 1, 'a keepalive was sent');
  });

  it('for UDP alone leaves TCP closed as well', async () => {
    const port = await others.bind(createSocket('udp4'));
    const world = await setUp({ socket: { port }, http_socket: { enabled: false } });
    expect(world.agent.sockets()).toEqual({});
    await expect(tell(port, ['ping'])).rejects.toThrow('ECONNREFUSED');
  });

  it('on an address that this machine has not says so', async () => {
    const world = await setUp({ socket: { bind: '192.0.2.1', port: 0 }, http_socket: { enabled: false } });
    expect(world.log.lines[0]?.message).toContain('port 0 on 192.0.2.1 cannot be used');
  });
});

describe('a reload', () => {
  it('leaves a socket alone whose place is the same, and moves one whose place changed', async () => {
    const world = await setUp({ socket: { port: 0 }, http_socket: { enabled: false } });
    const before = world.agent.sockets().socket;
    const reload = (sockets: object): Promise<void> =>
      world.agent.reload(testSettings({ client: clientWith(sockets) }), new Map());
    await reload({ socket: { port: 0 }, http_socket: { port: 0, user: 'u', password: 'p' }, tier: 'gold' });
    expect(world.agent.sockets().socket).toEqual(before);
    expect(world.agent.sockets().http_socket?.port).toBeGreaterThan(0);
    expect(await tell(before?.port ?? 0, ['ping'])).toBe('pong');
    await reload({ socket: { enabled: false }, http_socket: { enabled: false } });
    expect(world.agent.sockets()).toEqual({});
    await expect(tell(before?.port ?? 0, ['ping'])).rejects.toThrow('ECONNREFUSED');
  });

  it('tries a port again that was taken', async () => {
    const port = await others.serve(createServer());
    const client = { socket: { port }, http_socket: { enabled: false } };
    const world = await setUp(client);
    await others.close();
    await world.agent.reload(testSettings({ client: clientWith(client) }), new Map());
    expect(world.agent.sockets()).toEqual({ socket: { bind: '127.0.0.1', port } });
  });
});

test('all three take a result for the same client', async () => {
  const world = await setUp({ socket: { port: 0 }, http_socket: { port: 0 } });
  const { socket, http_socket: http } = world.agent.sockets();
  await tell(socket?.port ?? 0, ['{"name":"tcp","output":"x"}']);
  await throwAt(socket?.port ?? 0, ['{"name":"udp","output":"x"}']);
  await fetch(`http://127.0.0.1:${http?.port}/results`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: '{"name":"http","output":"x"}',
  });
  await until(() => world.results.length === 3, 'all were published');
  expect(world.results.map(({ body }) => body.check.name).sort()).toEqual(['http', 'tcp', 'udp']);
});

test('sockets over IPv6 are as good', async () => {
  const world = await setUp({ socket: { bind: '::1', port: 0 }, http_socket: { bind: '::1', port: 0 } });
  const { socket, http_socket: http } = world.agent.sockets();
  expect(socket?.port).toBeGreaterThan(0);
  const answer = await fetch(`http://[::1]:${http?.port}/brew`);
  expect([answer.status, await answer.json()]).toEqual([418, { response: "I'm a teapot!" }]);
});

test('an agent that opens none has none, whatever the client says', async () => {
  const world = await agentWorld({ settings: { client: clientWith({ socket: { port: 0 } }) } });
  worlds.push(world);
  await world.agent.start();
  expect(world.agent.sockets()).toEqual({});
});
