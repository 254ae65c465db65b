import { expect, test } from 'vitest';
import type { Settings } from '../../config/index.ts';
import { testSettings } from '../../testing/settings.ts';
import { withoutRestart } from './restart.ts';

const BEFORE = testSettings();
const STORE = { ...BEFORE.store, sync: 'power' as const };

const CASES: [name: string, change: Partial<Settings>][] = [
  ['client.name', { client: { ...BEFORE.client, name: 'other' } }],
  ['api.bind', { api: { ...BEFORE.api, bind: '::' } }],
  ['api.port', { api: { ...BEFORE.api, port: 1 } }],
  ['sensu.spawn.limit', { spawn: { ...BEFORE.spawn, limit: 1 } }],
  ['tocsin.default_timeout', { spawn: { ...BEFORE.spawn, defaultTimeoutMs: 1 } }],
  ['tocsin.output_limit', { spawn: { ...BEFORE.spawn, outputLimitBytes: 1 } }],
  ['tocsin.store', { store: STORE }],
  ['tocsin.agent', { agent: { ...BEFORE.agent, servers: ['ws://a:1'] } }],
];
const TLS = { certificate: 'a', key: 'b', authority: undefined, clientCertificates: 'off' } as const;

test.each(CASES)('%s stays as it was and is named', (name, change) => {
  const { settings, needRestart } = withoutRestart(BEFORE, { ...BEFORE, ...change });
  expect(needRestart).toEqual([name]);
  expect(settings).toEqual(BEFORE);
});

test('credentials count at once, but commands have inherited the old ones', () => {
  const api = { ...BEFORE.api, user: 'u', password: 'p' };
  const { settings, needRestart } = withoutRestart(BEFORE, { ...BEFORE, api });
  expect(settings.api).toEqual(api);
  expect(needRestart).toEqual(['SENSU_API_URL of commands']);
});

test('whether TLS is spoken, and who needs a certificate, stays; its files and the token of an agent are taken up', () => {
  const on = { ...BEFORE, tls: TLS };
  expect(withoutRestart(BEFORE, on).needRestart).toContain('tocsin.tls');
  expect(withoutRestart(BEFORE, on).settings.tls).toBeUndefined();
  expect(withoutRestart(on, BEFORE).settings.tls).toEqual(TLS);
  const demanding = withoutRestart(on, { ...on, tls: { ...TLS, key: 'c', clientCertificates: 'everyone' } });
  expect(demanding.needRestart).toEqual(['tocsin.tls.client_certificates']);
  expect(demanding.settings.tls).toEqual({ ...TLS, key: 'c' });
  const agent = { ...BEFORE.agent, token: 'next' };
  expect(withoutRestart(BEFORE, { ...BEFORE, agent })).toMatchObject({
    needRestart: [],
    settings: { agent },
  });
});

test('everything else is taken up', () => {
  const wanted = testSettings({
    checks: [{ name: 'disk', command: 'x' }],
    client: { ...BEFORE.client, address: 'new', subscriptions: ['db', 'client:i-42'] },
    api: { ...BEFORE.api, cors: { Origin: 'https://a' } },
    retention: { resultsMs: 5 },
    document: { a: 1 },
    files: ['a.json'],
  });
  expect(withoutRestart(BEFORE, wanted)).toEqual({ settings: wanted, needRestart: [] });
});

test('a client of another name goes on listening to the subscription of its own', () => {
  const client = { ...BEFORE.client, name: 'other', subscriptions: ['web', 'client:other'] };
  const { settings } = withoutRestart(BEFORE, { ...BEFORE, client });
  expect(settings.client).toMatchObject({ name: 'i-42', subscriptions: ['web', 'client:i-42'] });
});
