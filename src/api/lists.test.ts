import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { exchange, rawRequest, takeApart } from '../testing/api/raw-http.ts';
import { startWorld, type World } from '../testing/api/world.ts';
import { until } from '../testing/until.ts';

const COUNT = 3000;
let world: World;
beforeAll(async () => {
  world = await startWorld({ limits: { listBytes: 300_000 } });
  const writes = Array.from({ length: COUNT }, (_, index) => ({
    kind: 'state',
    name: `i-${index}/disk`,
    value: {
      check: { name: 'disk', status: 0, output: 'x'.repeat(1000) },
      ...{ history: [0], last_ok: null, event: null, taken: [] },
      today: { day: 0, ok: 0, warning: 0, critical: 0, unknown: 0 },
    },
  }));
  await world.store.commit([{ writes }]);
  await world.views.shown();
});
afterAll(() => world.stop());

describe('lists whose readers take nothing', () => {
  it('are held up to a bound together; the next are sent as they are made, and later ones are gathered again', async () => {
    const small = await startWorld({ limits: { heldBytes: 13_000_000 } });
    onTestFinished(() => small.stop());
    const value = {
      ...{ check: { name: 'disk', status: 0, output: 'x'.repeat(400_000) }, history: [0], last_ok: null },
      ...{ event: null, taken: [], today: { day: 0, ok: 0, warning: 0, critical: 0, unknown: 0 } },
    };
    const names = Array.from({ length: 30 }, (_, index) => `i-${index}/disk`);
    await small.store.commit([{ writes: names.map((name) => ({ kind: 'state', name, value })) }]);
    await small.views.shown();
    const isGathered = async () => {
      const answer = await fetch(`${small.url}/results`);
      await answer.arrayBuffer();
      return answer.headers.has('Content-length');
    };
    const untilGathered = async (wanted: boolean): Promise<void> => {
      for (const endMs = performance.now() + 20_000; performance.now() < endMs; ) {
        if ((await isGathered()) === wanted) return;
      }
      throw new Error(`waited in vain until lists are gathered: ${wanted}`);
    };
    expect(await isGathered()).toBe(true);
    const idle = connect(small.port, '127.0.0.1');
    idle.on('error', () => undefined);
    idle.pause();
    // Two at once: nobody is told that the second one ended when its connection does.
    const twice = 'GET /results HTTP/1.1\r\nHost: localhost\r\nConnection: keep-alive\r\n\r\n'.repeat(2);
    idle.write(twice);
    await untilGathered(false);
    idle.destroy();
    await untilGathered(true);
  });
});

describe('a list longer than what is held at once', () => {
  it('is sent while it is made, and whole', async () => {
    const answer = await rawRequest(world.port, { method: 'GET', path: '/results' });
    const names = answer.headers.map((line) => line.split(':')[0]);
    expect(names).toContain('Transfer-Encoding');
    expect(names).not.toContain('Content-length');
    expect([...names].sort()).toEqual(names);
    expect(await (await fetch(`${world.url}/results`)).json()).toHaveLength(COUNT);
  });

  it('ends with the connection for callers of HTTP/1.0', async () => {
    const answer = takeApart(await exchange(world.port, 'GET /results HTTP/1.0\r\n\r\n'));
    expect(answer.headers).toContain('Connection: close');
    expect(JSON.parse(answer.body)).toHaveLength(COUNT);
  });

  it('tells its length while it is short enough', async () => {
    const answer = await rawRequest(world.port, { method: 'GET', path: '/results?limit=10' });
    expect(answer.headers).toContain(`Content-length: ${answer.body.length}`);
  });

  it('is filtered as it is made', async () => {
    const found = await (await fetch(`${world.url}/results?filter.client=i-2999`)).json();
    expect(found).toMatchObject([{ client: 'i-2999' }]);
  });

  it('is no longer made when nobody reads it', async () => {
    const socket = connect(world.port, '127.0.0.1');
    socket.write('GET /results HTTP/1.1\r\nHost: localhost\r\n\r\n');
    await new Promise((resolve) => socket.once('readable', resolve));
    socket.destroy();
    await new Promise((resolve) => socket.once('close', resolve));
    const connections = () =>
      new Promise((resolve) => world.api.server.getConnections((_, count) => resolve(count)));
    let open: unknown = 1;
    void connections().then((count) => {
      open = count;
    });
    await until(() => {
      void connections().then((count) => {
        open = count;
      });
      return open === 0;
    }, 'the connection is let go of');
    expect((await fetch(`${world.url}/info`)).status).toBe(200);
  });
});
