import { readFileSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import fc from 'fast-check';
import { afterEach, describe, expect, it, test } from 'vitest';
import { type AgentWorld, agentWorld } from '../../testing/agent.ts';
import { exchange, takeApart } from '../../testing/api/raw-http.ts';
import { RANDOM_INPUTS } from '../../testing/random.ts';
import { call } from '../../testing/sockets.ts';
import { until } from '../../testing/until.ts';
import type { TransportStatistics } from '../../transport/index.ts';
import { LARGEST_MESSAGE_BYTES } from './limits.ts';

/** A soak tries more inputs, each over a connection of its own. */
const PATIENCE_MS = 30_000 + 20 * RANDOM_INPUTS;

interface Captured {
  name: string;
  method: string;
  path: string;
  authorization?: string;
  body?: string;
  answer: string;
}
const CAPTURED: Captured[] = JSON.parse(
  readFileSync(new URL('fixtures/answers.json', import.meta.url), 'utf8'),
);

const worlds: AgentWorld[] = [];
afterEach(async () => {
  for (const world of worlds.splice(0)) {
    await world.close();
    expect(world.clock.pending).toBe(0);
  }
});

const JSON_TYPE = { 'Content-Type': 'application/json' };
const basic = (text: string): Record<string, string> => ({
  Authorization: `Basic ${Buffer.from(text).toString('base64')}`,
});

interface HttpWorld extends AgentWorld {
  port: number;
  /** Sends one request and resolves with its answer as it came. */
  raw(method: string, path: string, headers?: object, body?: string): Promise<string>;
  /** The same, as status line and parsed body. */
  ask(method: string, path: string, headers?: object, body?: string): Promise<[string, unknown]>;
  post(body: string, headers?: object): Promise<[string, unknown]>;
}

async function setUp(socket: object = {}, document: Record<string, unknown> = {}): Promise<HttpWorld> {
  const settings = {
    client: {
      name: 'i-42',
      address: '',
      subscriptions: [],
      socket: { enabled: false },
      http_socket: { port: 0, user: 'foo', password: 'bar:baz', ...socket },
    },
    document,
  };
  const world = await agentWorld({ settings, parts: { listen: true, version: '1.9.0' } });
  worlds.push(world);
  await world.agent.start();
  const port = world.agent.sockets().http_socket?.port ?? 0;
  const raw: HttpWorld['raw'] = (method, path, headers = {}, body = '') => {
    const all = { Host: `127.0.0.1:${port}`, 'Content-Length': Buffer.byteLength(body), ...headers };
    const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
    return exchange(port, `${method} ${path} HTTP/1.1\r\n${lines.join('')}\r\n${body}`);
  };
  const ask: HttpWorld['ask'] = async (...given) => {
    const { status, body } = takeApart(await raw(...given));
    return [status, body === '' ? undefined : JSON.parse(body)];
  };
  return {
    ...world,
    port,
    raw,
    ask,
    post: (body, headers) => ask('POST', '/results', { ...JSON_TYPE, ...headers }, body),
  };
}

describe('what Sensu Core 1.9 answered over HTTP, byte for byte', () => {
  test.each(CAPTURED)('$name', async ({ method, path, authorization, body, answer }) => {
    const world = await setUp();
    Object.defineProperty(world.transport, 'name', { value: 'rabbitmq' });
    const queue = { messages: 0, consumers: 1 };
    world.transport.statistics = async () => ({ keepalives: queue, results: queue });
    const headers = {
      ...(authorization === undefined ? {} : { Authorization: authorization }),
      ...(body === undefined ? {} : JSON_TYPE),
    };
    expect(await world.raw(method, path, headers, body)).toBe(answer);
  });
});

describe('GET /info', () => {
  it('tells the version, and of the transport what is queued, in whole numbers', async () => {
    const world = await setUp();
    expect(await world.ask('GET', '/info?x=y')).toEqual([
      '200 OK',
      {
        sensu: { version: '1.9.0' },
        transport: {
          name: 'memory',
          keepalives: { messages: 0, consumers: 1 },
          results: { messages: 0, consumers: 1 },
          connected: true,
        },
      },
    ]);
  });

  const unknown = { messages: null, consumers: null };
  it.each([
    ['fails', () => Promise.reject(new Error('no'))],
    ['knows nothing', () => Promise.resolve(null)],
  ])('tells nothing of the queues when the transport %s', async (_, statistics) => {
    const world = await setUp();
    world.transport.statistics = statistics;
    expect((await world.ask('GET', '/info'))[1]).toMatchObject({
      transport: { keepalives: unknown, results: unknown, connected: true },
    });
  });

  it('does not wait for a transport that hangs, and tells when it is not connected', async () => {
    const world = await setUp();
    world.transport.statistics = () => new Promise<TransportStatistics>(() => {});
    const asked = world.ask('GET', '/info');
    await until(() => world.clock.pending === 2, 'it waits for the transport');
    await world.clock.advance(1_000);
    expect((await asked)[1]).toMatchObject({ transport: { results: unknown, connected: true } });
    await world.transport.close();
    expect((await world.ask('GET', '/info'))[1]).toMatchObject({
      transport: { results: unknown, connected: false },
    });
  });
});

describe('POST /results', () => {
  it('takes one result, or several', async () => {
    const world = await setUp();
    expect(await world.post('{"name":"a","output":"x","status":2}')).toEqual(['202 OK', { response: 'ok' }]);
    expect(await world.post('[{"name":"b","output":"x"},{"name":"c","output":"x"}]')).toEqual([
      '202 OK',
      { response: 'ok' },
    ]);
    await until(() => world.results.length === 3, 'they were published');
    expect(world.results.map(({ body }) => [body.client, body.check.name, body.check.status])).toEqual([
      ['i-42', 'a', 2],
      ['i-42', 'b', 0],
      ['i-42', 'c', 0],
    ]);
  });

  it.each([
    ['5'],
    ['null'],
    ['{"name":"a b","output":"x"}'],
    ['{"name":"a"}'],
    ['['.repeat(200) + ']'.repeat(200)],
  ])('answers what is JSON and no result with 500: %s', async (body) => {
    const world = await setUp();
    expect(await world.post(body)).toEqual([
      '500 Internal Server Error',
      { response: 'Internal Server Error: Check your Sensu logs for error details' },
    ]);
    expect(world.counters.read('socket_invalid')).toBe(1);
    expect(world.log.lines.filter(({ message }) => message.includes('no valid result')).length).toBe(1);
  });

  it('takes those of an array that stand before one that is not valid', async () => {
    const world = await setUp();
    const [status] = await world.post('[{"name":"a","output":"x"},{"name":"b"},{"name":"c","output":"x"}]');
    expect(status).toBe('500 Internal Server Error');
    await until(() => world.results.length === 1, 'the first was published');
  });

  it.each([
    ['no content type', {}, '{"name":"a","output":"x"}'],
    ['another one', { 'Content-Type': 'text/plain' }, '{"name":"a","output":"x"}'],
    ['no body', JSON_TYPE, ''],
  ])('answers 415 to %s', async (_, headers, body) => {
    const world = await setUp();
    expect(await world.ask('POST', '/results', headers, body)).toEqual([
      '415 Invalid content type',
      { response: 'Invalid content type' },
    ]);
  });

  it('takes a content type that says more', async () => {
    const world = await setUp();
    const headers = { 'Content-Type': 'application/json; charset=utf-8' };
    expect((await world.post('{"name":"a","output":"é"}', headers))[0]).toBe('202 OK');
  });

  it('answers 413 to what is too large', async () => {
    const world = await setUp();
    const [status] = await world.post(`{"name":"a","output":"${'x'.repeat(LARGEST_MESSAGE_BYTES)}"}`);
    expect(status).toBe('413 Payload Too Large');
    expect(world.results).toEqual([]);
  });
});

describe('GET /settings', () => {
  const document = { client: { name: 'i-42', password: 'xyzzy' }, api: { user: 'u' } };

  it('tells the configuration to those with user and password, without secrets', async () => {
    const world = await setUp({}, document);
    expect(await world.ask('GET', '/settings', basic('foo:bar:baz'))).toEqual([
      '200 OK',
      { client: { name: 'i-42', password: 'REDACTED' }, api: { user: 'u' } },
    ]);
    for (const path of ['/settings?redacted=false', '/settings?a=b&REDACTED=False']) {
      expect(await world.ask('GET', path, basic('foo:bar:baz'))).toEqual(['200 OK', document]);
    }
    expect((await world.ask('GET', '/settings?redacted=no', basic('foo:bar:baz')))[1]).not.toEqual(document);
  });

  it('leaves out what the client names as secret, and passwords in addresses', async () => {
    const own = { client: { redact: ['pin'], pin: 1, password: 'x' }, redis: 'redis://u:secret@h' };
    const world = await setUp({}, own);
    expect((await world.ask('GET', '/settings', basic('foo:bar:baz')))[1]).toEqual({
      client: { redact: ['pin'], pin: 'REDACTED', password: 'REDACTED' },
      redis: 'redis://REDACTED@h',
    });
  });

  it.each([['foo:bar'], ['foo:bar:bazz'], ['FOO:bar:baz'], [':'], ['']])(
    'tells nothing to those with %j',
    async (login) => {
      const world = await setUp({}, document);
      expect((await world.ask('GET', '/settings', basic(login)))[0]).toBe('401 Unauthorized');
      expect(world.counters.read('socket_refused')).toBe(1);
    },
  );

  it('tells nobody when there is no user', async () => {
    const world = await setUp({ user: undefined, password: undefined }, document);
    for (const login of ['undefined:undefined', ':', 'foo:bar:baz']) {
      expect((await world.ask('GET', '/settings', basic(login)))[0]).toBe('401 Unauthorized');
    }
  });
});

describe('protect_all_endpoints', () => {
  it('asks everybody for user and password, but for coffee', async () => {
    const world = await setUp({ protect_all_endpoints: true });
    const result = '{"name":"a","output":"x"}';
    expect((await world.ask('GET', '/info'))[0]).toBe('401 Unauthorized');
    expect((await world.post(result))[0]).toBe('401 Unauthorized');
    expect((await world.ask('GET', '/info', basic('foo:bar:baz')))[0]).toBe('200 OK');
    expect((await world.post(result, basic('foo:bar:baz')))[0]).toBe('202 OK');
    expect((await world.ask('GET', '/brew'))[0]).toBe("418 I'm a teapot!");
    await until(() => world.results.length === 1, 'one was published');
  });
});

describe('everything else', () => {
  it('is a teapot, a wrong method, or a list of what there is', async () => {
    const world = await setUp();
    expect(await world.ask('GET', '/brew')).toEqual(["418 I'm a teapot!", { response: "I'm a teapot!" }]);
    expect(await world.ask('DELETE', '/results')).toEqual([
      '405 Method Not Allowed',
      { response: 'Valid methods for this endpoint: ["POST"]' },
    ]);
    expect((await world.ask('HEAD', '/info'))[0]).toBe('405 Method Not Allowed');
    const [status, body] = await world.ask('GET', '/constructor');
    expect(status).toBe('404 Not Found');
    const { endpoints } = body as { endpoints: Record<string, { help: string; methods: string[] }> };
    expect(Object.entries(endpoints).map(([path, { methods }]) => [path, methods])).toEqual([
      ['/info', ['GET']],
      ['/results', ['POST']],
      ['/settings', ['GET']],
      ['/brew', ['GET']],
    ]);
    expect(Object.values(endpoints).every(({ help }) => help.length > 10)).toBe(true);
  });

  it('that is a web page is refused: by its origin when it reports, by the name it was given when it reads', async () => {
    const world = await setUp();
    const result = '{"name":"a","output":"x"}';
    for (const Origin of [
      'https://evil.example',
      'null',
      `http://127.0.0.1:${world.port}`,
      'http://localhost',
    ]) {
      expect((await world.post(result, { Origin }))[0]).toBe('403 Forbidden');
    }
    const simple = { Origin: 'https://evil.example', 'Content-Type': 'text/plain; application/json' };
    expect((await world.post(result, simple))[0]).toBe('403 Forbidden');
    for (const Host of [
      'evil.example',
      `evil.example:${world.port}`,
      'localhost.evil.example',
      'a@localhost',
      '',
    ]) {
      expect((await world.ask('GET', '/info', { Host }))[0]).toBe('403 Forbidden');
      expect((await world.post(result, { Host }))[0]).toBe('403 Forbidden');
    }
    for (const Host of ['localhost', `LOCALHOST:${world.port}`, '[::1]:3031', '127.0.0.1']) {
      expect((await world.ask('GET', '/info', { Host }))[0]).toBe('200 OK');
    }
    expect(world.results).toEqual([]);
    expect(await exchange(world.port, 'GET /info HTTP/1.0\r\n\r\n')).toContain('200 OK');
  });
});

describe('whatever bytes come over HTTP', () => {
  it(
    'as a body, it is answered, and the next request too',
    async () => {
      const world = await setUp();
      const bodies = fc.oneof(
        fc.string(),
        fc.jsonValue().map((value) => JSON.stringify(value)),
      );
      await fc.assert(
        fc.asyncProperty(bodies, async (body) => {
          const [status] = await world.post(body);
          expect([
            '202 OK',
            '400 Failed to parse JSON body',
            '415 Invalid content type',
            '500 Internal Server Error',
          ]).toContain(status);
        }),
        { numRuns: Math.ceil(RANDOM_INPUTS / 2) },
      );
      expect((await world.ask('GET', '/info'))[0]).toBe('200 OK');
    },
    PATIENCE_MS,
  );

  it(
    'as a request, it is answered or closed, and the next one is heard',
    async () => {
      const world = await setUp();
      const words = fc.constantFrom(
        'GET ',
        'POST ',
        '/',
        '/results',
        ' HTTP/1.1',
        '\r\n',
        '\r\n\r\n',
        'Host: ',
        ':',
        'x',
        'Content-Length: 9',
        'Transfer-Encoding: chunked',
        '%',
        '?',
        '\0',
      );
      await fc.assert(
        fc.asyncProperty(fc.array(words, { maxLength: 12 }), async (pieces) => {
          const caller = await call(world.port);
          caller.socket.end(pieces.join(''));
          const answer = await caller.ended;
          expect(answer === '' || answer.startsWith('HTTP/1.1 ')).toBe(true);
        }),
        { numRuns: Math.ceil(RANDOM_INPUTS / 2) },
      );
      expect((await world.ask('GET', '/info'))[0]).toBe('200 OK');
    },
    PATIENCE_MS,
  );

  it('a caller that goes away in the middle, or asks twice on one connection, harms nobody', async () => {
    const world = await setUp();
    const caller = await call(world.port);
    caller.socket.write(
      'POST /results HTTP/1.1\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{',
    );
    caller.socket.destroy();
    const twice = 'GET /brew HTTP/1.1\r\nHost: localhost\r\n\r\n'.repeat(2);
    expect((await exchange(world.port, twice)).match(/418/g)?.length).toBe(1);
    const kept = await new Promise((resolve, reject) => {
      httpRequest({ port: world.port, path: '/info', headers: { Connection: 'keep-alive' } }, (response) => {
        response.resume();
        response.on('close', () => resolve(response.statusCode));
      })
        .on('error', reject)
        .end();
    });
    expect(kept).toBe(200);
  });

  it('a request that is not finished when the agent stops is cut', async () => {
    const world = await setUp();
    const caller = await call(world.port);
    caller.socket.write('POST /results HTTP/1.1\r\nContent-Length: 100\r\n\r\n{');
    const silent = await call(world.port);
    await world.agent.stop();
    expect([await caller.ended, await silent.ended]).toEqual(['', '']);
  });
});
