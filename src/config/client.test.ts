import { expect, test } from 'vitest';
import { loadDocument, problemPaths } from '../testing/config-files.ts';

test('name and address come from the machine, and the client subscribes to itself', async () => {
  const { settings } = await loadDocument({});
  expect(settings?.client).toEqual({ name: 'web-1', address: '10.0.0.1', subscriptions: ['client:web-1'] });
});

test('what is configured counts, and the own subscription is appended once', async () => {
  const { settings } = await loadDocument({
    client: { name: 'db', address: '::1', subscriptions: ['a', 'client:db', 'a'], rack: { row: 1 } },
  });
  expect(settings?.client).toEqual({
    name: 'db',
    address: '::1',
    subscriptions: ['a', 'client:db'],
    rack: { row: 1 },
  });
});

test('ports of sockets that are configured are filled in', async () => {
  const { settings } = await loadDocument({ client: { socket: {}, http_socket: { port: 8080 } } });
  expect(settings?.client).toMatchObject({
    socket: { bind: '127.0.0.1', port: 3030 },
    http_socket: { bind: '127.0.0.1', port: 8080 },
  });
});

test.each([
  { safe_mode: true },
  { redact: ['pin'] },
  { redact: [] },
  { socket: { enabled: false, bind: '0.0.0.0', port: 3030 } },
  { http_socket: { enabled: true, user: 'u', password: 'p', protect_all_endpoints: true } },
  { keepalives: false },
  {
    keepalive: { handler: 'mail', handlers: ['a'], thresholds: { warning: 60, critical: 120 }, any: 'thing' },
  },
  {
    keepalive: {
      source: 'x',
      aggregate: 'a',
      aggregates: ['b'],
      low_flap_threshold: 1,
      high_flap_threshold: 2,
    },
  },
  { signature: '' },
  { registration: { handler: 'a', handlers: ['b'], status: 1, any: 'thing' } },
  { deregister: 'anything' },
  { deregistration: { handler: 'a', status: 0 } },
  { safe_mode: null, socket: null, redact: null, subscriptions: null },
])('accepts %j', async (client) => {
  expect(await problemPaths({ client })).toEqual([]);
});

test.each([
  ['name', { name: 'a b' }],
  ['name', { name: '' }],
  ['name', { name: 5 }],
  ['address', { address: 5 }],
  ['subscriptions', { subscriptions: 'web' }],
  ['subscriptions[0]', { subscriptions: [''] }],
  ['subscriptions[1]', { subscriptions: ['web', 5] }],
  ['safe_mode', { safe_mode: 'true' }],
  ['redact', { redact: 'pin' }],
  ['redact[0]', { redact: [''] }],
  ['socket', { socket: 3030 }],
  ['socket.enabled', { socket: { enabled: 'no' } }],
  ['socket.bind', { socket: { bind: 5 } }],
  ['socket.port', { socket: { port: '3030' } }],
  ['http_socket.port', { http_socket: { port: 70_000 } }],
  ['http_socket.password', { http_socket: { user: 'u' } }],
  ['http_socket.user', { http_socket: { password: 'p' } }],
  ['http_socket.protect_all_endpoints', { http_socket: { protect_all_endpoints: 1 } }],
  ['keepalives', { keepalives: 'true' }],
  ['keepalive', { keepalive: true }],
  ['keepalive.handler', { keepalive: { handler: 5 } }],
  ['keepalive.handlers', { keepalive: { handlers: 'a' } }],
  ['keepalive.thresholds', { keepalive: { thresholds: 60 } }],
  ['keepalive.thresholds.warning', { keepalive: { thresholds: { warning: '60' } } }],
  ['keepalive.source', { keepalive: { source: 'a b' } }],
  ['keepalive.aggregate', { keepalive: { aggregate: 5 } }],
  ['keepalive.aggregates[0]', { keepalive: { aggregates: ['a b'] } }],
  ['keepalive.high_flap_threshold', { keepalive: { high_flap_threshold: 'x' } }],
  ['signature', { signature: 5 }],
  ['registration.handler', { registration: { handler: 5 } }],
  ['registration.status', { registration: { status: 'x' } }],
  ['deregistration.handlers', { deregistration: { handlers: 'x' } }],
])('refuses %s in %j', async (path, client) => {
  expect(await problemPaths({ client })).toEqual([`client.${path}`]);
});

test('a client that is no object is told', async () => {
  expect(await problemPaths({ client: [] })).toEqual(['client']);
});

test('a password that does not fit is not shown', async () => {
  const { problems } = await loadDocument({ client: { http_socket: { user: 'u', password: 12345 } } });
  expect(problems).toMatchObject([{ path: 'client.http_socket.password', found: 'a number (not shown)' }]);
});
