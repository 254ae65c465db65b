import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { exchange, takeApart } from '../../src/testing/api/raw-http.ts';
import { type ApiWorld, LOGIN, startApiWorld } from './api-world.ts';

/** What the dashboard Uchiwa asks of a Sensu API every few seconds, and what a person makes it ask. */
describe('Uchiwa', () => {
  let world: ApiWorld;
  beforeAll(async () => {
    world = await startApiWorld();
    for (let index = 0; index < 1500; index++) await world.client(`i-${index}`);
    await world.result('i-1', 'disk', 2, { aggregates: ['web'] });
  });
  afterAll(() => world.stop());

  /** Follows a list page by page, as far as the total says. */
  async function all(path: string): Promise<{ name?: string }[]> {
    const found: { name?: string }[] = [];
    for (let total = 1; found.length < total; ) {
      const { body, headers } = await world.expects(200, 'GET', `${path}?limit=1000&offset=${found.length}`);
      total = JSON.parse(headers.get('X-Pagination') ?? '').total;
      found.push(...body);
      if (body.length === 0) break;
    }
    return found;
  }

  it('polls: every client and event once, and the rest in one go', async () => {
    expect((await world.expects(200, 'GET', '/info')).body.redis.connected).toBe(true);
    const clients = await all('/clients');
    expect(new Set(clients.map(({ name }) => name)).size).toBe(1500);
    expect(await all('/events')).toHaveLength(1);
    for (const path of ['/checks', '/silenced', '/stashes', '/aggregates']) {
      expect(Array.isArray((await world.expects(200, 'GET', path)).body)).toBe(true);
    }
  });

  it('shows one client, one check, one aggregate', async () => {
    for (const path of ['/clients/i-1', '/clients/i-1/history', '/checks/tokens', '/aggregates/web']) {
      await world.expects(200, 'GET', path);
    }
    for (const path of ['checks', 'clients', 'results/critical']) {
      expect((await world.expects(200, 'GET', `/aggregates/web/${path}`)).body).toHaveLength(1);
    }
  });

  it('sends members of its own and two newlines behind each body', async () => {
    const post = async (path: string, body: object): Promise<string> => {
      const text = JSON.stringify({ ...body, dc: 'site-1' });
      const head = [
        `POST ${path} HTTP/1.1`,
        'Host: localhost',
        'User-Agent: Go-http-client/1.1',
        `Content-Length: ${text.length}`,
        `Authorization: ${LOGIN.Authorization}`,
        'Content-Type: application/json',
        'Accept-Encoding: gzip',
      ];
      return takeApart(await exchange(world.house.port, `${head.join('\r\n')}\r\n\r\n${text}\n\n`)).status;
    };
    expect(await post('/clients', { name: 'printer', address: '10.0.0.7' })).toBe('201 Created');
    expect(await post('/request', { check: 'tokens', subscribers: ['test'] })).toBe('202 Accepted');
    const entry = { subscription: 'client:i-1', check: 'disk', expire: 900, expire_on_resolve: false };
    expect(await post('/silenced', { ...entry, reason: 'known', creator: 'me', begin: null })).toBe(
      '201 Created',
    );
    expect(await post('/silenced/clear', { id: 'client:i-1:disk' })).toBe('204 No Content');
    expect(await post('/stashes', { path: 'silence/i-1', content: { reason: 'x' } })).toBe('201 Created');
    expect(await post('/results', { name: 'ping', output: 'pong', status: 0 })).toBe('202 Accepted');
    expect(await post('/resolve', { client: 'i-1', check: 'disk' })).toBe('202 Accepted');
  });

  it('deletes what a person points at', async () => {
    await world.result('i-2', 'disk', 2, { aggregates: ['web'] });
    await world.call('POST', '/stash/silence/i-2', { a: 1 });
    await world.expects(202, 'DELETE', '/events/i-2/disk');
    await world.expects(204, 'DELETE', '/stashes/silence/i-2');
    await world.expects(204, 'DELETE', '/aggregates/web');
    await world.expects(204, 'DELETE', '/results/i-2/disk');
    await world.expects(202, 'DELETE', '/clients/i-2?invalidate=true&invalidate_expire=600');
    await world.expects(404, 'GET', '/clients/i-2');
  });
});
