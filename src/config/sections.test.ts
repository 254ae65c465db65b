import { expect, test } from 'vitest';
import { loadDocument, problemPaths } from '../testing/config-files.ts';

test('without any section every setting has its default', async () => {
  const { settings } = await loadDocument({});
  expect(settings).toMatchObject({
    spawn: { limit: 12, defaultTimeoutMs: 600_000, outputLimitBytes: 1_048_576 },
    keepalives: { check: { thresholds: { warning: 120, critical: 180 } } },
    store: {
      sync: 'process',
      logs: {
        transitions: { entries: 1000, ageMs: 90 * 86_400_000 },
        deliveries: { entries: 1000, ageMs: 90 * 86_400_000 },
      },
    },
  });
  expect(settings?.api).toEqual({
    bind: '127.0.0.1',
    port: 4567,
    user: undefined,
    password: undefined,
    cors: {
      Origin: '*',
      Methods: 'GET, POST, PUT, DELETE, OPTIONS',
      Credentials: 'true',
      Headers: 'Origin, X-Requested-With, Content-Type, Accept, Authorization',
    },
  });
});

test('what is configured counts, in the units of the settings', async () => {
  const { settings } = await loadDocument({
    sensu: { spawn: { limit: 3 }, keepalives: { thresholds: { warning: 60 }, handler: 'mail', team: 'ops' } },
    api: { bind: '::', port: 8080, user: 'u', password: 'p', cors: { Origin: 'https://x', 'Max-Age': 600 } },
    tocsin: {
      default_timeout: 0,
      output_limit: 100,
      store: { sync: 'power', logs: { deliveries: { days: 0.5 }, transitions: { entries: 5 } } },
    },
  });
  expect(settings).toMatchObject({
    spawn: { limit: 3, defaultTimeoutMs: 0, outputLimitBytes: 100 },
    keepalives: { check: { thresholds: { warning: 60, critical: 180 }, handler: 'mail', team: 'ops' } },
    api: { bind: '::', port: 8080, user: 'u', password: 'p' },
    store: {
      sync: 'power',
      logs: {
        transitions: { entries: 5, ageMs: 90 * 86_400_000 },
        deliveries: { entries: 1000, ageMs: 43_200_000 },
      },
    },
  });
  expect(settings?.api.cors).toEqual({ Origin: 'https://x', 'Max-Age': '600' });
});

test.each([
  ['sensu', { sensu: 5 }],
  ['sensu.spawn', { sensu: { spawn: 24 } }],
  ['sensu.spawn.limit', { sensu: { spawn: { limit: 0 } } }],
  ['sensu.spawn.limit', { sensu: { spawn: { limit: '12' } } }],
  ['sensu.keepalives', { sensu: { keepalives: [] } }],
  ['sensu.keepalives.thresholds', { sensu: { keepalives: { thresholds: 5 } } }],
  ['sensu.keepalives.thresholds.critical', { sensu: { keepalives: { thresholds: { critical: 1.5 } } } }],
  ['sensu.keepalives.handler', { sensu: { keepalives: { handler: 5 } } }],
  ['sensu.keepalives.handlers', { sensu: { keepalives: { handlers: 'x' } } }],
  ['sensu.server.results_pipe', { sensu: { server: { results_pipe: 5 } } }],
  ['sensu.server.keepalives_pipe', { sensu: { server: { keepalives_pipe: '' } } }],
  ['sensu.server.max_message_size', { sensu: { server: { max_message_size: 'x' } } }],
  ['sensu.global_error_handler', { sensu: { global_error_handler: 'x' } }],
  ['api', { api: [] }],
  ['api.bind', { api: { bind: 5 } }],
  ['api.host', { api: { host: 5 } }],
  ['api.port', { api: { port: '4567' } }],
  ['api.password', { api: { user: 'u' } }],
  ['api.user', { api: { password: 'p' } }],
  ['api.user', { api: { user: 5, password: 'p' } }],
  ['api.cors', { api: { cors: '*' } }],
  ['api.cors.Origin', { api: { cors: { Origin: ['*'] } } }],
  ['api.cors["Origin x"]', { api: { cors: { 'Origin x': '*' } } }],
  ['api.cors.Origin', { api: { cors: { Origin: '*\r\nSet-Cookie: a=b' } } }],
  ['api.endpoints', { api: { endpoints: {} } }],
  ['transport.name', { transport: { name: 1 } }],
  ['transport.reconnect_on_error', { transport: { reconnect_on_error: 'x' } }],
  ['tocsin', { tocsin: [] }],
  ['tocsin.default_timeout', { tocsin: { default_timeout: -1 } }],
  ['tocsin.output_limit', { tocsin: { output_limit: 0 } }],
  ['tocsin.store.sync', { tocsin: { store: { sync: 'sometimes' } } }],
  ['tocsin.store.logs.transitions.entries', { tocsin: { store: { logs: { transitions: { entries: 0 } } } } }],
  ['tocsin.store.logs.deliveries.days', { tocsin: { store: { logs: { deliveries: { days: 0 } } } } }],
  ['tocsin.store.logs.metrics', { tocsin: { store: { logs: { metrics: {} } } } }],
  ['checks', { checks: 5 }],
  ['handlers', { handlers: [] }],
  ['filters', { filters: 'x' }],
  ['mutators', { mutators: null }],
  ['extensions', { extensions: [] }],
  ['extensions.x', { extensions: { x: './x.mjs' } }],
])('refuses %s in %j', async (path, document) => {
  expect(await problemPaths(document)).toEqual([path]);
});

test('our own section is closed, and a slip of the finger is told', async () => {
  const { problems } = await loadDocument({ tocsin: { defualt_timeout: 5, store: { snyc: 'power' } } });
  expect(problems).toMatchObject([
    { path: 'tocsin.defualt_timeout', hint: 'did you mean "default_timeout"?' },
    { path: 'tocsin.store.snyc', hint: 'did you mean "sync"?' },
  ]);
});

test('misspelt sections and members are warned of; sections of plugins are not', async () => {
  const { warnings } = await loadDocument({
    check: {},
    mailer: { to: 'x' },
    sensu: { spawn: { limt: 5 }, keepalive: {} },
  });
  expect(warnings.map(({ path, hint }) => [path, hint])).toEqual([
    ['check', 'did you mean "checks"?'],
    ['sensu.spawn.limt', 'did you mean "limit"?'],
    ['sensu.keepalive', 'did you mean "keepalives"?'],
  ]);
});
