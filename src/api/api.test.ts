import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { exchange, rawRequest, takeApart } from '../testing/api/raw-http.ts';
import { startWorld, type World } from '../testing/api/world.ts';
import { RANDOM_INPUTS } from '../testing/random.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld({ checks: [{ name: 'disk', command: 'x', subscribers: ['web'] }] });
  await world.client({ name: 'i-42' });
  await world.result('i-42', 'disk', 2);
});
afterAll(() => world.stop());

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'TRACE', 'PROPFIND', 'LINK'];
const FIRST = [
  'info',
  'health',
  'clients',
  'checks',
  'events',
  'incidents',
  'resolve',
  'results',
  'api',
  'stash',
  'stashes',
  'silenced',
  'aggregates',
  'settings',
  'request',
];
const segment = fc.oneof(
  fc.constantFrom(
    'i-42',
    'disk',
    'history',
    'v1',
    'heartbeats',
    'deliveries',
    'transitions',
    'counters',
    'clear',
    'ids',
    'subscriptions',
    'web:*',
    'web',
    'clients',
    'warning',
    '..',
    '',
  ),
  fc.constantFrom('__proto__', 'constructor', '%00', '%', '%zz', '%2e%2e', 'a'.repeat(300), ':client', '*'),
  fc.string({ unit: fc.constantFrom(...'abc%;:@!$&()*+,=~_.-{}|\\^"<>`') }),
);
const path = fc
  .tuple(fc.constantFrom(...FIRST), fc.array(segment, { maxLength: 4 }))
  .map(([first, rest]) => `/${[first, ...rest].join('/')}`);
const query = fc.oneof(
  fc.constant(''),
  fc.constantFrom('?limit=1', '?filter.a.b=c', '?limit=0&offset=99', '?%', '?filter.=', '?types=x', '?=&&='),
  fc.string({ unit: fc.constantFrom(...'abc%=&.[]') }).map((text) => `?${text}`),
);
const member = fc.constantFrom(
  'name',
  'output',
  'status',
  'client',
  'check',
  'source',
  'address',
  'subscription',
  'subscribers',
  'begin',
  'expire',
  'path',
  'content',
  'id',
  'aggregates',
  'ttl',
  '__proto__',
  'x',
);
const body = fc.oneof(
  fc.constant(undefined),
  fc
    .dictionary(
      member,
      fc.oneof(fc.jsonValue({ maxDepth: 3 }), fc.constantFrom('i-42', 'disk', 'web', 7, -1, 1e15, 1e300)),
    )
    .map((value) => JSON.stringify(value)),
  fc.jsonValue().map((value) => JSON.stringify(value)),
  fc.string({ unit: 'binary' }),
);

describe('anything that callers may send', () => {
  it('is answered, never with a failure of ours', async () => {
    const request = fc.record({ method: fc.constantFrom(...METHODS), path, query, body });
    await fc.assert(
      fc.asyncProperty(request, async ({ method, path, query, body }) => {
        const answer = await rawRequest(world.port, { method, path: path + query, body });
        const status = Number(answer.status.slice(0, 3));
        expect(status).toBeGreaterThanOrEqual(200);
        expect(status).toBeLessThan(500);
        expect(answer.body).not.toMatch(/node_modules|\.ts:|at /);
        if (answer.body !== '') JSON.parse(answer.body);
      }),
      { numRuns: RANDOM_INPUTS },
    );
    expect(world.counters.read('api_failed')).toBe(0);
    expect(({} as Record<string, unknown>)['x']).toBeUndefined();
  });

  it('may even be no HTTP at all', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'binary', minLength: 1 }), async (text) => {
        const answer = await exchange(world.port, `${text}\r\n\r\n\r\n`);
        expect(answer === '' || answer.startsWith('HTTP/1.1 4')).toBe(true);
      }),
      { numRuns: 50 },
    );
    expect((await fetch(`${world.url}/info`)).status).toBe(200);
  });

  it('has bounds: headers, and the length of names', async () => {
    const headers = { 'X-Long': 'x'.repeat(20_000) };
    const answer = await rawRequest(world.port, { method: 'GET', path: '/info', headers });
    expect(answer.status).toBe('431 Request Header Fields Too Large');
    const long = await rawRequest(world.port, { method: 'GET', path: `/clients/${'a'.repeat(256)}` });
    expect(long.status).toBe('404 Not Found');
  });

  it('is cut off when it never ends', async () => {
    const hurried = await startWorld({ limits: { requestMs: 100, headersMs: 100 } });
    onTestFinished(() => hurried.stop());
    const begun = [
      '',
      'GET /info HT',
      'POST /results HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n{',
    ];
    const answers = await Promise.all(begun.map((bytes) => exchange(hurried.port, bytes)));
    for (const answer of answers) expect(takeApart(answer).status).toBe('408 Request Timeout');
  });

  it('may ask in the old way, without a Host', async () => {
    const answer = takeApart(await exchange(world.port, 'GET /clients HTTP/1.0\r\n\r\n'));
    expect(answer.status).toBe('200 OK');
  });
});

describe('pages of elsewhere', () => {
  it('change nothing: the request is refused before its body is looked at', async () => {
    const body = '{"name":"a","output":"x"}';
    const before = world.taken.length;
    for (const headers of [{ Origin: 'https://evil.example' }, { Host: 'evil.example' }]) {
      for (const path of ['/results', '/clients', '/resolve', '/api/v1/heartbeats/backup', '/%zz']) {
        const answer = await rawRequest(world.port, { method: 'POST', path, headers, body });
        expect(answer.status).toBe('403 Forbidden');
        expect(JSON.parse(answer.body)).toEqual({ error: expect.any(String) });
        expect(answer.headers).toContain('Connection: close');
      }
    }
    expect([world.taken.length, world.calls.length]).toEqual([before, 0]);
    expect(world.counters.read('api_refused')).toBeGreaterThanOrEqual(10);
  });

  it('read nothing through a name that points here', async () => {
    const headers = { Host: 'evil.example' };
    for (const path of ['/events', '/api/v1/stream', '/api/v1/counters', '/nothing']) {
      expect((await rawRequest(world.port, { method: 'GET', path, headers })).status).toBe('403 Forbidden');
    }
  });
});

describe('defects of ours', () => {
  it('are answered with an empty 500 and a line in the log', async () => {
    const broken = await startWorld({
      parts: {
        serverInfo: () => {
          throw new Error('secret detail');
        },
      },
    });
    onTestFinished(() => broken.stop());
    const answer = await rawRequest(broken.port, { method: 'GET', path: '/info' });
    expect(answer).toMatchObject({ status: '500 Internal Server Error', body: '' });
    expect(broken.counters.read('api_failed')).toBe(1);
    expect(broken.log.lines.filter(({ level }) => level === 'error')).toMatchObject([
      { fields: { method: 'GET', url: '/info', error: 'secret detail' } },
    ]);
  });
});

describe('listening', () => {
  it('says which port is taken, and how to choose another', async () => {
    const failure = await startWorld({ api: { port: world.port } }).then(
      async (other) => {
        await other.stop();
        return undefined;
      },
      (error: unknown) => error,
    );
    expect(failure).toMatchObject({ code: 'PORT_IN_USE', kind: 'unavailable' });
    expect(String(failure)).toContain(`${world.port}`);
    expect(String(failure)).toContain('--port');
  });

  it('says what is wrong with an address that is not ours, and with headers that cannot be sent', async () => {
    await expect(startWorld({ api: { bind: '192.0.2.1' } })).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
    });
    await expect(startWorld({ api: { cors: { Origin: 'a\nb' } } })).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
    });
  });

  it('ends soon although somebody keeps a connection open, and more than once', async () => {
    const other = await startWorld();
    await fetch(`${other.url}/info`);
    await Promise.all([other.api.close(), other.api.close()]);
    await expect(fetch(`${other.url}/info`)).rejects.toThrow();
    await other.stop();
  });

  it('answers without a socket, too', async () => {
    await world.client({ name: 'i-43' });
    const answer = await world.api.inject({ url: '/clients/i-43', headers: { host: 'localhost' } });
    expect([answer.statusCode, answer.json()]).toMatchObject([200, { name: 'i-43' }]);
  });
});
