import { expect, test } from 'vitest';
import { loadDocument } from '../testing/config-files.ts';

const PLAIN = {
  host: '127.0.0.1',
  port: 5672,
  vhost: '/',
  user: 'guest',
  password: 'guest',
  mechanism: 'PLAIN',
  heartbeatSeconds: 0,
  frameMax: 131_072,
  tls: undefined,
};
const TLS = {
  certificate: undefined,
  key: undefined,
  authority: undefined,
  verify: true,
  serverName: undefined,
};

const settingsOf = async (document: object) => {
  const { settings, problems } = await loadDocument(document);
  expect(problems).toBeUndefined();
  return settings?.rabbitmq;
};
const brokersOf = async (rabbitmq: unknown) =>
  (await settingsOf({ transport: { name: 'rabbitmq' }, rabbitmq }))?.brokers;

test('it is used where there is a section, or the transport says so', async () => {
  const defaults = {
    brokers: [PLAIN],
    durable: false,
    prefetch: undefined,
    pipes: { results: undefined, keepalives: undefined },
  };
  expect(await settingsOf({ rabbitmq: {} })).toEqual(defaults);
  expect(await settingsOf({ transport: { name: 'rabbitmq' } })).toEqual(defaults);
  expect(await settingsOf({})).toBeUndefined();
  expect(await settingsOf({ transport: { name: 'memory' }, rabbitmq: {} })).toBeUndefined();
});

test.each<[string, unknown, object[]]>([
  ['aliases', { username: 'a', pass: 'b' }, [{ ...PLAIN, user: 'a', password: 'b' }]],
  [
    'no alias',
    { user: 'a', username: 'x', password: 'b', pass: 'x' },
    [{ ...PLAIN, user: 'a', password: 'b' }],
  ],
  ['null', { vhost: null, ssl: null }, [PLAIN]],
  ['TLS', { ssl: {} }, [{ ...PLAIN, tls: TLS }]],
  ['TLS without looking', { ssl: { verify_peer: false } }, [{ ...PLAIN, tls: { ...TLS, verify: false } }]],
  [
    'files',
    { ssl: { cert_chain_file: '/c', private_key_file: '/k', ca_file: '/a', sni_hostname: 's' } },
    [{ ...PLAIN, tls: { certificate: '/c', key: '/k', authority: '/a', verify: true, serverName: 's' } }],
  ],
  [
    'several',
    [{ host: 'a' }, { host: 'b' }],
    [
      { ...PLAIN, host: 'a' },
      { ...PLAIN, host: 'b' },
    ],
  ],
  [
    'an address',
    'amqp://u%40x:p%2Fw@h:1/v%2Fh',
    [{ ...PLAIN, host: 'h', port: 1, vhost: 'v/h', user: 'u@x', password: 'p/w' }],
  ],
  ['a short address', 'amqp://h', [{ ...PLAIN, host: 'h' }]],
  ['an address of version 6', 'amqp://[::1]', [{ ...PLAIN, host: '::1' }]],
  [
    'an address with TLS',
    'amqps://h?heartbeat=5&verify=verify_none',
    [{ ...PLAIN, host: 'h', port: 5671, heartbeatSeconds: 5, tls: { ...TLS, verify: false } }],
  ],
  [
    'addresses',
    ['amqp://a', { host: 'b' }],
    [
      { ...PLAIN, host: 'a' },
      { ...PLAIN, host: 'b' },
    ],
  ],
])('reads %s', async (_what, rabbitmq, brokers) => {
  expect(await brokersOf(rabbitmq)).toEqual(brokers);
});

test('a server may take from other exchanges', async () => {
  const sensu = { server: { results_pipe: 'r', keepalives_pipe: 'k' } };
  expect((await settingsOf({ rabbitmq: {}, sensu }))?.pipes).toEqual({ results: 'r', keepalives: 'k' });
});

test('durable and prefetch are of the whole section', async () => {
  const rabbitmq = [{ prefetch: 50 }, { durable: true, prefetch: 2_000 }];
  expect(await settingsOf({ rabbitmq })).toMatchObject({ durable: true, prefetch: 2_000 });
  expect(await settingsOf({ rabbitmq: 'amqp://h?durable=true' })).toMatchObject({ durable: true });
});

test.each<[string, unknown]>([
  ['rabbitmq', 3],
  ['rabbitmq', 'http://h'],
  ['rabbitmq', 'amqp://%zz'],
  ['rabbitmq', []],
  ['rabbitmq[1]', [{}, 3]],
  ['rabbitmq.port', { port: 'x' }],
  ['rabbitmq.port', { port: 0 }],
  ['rabbitmq.heartbeat', 'amqp://h?heartbeat=x'],
  ['rabbitmq.auth_mechanism', { auth_mechanism: 'CRAM' }],
  ['rabbitmq.ssl', { ssl: { cert_chain_file: '/c' } }],
  ['rabbitmq.ssl.verify_peer', { ssl: { verify_peer: 'no' } }],
])('tells a mistake at %s', async (path, rabbitmq) => {
  const { problems } = await loadDocument({ rabbitmq });
  expect(problems?.map((problem) => problem.path)).toEqual([path]);
});

test('a password in an address is not told', async () => {
  const { problems } = await loadDocument({ rabbitmq: 'http://user:secret@h' });
  expect(JSON.stringify(problems)).not.toContain('secret');
});
