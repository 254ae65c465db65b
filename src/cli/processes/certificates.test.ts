import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { certificate, certificatePath } from '../../testing/certificates.ts';
import { withFolder } from '../../testing/config-files.ts';
import { testSettings } from '../../testing/settings.ts';
import type { Objection } from '../configuration.ts';
import { agentTls, portTls } from './certificates.ts';

const BEFORE = testSettings();
const KEY = certificatePath('good').replace('good.pem', 'key.pem');
const GOOD = { certificate: certificatePath('good'), key: KEY, authority: undefined };

test.each([
  ['off', 'off'],
  ['agents', 'offered'],
  ['everyone', 'demanded'],
] as const)('the files of a port are read; certificates of clients %s: %s', (clientCertificates, asked) => {
  const objections: Objection[] = [];
  const tls = portTls({ tls: { ...GOOD, clientCertificates } }, objections);
  const { cert, key } = certificate('good');
  expect(objections).toEqual([]);
  expect(tls).toEqual({ certificate: cert, key, authority: undefined, clientCertificates: asked });
});

test('a port without TLS reads nothing', () => {
  expect(portTls({ tls: undefined }, [])).toBeUndefined();
});

test('what cannot be used is told with its place: all files at once, or that two do not belong together', async () => {
  await withFolder(async (folder) => {
    const text = join(folder, 'text.pem');
    writeFileSync(text, 'hello');
    const told = (tls: Partial<typeof GOOD>): string[] => {
      const objections: Objection[] = [];
      portTls({ tls: { ...GOOD, ...tls, clientCertificates: 'off' } }, objections);
      return objections.map(({ steps, found }) => `${steps.join('.')} ${found}`);
    };
    expect(told({ certificate: text, key: join(folder, 'none.pem') })).toEqual([
      `tocsin.tls.certificate ${text}, which holds something else`,
      expect.stringMatching(/^tocsin\.tls\.key .*none\.pem, which cannot be read: ENOENT/),
    ]);
    expect(told({ certificate: certificatePath('ca') })).toEqual([
      expect.stringMatching(/^tocsin\.tls\.certificate .*key values mismatch/),
    ]);
  });
});

test('an agent shows and believes what is configured, and nothing else', () => {
  const objections: Objection[] = [];
  expect(agentTls(BEFORE, objections)).toEqual({});
  const files = { authority: certificatePath('ca'), certificate: GOOD.certificate, key: KEY };
  const tls = agentTls({ agent: { ...BEFORE.agent, ...files } }, objections);
  expect(tls).toMatchObject({ cert: certificate('good').cert, key: certificate('good').key });
  expect(tls.ca).toContain('BEGIN CERTIFICATE');
  expect(objections).toEqual([]);
  agentTls({ agent: { ...BEFORE.agent, authority: '/nowhere' } }, objections);
  expect(objections).toMatchObject([{ steps: ['tocsin', 'agent', 'authority'] }]);
});
