import { expect } from 'vitest';
import type { ApiWorld } from './api-world.ts';
import type { CatalogueLine } from './catalogue.ts';

type Line = CatalogueLine<ApiWorld>;
type Run = (world: ApiWorld) => Promise<void>;

const CLIENT = 'i-424242';
const now = () => Math.floor(Date.now() / 1000);
const isNow = (seconds: unknown) => expect(Math.abs(Number(seconds) - now())).toBeLessThanOrEqual(3);

/** A request that is answered with a status and no body. */
const refused =
  (status: number, method: string, path: string, body?: unknown): Run =>
  async ({ call }) => {
    const answer = await call(method, path, body);
    expect([answer.status, answer.body]).toEqual([status, undefined]);
  };

const open: Run = async (world) => {
  await world.client(CLIENT);
  await world.result(CLIENT, 'test', 1, { aggregates: ['test'] });
};

/** Two results in one aggregate: one OK, one that warns. */
const aggregated: Run = async (world) => {
  await world.client(CLIENT);
  await world.result(CLIENT, 'test', 0, { aggregates: ['test'], output: 'fine' });
  await world.result(CLIENT, 'other', 1, { aggregates: ['test'], output: 'odd' });
};

const silenced =
  (...bodies: object[]): Run =>
  async ({ expects }) => {
    for (const body of bodies) await expects(201, 'POST', '/silenced', body);
  };

const general: [string, Run][] = [
  [
    'a parameter that is to be a number is read as one, and ignored when it is none',
    async (world) => {
      await open(world);
      const page = await world.call('GET', '/clients?limit=1&offset=0');
      expect(page.headers.get('X-Pagination')).toBe('{"limit":1,"offset":0,"total":1}');
      for (const odd of ['x', '1x', '-1', '']) {
        expect((await world.call('GET', `/clients?limit=${odd}`)).headers.get('X-Pagination')).toBeNull();
      }
    },
  ],
  [
    'the settings are told without their secrets',
    async ({ expects }) =>
      expect((await expects(200, 'GET', '/settings')).body.api.password).toBe('REDACTED'),
  ],
  [
    'the settings are told with their secrets when redacted is false',
    async ({ expects }) => {
      expect((await expects(200, 'GET', '/settings?redacted=false')).body.api.password).toBe('bar');
      expect((await expects(200, 'GET', '/settings?redacted=no')).body.api.password).toBe('REDACTED');
    },
  ],
  ['a path that nobody knows is not found', refused(404, 'GET', '/missing')],
  [
    'a method that a path does not know is told with those it does',
    async ({ call }) => {
      const answer = await call('PUT', '/info');
      expect([answer.status, answer.headers.get('Allow'), answer.body]).toEqual([
        405,
        'GET, HEAD',
        undefined,
      ]);
    },
  ],
  [
    'info tells versions, transport, store and servers',
    async ({ expects }) => {
      const { body } = await expects(200, 'GET', '/info');
      expect(Object.keys(body)).toEqual(['sensu', 'transport', 'redis', 'servers']);
      expect(body.sensu.version).toBe('1.9.0');
      expect(body.sensu.settings.hexdigest).toMatch(/^[0-9a-f]{64}$/);
      expect([body.redis.connected, body.transport.connected]).toEqual([true, true]);
      expect(body.transport.keepalives).toEqual({ messages: 0, consumers: 1 });
      expect(body.transport.results.consumers).toBe(1);
      expect(Object.keys(body.servers[0])).toEqual([
        ...['id', 'hostname', 'address', 'tasks', 'metrics', 'sensu', 'tessen', 'timestamp'],
      ]);
    },
  ],
  ['health is good without bounds', refused(204, 'GET', '/health')],
  ['health is good within bounds', refused(204, 'GET', '/health?consumers=0&messages=1000')],
  [
    'health is bad with too few consumers, and says so',
    async ({ expects }) => {
      const { body } = await expects(412, 'GET', '/health?consumers=1000');
      expect(body[0]).toBe('keepalive consumers (1) less than min_consumers (1000)');
      expect(body[1]).toBe('result consumers (1) less than min_consumers (1000)');
    },
  ],
];

const events: [string, Run][] = [
  ...['events', 'incidents'].flatMap((path): [string, Run][] => [
    [
      `all ${path} are told`,
      async (world) => {
        await open(world);
        const { body } = await world.expects(200, 'GET', `/${path}`);
        expect(body).toMatchObject([{ client: { name: CLIENT }, check: { name: 'test' }, action: 'create' }]);
      },
    ],
    [
      `${path} of one client are told`,
      async (world) => {
        await open(world);
        await world.result('other', 'test', 2);
        const { body } = await world.expects(200, 'GET', `/${path}/${CLIENT}`);
        expect(body).toMatchObject([{ client: { name: CLIENT } }]);
        expect((await world.expects(200, 'GET', `/${path}/nobody`)).body).toEqual([]);
      },
    ],
    [
      `${path} are told in parts`,
      async (world) => {
        await open(world);
        await world.result(CLIENT, 'second', 2);
        const first = await world.expects(200, 'GET', `/${path}?limit=1&offset=1`);
        expect(first.body).toHaveLength(1);
        expect(first.headers.get('X-Pagination')).toBe('{"limit":1,"offset":1,"total":2}');
      },
    ],
    [
      `one of the ${path} is told`,
      async (world) => {
        await open(world);
        const { body } = await world.expects(200, 'GET', `/${path}/${CLIENT}/test`);
        expect(body).toMatchObject({ client: { name: CLIENT }, check: { name: 'test', status: 1 } });
      },
    ],
    [`one of the ${path} that is not open is not found`, refused(404, 'GET', `/${path}/${CLIENT}/nothing`)],
    [
      `one of the ${path} is deleted: it is resolved`,
      async (world) => {
        await open(world);
        const { body } = await world.expects(202, 'DELETE', `/${path}/${CLIENT}/test`);
        isNow(body.issued);
        expect((await world.call('GET', `/${path}`)).body).toEqual([]);
        const { check } = (await world.call('GET', `/results/${CLIENT}/test`)).body;
        expect(check).toMatchObject({
          output: 'Resolving on request of the API',
          status: 0,
          force_resolve: true,
        });
      },
    ],
    [`one of the ${path} that is not open cannot be deleted`, refused(404, 'DELETE', `/${path}/${CLIENT}/x`)],
  ]),
  [
    'deleting an event of a client with a signature is signed',
    async (world) => {
      await world.client(CLIENT, { signature: 'foo' });
      await world.result(CLIENT, 'test', 1);
      await world.expects(202, 'DELETE', `/events/${CLIENT}/test`);
      expect((await world.call('GET', '/events')).body).toEqual([]);
    },
  ],
  [
    'an event is resolved',
    async (world) => {
      await open(world);
      isNow((await world.expects(202, 'POST', '/resolve', { client: CLIENT, check: 'test' })).body.issued);
      expect((await world.call('GET', '/events')).body).toEqual([]);
    },
  ],
  [
    'an event that is not open cannot be resolved',
    refused(404, 'POST', '/resolve', { client: CLIENT, check: 'x' }),
  ],
  ['resolving needs JSON', refused(400, 'POST', '/resolve', 'i-424242/test')],
  ['resolving needs a client and a check', refused(400, 'POST', '/resolve', { client: CLIENT })],
];

const clients: [string, Run][] = [
  [
    'a client is registered',
    async ({ expects, call }) => {
      const posted = { name: 'i-888888', address: '8.8.8.8', subscriptions: ['test'] };
      expect((await expects(201, 'POST', '/clients', posted)).body).toEqual({ name: 'i-888888' });
      const { body } = await call('GET', '/clients/i-888888');
      expect(body).toMatchObject({
        ...posted,
        subscriptions: ['test', 'client:i-888888'],
        keepalives: false,
      });
      isNow(body.timestamp);
      expect(body.version).toBe('1.9.0');
    },
  ],
  [
    'a client is registered without subscriptions',
    async ({ expects, call }) => {
      await expects(201, 'POST', '/clients', { name: 'i-888888', address: '8.8.8.8' });
      expect((await call('GET', '/clients/i-888888')).body.subscriptions).toEqual(['client:i-888888']);
    },
  ],
  [
    'a client says itself whether it sends keepalives',
    async ({ expects, call }) => {
      await expects(201, 'POST', '/clients', { name: 'i-888888', address: 'x', keepalives: true });
      expect((await call('GET', '/clients/i-888888')).body.keepalives).toBe(true);
    },
  ],
  ['no client: JSON that is none', refused(400, 'POST', '/clients', 'bad')],
  [
    'no client: a name with a blank',
    refused(400, 'POST', '/clients', { name: 'i 1', address: 'x', subscriptions: [] }),
  ],
  [
    'no client: a name that is a number',
    refused(400, 'POST', '/clients', { name: 1, address: 'x', subscriptions: [] }),
  ],
  ['no client: without an address', refused(400, 'POST', '/clients', { name: 'i-1', subscriptions: [] })],
  [
    'no client: subscriptions that are a text',
    refused(400, 'POST', '/clients', { name: 'i-1', address: 'x', subscriptions: 'test' }),
  ],
  [
    'all clients are told, without their secrets',
    async (world) => {
      await world.client(CLIENT, { service: { password: 'secret' } });
      const { body } = await world.expects(200, 'GET', '/clients');
      expect(body).toMatchObject([{ name: CLIENT, service: { password: 'REDACTED' } }]);
    },
  ],
  [
    'clients are told in parts',
    async (world) => {
      await world.client('a');
      await world.client('b');
      const { body, headers } = await world.expects(200, 'GET', '/clients?limit=1&offset=1');
      expect([body.length, headers.get('X-Pagination')]).toEqual([1, '{"limit":1,"offset":1,"total":2}']);
    },
  ],
  [
    'one client is told',
    async (world) => {
      await world.client(CLIENT);
      expect((await world.expects(200, 'GET', `/clients/${CLIENT}`)).body.name).toBe(CLIENT);
    },
  ],
  ['a client that is not known is not found', refused(404, 'GET', '/clients/i-424242')],
  [
    'the history of a client is told',
    async (world) => {
      await open(world);
      const { body } = await world.expects(200, 'GET', `/clients/${CLIENT}/history`);
      expect(body).toMatchObject([
        { check: 'test', history: [1], last_status: 1, last_result: { output: 'said' } },
      ]);
      isNow(body[0].last_execution);
    },
  ],
  [
    'a client is deleted, its events resolved, its results forgotten',
    async (world) => {
      await open(world);
      isNow((await world.expects(202, 'DELETE', `/clients/${CLIENT}`)).body.issued);
      for (const path of ['/clients', '/events', '/results']) {
        expect((await world.call('GET', path)).body).toEqual([]);
      }
    },
  ],
  ['a client that is not known cannot be deleted', refused(404, 'DELETE', '/clients/i-424242')],
  [
    'a client is deleted and kept away',
    async (world) => {
      await open(world);
      await world.expects(202, 'DELETE', `/clients/${CLIENT}?invalidate=true`);
      expect(world.house.views.signature(CLIENT)).toEqual({ signature: 'invalidated', endsAtMs: null });
    },
  ],
  [
    'a client is deleted and kept away for some time',
    async (world) => {
      await open(world);
      await world.expects(202, 'DELETE', `/clients/${CLIENT}?invalidate=true&invalidate_expire=600`);
      isNow((world.house.views.signature(CLIENT)?.endsAtMs ?? 0) / 1000 - 600);
    },
  ],
];

const checks: [string, Run][] = [
  [
    'checks are told, but those that agents run by themselves',
    async ({ expects }) => {
      const { body } = await expects(200, 'GET', '/checks');
      const names = body.map(({ name }: { name: string }) => name);
      expect(names).toContain('tokens');
      expect(names).not.toContain('standalone');
      expect(body[0]).toMatchObject({ name: 'tokens', subscribers: ['test'], interval: 3600 });
    },
  ],
  [
    'checks are told in parts',
    async ({ expects }) => {
      const { body, headers } = await expects(200, 'GET', '/checks?limit=1&offset=1');
      expect([body.length, headers.get('X-Pagination')]).toEqual([1, '{"limit":1,"offset":1,"total":6}']);
    },
  ],
  [
    'checks are filtered by a text',
    async ({ expects }) => {
      const { body } = await expects(200, 'GET', '/checks?filter.name=merger');
      expect(body).toMatchObject([{ name: 'merger' }]);
    },
  ],
  [
    'checks are filtered by a number',
    async ({ expects }) => {
      const { body } = await expects(200, 'GET', '/checks?filter.interval=60');
      expect(body).toMatchObject([{ name: 'merger' }]);
    },
  ],
  [
    'one check is told',
    async ({ expects }) => {
      const { body } = await expects(200, 'GET', '/checks/tokens');
      expect(body).toEqual({
        ...{ command: 'echo :::nested.attribute|default:::', subscribers: ['test'], interval: 3600 },
        name: 'tokens',
      });
    },
  ],
  ['a check that nobody knows is not found', refused(404, 'GET', '/checks/nothing')],
  ['a check that agents run by themselves is not found', refused(404, 'GET', '/checks/standalone')],
  [
    'the results of a check are deleted: result, history, last good time',
    async (world) => {
      await open(world);
      isNow((await world.expects(202, 'DELETE', '/checks/test')).body.issued);
      expect((await world.call('GET', '/results')).body).toEqual([]);
      expect((await world.call('GET', `/clients/${CLIENT}/history`)).body).toEqual([]);
      expect((await world.call('GET', '/events')).body).toHaveLength(1);
    },
  ],
  [
    'a check is asked for',
    async ({ expects, requests }) => {
      isNow((await expects(202, 'POST', '/request', { check: 'tokens', subscribers: ['test'] })).body.issued);
      expect(requests).toMatchObject([{ subscription: 'test', request: { name: 'tokens' } }]);
      expect(requests[0]?.request).not.toHaveProperty('subscribers');
      expect(requests[0]?.request['api_requested']).toEqual({ reason: null, creator: null });
    },
  ],
  [
    'a check is asked for with a reason and by whom',
    async ({ expects, requests }) => {
      await expects(202, 'POST', '/request', { check: 'tokens', reason: 'because', creator: 'me' });
      expect(requests[0]?.request['api_requested']).toEqual({ reason: 'because', creator: 'me' });
    },
  ],
  [
    'a proxy check is asked for: once for each client that fits',
    async (world) => {
      await world.client('r-1', { type: 'router' });
      await world.client('r-2', { type: 'router' });
      await world.client('s-1', { type: 'switch' });
      await world.expects(202, 'POST', '/request', { check: 'unpublished_proxy' });
      const sources = world.requests.map(({ request }) => request['source']);
      expect(sources.sort()).toEqual(['r-1', 'r-2']);
    },
  ],
  [
    'a check that nobody knows cannot be asked for',
    refused(404, 'POST', '/request', { check: 'nothing', subscribers: [] }),
  ],
  ['asking needs the name of a check', refused(400, 'POST', '/request', { subscribers: ['test'] })],
  [
    'asking needs a list of subscribers',
    refused(400, 'POST', '/request', { check: 'tokens', subscribers: 'test' }),
  ],
  [
    'subscribers that are no texts are taken as texts',
    async ({ expects, requests }) => {
      await expects(202, 'POST', '/request', { check: 'tokens', subscribers: [1, 'test'] });
      expect(requests.map(({ subscription }) => subscription)).toEqual(['1', 'test']);
    },
  ],
];

const stashes: [string, Run][] = [
  [
    'a stash is kept under a path that the body names',
    async ({ expects, call }) => {
      const stash = { path: 'tester', content: { key: 'value' } };
      expect((await expects(201, 'POST', '/stashes', stash)).body).toEqual({ path: 'tester' });
      expect((await call('GET', '/stashes/tester')).body).toEqual({ key: 'value' });
    },
  ],
  [
    'a stash is kept for some time',
    async ({ expects, call }) => {
      await expects(201, 'POST', '/stashes', { path: 'tester', content: {}, expire: 60 });
      expect((await call('GET', '/stashes')).body).toEqual([{ path: 'tester', content: {}, expire: 60 }]);
      await expects(201, 'POST', '/stashes', { path: 'tester', content: {}, expire: 0 });
      expect((await call('GET', '/stashes/tester')).status).toBe(404);
    },
  ],
  ['no stash: without a path', refused(400, 'POST', '/stashes', { content: { key: 'value' } })],
  [
    'no stash: a content that is no object',
    refused(400, 'POST', '/stashes', { path: 'tester', content: 'value' }),
  ],
  [
    'no stash: an expire that is no number',
    refused(400, 'POST', '/stashes', { path: 'a', content: {}, expire: '1' }),
  ],
  [
    'a stash is kept under the path that was called',
    async ({ expects, call }) => {
      expect((await expects(201, 'POST', '/stash/tester/deep', { key: 'value' })).body).toEqual({
        path: 'tester/deep',
      });
      expect((await call('GET', '/stashes/tester/deep')).body).toEqual({ key: 'value' });
    },
  ],
  [
    'a stash under a path with a blank is found, as the path is decoded',
    async ({ expects }) => {
      expect((await expects(201, 'POST', '/stash/te%20ster', { a: 1 })).body).toEqual({ path: 'te ster' });
      await expects(200, 'GET', '/stashes/te%20ster');
    },
  ],
  [
    'no stash under a path that was called: a content that is no object',
    refused(400, 'POST', '/stash/tester', '"a"'),
  ],
  [
    'whether a stash exists is told without its content',
    async ({ expects, call }) => {
      await expects(201, 'POST', '/stash/tester', { a: 1 });
      const answer = await call('HEAD', '/stash/tester');
      expect([answer.status, answer.body]).toEqual([200, undefined]);
    },
  ],
  ['a stash that does not exist is not found without its content', refused(404, 'HEAD', '/stash/tester')],
  ['a stash that does not exist is not found', refused(404, 'GET', '/stash/tester')],
  [
    'stashes are told, in parts',
    async ({ expects }) => {
      for (const path of ['a', 'b']) await expects(201, 'POST', `/stash/${path}`, { path });
      expect((await expects(200, 'GET', '/stashes')).body).toHaveLength(2);
      const { body, headers } = await expects(200, 'GET', '/stashes?limit=1');
      expect([body.length, headers.get('X-Pagination')]).toEqual([1, '{"limit":1,"offset":0,"total":2}']);
    },
  ],
  [
    'a stash is deleted',
    async ({ expects }) => {
      await expects(201, 'POST', '/stash/tester', { a: 1 });
      await expects(204, 'DELETE', '/stash/tester');
      await expects(404, 'GET', '/stash/tester');
    },
  ],
  ['a stash that does not exist cannot be deleted', refused(404, 'DELETE', '/stash/tester')],
];

const aggregates: [string, Run][] = [
  [
    'aggregates are told',
    async (world) => {
      await aggregated(world);
      expect((await world.expects(200, 'GET', '/aggregates')).body).toEqual([{ name: 'test' }]);
    },
  ],
  [
    'aggregates are told in parts',
    async (world) => {
      await aggregated(world);
      await world.result(CLIENT, 'third', 0, { aggregate: 'second' });
      const { body, headers } = await world.expects(200, 'GET', '/aggregates?limit=1&offset=1');
      expect([body.length, headers.get('X-Pagination')]).toEqual([1, '{"limit":1,"offset":1,"total":2}']);
    },
  ],
  [
    'an aggregate is deleted',
    async (world) => {
      await aggregated(world);
      await world.expects(204, 'DELETE', '/aggregates/test');
      expect((await world.call('GET', '/aggregates')).body).toEqual([]);
    },
  ],
  [
    'an aggregate with capitals in its name is deleted',
    async (world) => {
      await world.result(CLIENT, 'test', 0, { aggregates: ['TEST'] });
      await world.expects(204, 'DELETE', '/aggregates/TEST');
    },
  ],
  ['an aggregate that does not exist cannot be deleted', refused(404, 'DELETE', '/aggregates/test')],
  [
    'one aggregate is counted',
    async (world) => {
      await aggregated(world);
      expect((await world.expects(200, 'GET', '/aggregates/test')).body).toEqual({
        ...{ clients: 1, checks: 2 },
        results: { ok: 1, warning: 1, critical: 0, unknown: 0, total: 2, stale: 0 },
      });
    },
  ],
  [
    'results of an aggregate that are too old are counted as stale',
    async (world) => {
      await aggregated(world);
      await world.result(CLIENT, 'test', 0, { aggregates: ['test'], executed: now() - 100 });
      expect((await world.expects(200, 'GET', '/aggregates/test?max_age=30')).body).toMatchObject({
        results: { ok: 0, warning: 1, total: 1, stale: 1 },
      });
    },
  ],
  ['an aggregate that does not exist is not found', refused(404, 'GET', '/aggregates/test')],
  [
    'the clients of an aggregate are told with their checks',
    async (world) => {
      await aggregated(world);
      const { body } = await world.expects(200, 'GET', '/aggregates/test/clients');
      expect(body).toEqual([{ name: CLIENT, checks: ['test', 'other'] }]);
    },
  ],
  [
    'the checks of an aggregate are told with their clients',
    async (world) => {
      await aggregated(world);
      const { body } = await world.expects(200, 'GET', '/aggregates/test/checks');
      expect(body).toEqual([
        { name: 'test', clients: [CLIENT] },
        { name: 'other', clients: [CLIENT] },
      ]);
    },
  ],
  ...['clients', 'checks'].map((side): [string, Run] => [
    `${side} of an aggregate that does not exist are not found`,
    async ({ expects }) => expect((await expects(404, 'GET', `/aggregates/test/${side}`)).body).toEqual([]),
  ]),
  [
    'what the results of one severity said is told',
    async (world) => {
      await aggregated(world);
      const { body } = await world.expects(200, 'GET', '/aggregates/test/results/warning');
      const summary = [{ output: 'odd', total: 1, clients: [CLIENT] }];
      expect(body).toEqual([{ check: 'other', summary }]);
      expect((await world.expects(200, 'GET', '/aggregates/test/results/critical')).body).toEqual([]);
    },
  ],
  [
    'what results said that are too old is left out',
    async (world) => {
      await world.result(CLIENT, 'test', 1, { aggregates: ['test'], executed: now() - 100 });
      expect((await world.expects(200, 'GET', '/aggregates/test/results/warning?max_age=30')).body).toEqual(
        [],
      );
      expect((await world.expects(200, 'GET', '/aggregates/test/results/warning')).body).toHaveLength(1);
    },
  ],
  [
    'a severity that does not exist is refused',
    async (world) => {
      await aggregated(world);
      await refused(400, 'GET', '/aggregates/test/results/unreal')(world);
    },
  ],
  [
    'results of an aggregate that does not exist are not found',
    refused(404, 'GET', '/aggregates/test/results/warning'),
  ],
];

const access: [string, Run][] = [
  [
    'OPTIONS is answered without user and password',
    async ({ call }) => {
      const { status, headers, body } = await call('OPTIONS', '/events', undefined, {});
      expect([status, body]).toEqual([200, undefined]);
      expect(headers.get('Access-Control-Allow-Origin')).toBe('*');
    },
  ],
  [
    'the headers for browsers are sent with every answer',
    async ({ call }) => {
      const { headers } = await call('GET', '/events');
      expect(headers.get('Access-Control-Allow-Origin')).toBe('*');
      expect(headers.get('Access-Control-Allow-Methods')).toBe('GET, POST, PUT, DELETE, OPTIONS');
      expect(headers.get('Access-Control-Allow-Credentials')).toBe('true');
      expect(headers.get('Access-Control-Allow-Headers')).toBe(
        'Origin, X-Requested-With, Content-Type, Accept, Authorization',
      );
    },
  ],
  [
    'nothing is told without user and password',
    async ({ call }) => {
      const { status, headers, body } = await call('GET', '/events', undefined, {});
      expect([status, body]).toEqual([401, undefined]);
      expect(headers.get('WWW-Authenticate')).toBe('Basic realm="Restricted Area"');
    },
  ],
  [
    'nothing is told with a wrong password',
    async ({ call }) => {
      const wrong = { Authorization: `Basic ${Buffer.from('foo:baz').toString('base64')}` };
      expect((await call('GET', '/events', undefined, wrong)).status).toBe(401);
    },
  ],
  [
    'nothing is changed without user and password',
    async (world) => {
      await open(world);
      expect((await world.call('DELETE', `/events/${CLIENT}/test`, undefined, {})).status).toBe(401);
      const client = { name: 'i-1', address: 'x', subscriptions: [] };
      expect((await world.call('POST', '/clients', client, {})).status).toBe(401);
      expect((await world.call('GET', '/events')).body).toHaveLength(1);
      expect((await world.call('GET', '/clients')).body).toHaveLength(1);
    },
  ],
];

const results: [string, Run][] = [
  [
    'a result is reported',
    async ({ expects, call }) => {
      const posted = { name: 'rspec', output: 'WARNING', status: 1, source: 'nas' };
      isNow((await expects(202, 'POST', '/results', posted)).body.issued);
      expect((await call('GET', '/results/nas/rspec')).body.check).toMatchObject({
        ...posted,
        origin: 'sensu-api',
      });
    },
  ],
  [
    'a result without a source belongs to the API',
    async ({ expects, call }) => {
      await expects(202, 'POST', '/results', { name: 'rspec', output: 'OK', dc: 'ignored' });
      expect((await call('GET', '/results/sensu-api/rspec')).body.check.status).toBe(0);
    },
  ],
  ['no result: JSON that is none', refused(400, 'POST', '/results', 'bad')],
  ['no result: without output', refused(400, 'POST', '/results', { name: 'rspec', status: 1 })],
  [
    'results are told with their history',
    async (world) => {
      await open(world);
      const { body } = await world.expects(200, 'GET', '/results');
      expect(body).toMatchObject([{ client: CLIENT, check: { name: 'test', status: 1, history: [1] } }]);
    },
  ],
  [
    'results are told in parts',
    async (world) => {
      await aggregated(world);
      const { body, headers } = await world.expects(200, 'GET', '/results?limit=1&offset=1');
      expect([body.length, headers.get('X-Pagination')]).toEqual([1, '{"limit":1,"offset":1,"total":2}']);
    },
  ],
  [
    'results of one client are told',
    async (world) => {
      await open(world);
      await world.result('other', 'test', 0);
      const { body } = await world.expects(200, 'GET', `/results/${CLIENT}`);
      expect(body).toMatchObject([{ client: CLIENT }]);
      expect((await world.expects(200, 'GET', '/results/nobody')).body).toEqual([]);
    },
  ],
  [
    'one result is told',
    async (world) => {
      await open(world);
      const { body } = await world.expects(200, 'GET', `/results/${CLIENT}/test`);
      expect(body).toMatchObject({ client: CLIENT, check: { name: 'test', output: 'said' } });
    },
  ],
  ['a result that does not exist is not found', refused(404, 'GET', '/results/i-424242/nothing')],
  [
    'a result is deleted',
    async (world) => {
      await open(world);
      await world.expects(204, 'DELETE', `/results/${CLIENT}/test`);
      await world.expects(404, 'GET', `/results/${CLIENT}/test`);
      expect((await world.call('GET', '/events')).body).toHaveLength(1);
    },
  ],
  ['a result that does not exist cannot be deleted', refused(404, 'DELETE', '/results/i-424242/nothing')],
];

const SPELLINGS = [
  'test',
  'load-balancer',
  'load_balancer',
  'loadbalancer.1',
  'client:i-424242',
  'roundrobin:test',
];
const INVALID: [string, unknown][] = [
  ['JSON that is none', 'bad'],
  ['neither a subscription nor a check', { reason: 'testing' }],
  ['a subscription that is a number', { subscription: 1 }],
  ['a subscription with a blank', { subscription: 'te st' }],
  ['a subscription that stands for all', { subscription: '*', check: 'test' }],
  ['a check that is a number', { check: 1 }],
  ['a check with a blank', { check: 'te st' }],
  ['an expire that is a text', { subscription: 'test', expire: '1' }],
  ['an expire with a fraction', { subscription: 'test', expire: 1.5 }],
  ['a begin that is a text', { subscription: 'test', begin: 'now' }],
  ['a reason that is a number', { subscription: 'test', reason: 1 }],
  ['a creator that is a number', { subscription: 'test', creator: 1 }],
  ['an expire_on_resolve that is a text', { subscription: 'test', expire_on_resolve: 'true' }],
];

const silences: [string, Run][] = [
  [
    'a subscription is silenced',
    async (world) => {
      await silenced({ subscription: 'test' })(world);
      const { body } = await world.expects(200, 'GET', '/silenced');
      expect(body).toEqual([
        {
          ...{ id: 'test:*', subscription: 'test', check: null, reason: null, creator: null, begin: null },
          ...{ expire_on_resolve: false, timestamp: body[0].timestamp, expire: -1 },
        },
      ]);
      isNow(body[0].timestamp);
    },
  ],
  [
    'a check is silenced',
    async (world) => {
      await silenced({ check: 'test', reason: 'testing', creator: 'rspec', expire_on_resolve: true })(world);
      const { body } = await world.expects(200, 'GET', '/silenced');
      expect(body).toMatchObject([{ id: '*:test', subscription: null, check: 'test', reason: 'testing' }]);
      expect(body).toMatchObject([{ creator: 'rspec', expire_on_resolve: true }]);
    },
  ],
  [
    'a silence lasts some time',
    async (world) => {
      await silenced({ subscription: 'test', expire: 3600 })(world);
      expect((await world.expects(200, 'GET', '/silenced')).body).toMatchObject([{ expire: 3600 }]);
    },
  ],
  [
    'a silence that begins later lasts from then on',
    async (world) => {
      const begin = now() + 1000;
      await silenced({ subscription: 'test', expire: 3600, begin })(world);
      const [silence] = (await world.expects(200, 'GET', '/silenced')).body;
      expect(silence.begin).toBe(begin);
      expect(Math.abs(silence.expire - 4600)).toBeLessThanOrEqual(2);
    },
  ],
  [
    'members that are null count as left out',
    async (world) => {
      await silenced({ subscription: null, check: 'test', expire: null, begin: null, reason: null })(world);
      expect((await world.call('GET', '/silenced/ids/*:test')).body).toMatchObject({
        subscription: null,
        expire: -1,
      });
      await world.expects(400, 'POST', '/silenced', { subscription: null, check: null });
    },
  ],
  ...SPELLINGS.map((subscription): [string, Run] => [
    `the subscription ${subscription} is silenced, and found by its name`,
    async (world) => {
      await silenced({ subscription })(world);
      const { body } = await world.expects(200, 'GET', `/silenced/subscriptions/${subscription}`);
      expect(body).toMatchObject([{ id: `${subscription}:*`, subscription }]);
    },
  ]),
  ...INVALID.map(([what, body]): [string, Run] => [
    `no silence: ${what}`,
    refused(400, 'POST', '/silenced', body),
  ]),
  [
    'silences are told, in parts',
    async (world) => {
      await silenced(
        { subscription: 'test' },
        { subscription: 'test', check: 'test' },
        { check: 'test' },
      )(world);
      expect((await world.expects(200, 'GET', '/silenced')).body).toHaveLength(3);
      const { body, headers } = await world.expects(200, 'GET', '/silenced?limit=2&offset=2');
      expect([body.length, headers.get('X-Pagination')]).toEqual([1, '{"limit":2,"offset":2,"total":3}']);
    },
  ],
  [
    'silences of a subscription are told',
    async (world) => {
      await silenced(
        { subscription: 'test' },
        { subscription: 'test', check: 'test' },
        { check: 'test' },
      )(world);
      expect((await world.expects(200, 'GET', '/silenced/subscriptions/test')).body).toHaveLength(2);
      expect((await world.expects(200, 'GET', '/silenced/subscriptions/none')).body).toEqual([]);
    },
  ],
  [
    'silences of a check are told',
    async (world) => {
      await silenced(
        { subscription: 'test' },
        { subscription: 'test', check: 'test' },
        { check: 'test' },
      )(world);
      expect((await world.expects(200, 'GET', '/silenced/checks/test')).body).toHaveLength(2);
      expect((await world.expects(200, 'GET', '/silenced/checks/none')).body).toEqual([]);
    },
  ],
  [
    'a silence is told by its id, with * for what it leaves open',
    async (world) => {
      await silenced(
        { subscription: 'test', check: 'test' },
        { check: 'test' },
        { subscription: 'test' },
      )(world);
      for (const id of ['test:test', '*:test', 'test:*']) {
        expect((await world.expects(200, 'GET', `/silenced/ids/${id}`)).body.id).toBe(id);
      }
    },
  ],
  [
    'a silence is not told by the end of its id',
    async (world) => {
      await silenced({ check: 'std' })(world);
      await refused(404, 'GET', '/silenced/ids/std')(world);
    },
  ],
  ['a silence that does not exist is not found', refused(404, 'GET', '/silenced/ids/nothing:*')],
  ['an id that cannot be is not found', refused(404, 'GET', '/silenced/ids/te%20st:*')],
  [
    'a silence is cleared by subscription and check, and then is not found',
    async (world) => {
      await silenced({ subscription: 'test', check: 'test' })(world);
      await world.expects(204, 'POST', '/silenced/clear', { subscription: 'test', check: 'test' });
      await world.expects(404, 'POST', '/silenced/clear', { subscription: 'test', check: 'test' });
      expect((await world.call('GET', '/silenced')).body).toEqual([]);
    },
  ],
  [
    'a silence is cleared by its id, and then is not found',
    async (world) => {
      await silenced({ subscription: 'test' })(world);
      await world.expects(204, 'POST', '/silenced/clear', { id: 'test:*' });
      await world.expects(404, 'POST', '/silenced/clear', { id: 'test:*' });
    },
  ],
  ['clearing needs to know what', refused(400, 'POST', '/silenced/clear', {})],
];

const lines = (source: string, all: readonly [string, Run][]): Line[] =>
  all.map(([line, run]) => ({ source, line, run }));

/** What Sensu Core's tests of its API assert. */
export const catalogue: Line[] = [
  ...lines('api/process_spec', [...general, ...events, ...clients, ...checks, ...stashes]),
  ...lines('api/process_spec', [...aggregates, ...access, ...results, ...silences]),
  {
    source: 'api/utilities/filter_response_content_spec',
    line: 'a dotted path becomes an object in objects',
    tested: 'src/api/sensu/query.test.ts: gathers filters into the attributes wanted',
  },
  ...lines('api/utilities/filter_response_content_spec', [
    [
      'only what has all that is wanted is left',
      async (world) => {
        await world.client('a', { environment: 'production', disk: { warning: 80 } });
        await world.client('b', { environment: 'production', disk: { warning: 90 } });
        await world.client('c', { environment: 'test', disk: { warning: 80 } });
        const path = '/clients?filter.environment=production&filter.disk.warning=80';
        expect((await world.expects(200, 'GET', path)).body).toMatchObject([{ name: 'a' }]);
      },
    ],
  ]),
  ...lines('api/validators/client_spec', [
    [
      'a client that is whole is taken; one whose name is a number is not',
      async ({ expects }) => {
        const client = { name: 'i-1', address: '8.8.8.8', subscriptions: ['test'] };
        await expects(201, 'POST', '/clients', client);
        await expects(400, 'POST', '/clients', { ...client, name: 42 });
      },
    ],
  ]),
];
