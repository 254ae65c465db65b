import { chmodSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { withFolder } from '../../testing/config-files.ts';
import { RANDOM_INPUTS } from '../../testing/random.ts';
import { type Invitation, joinCode, readJoinCode } from './code.ts';
import { serverAddress } from './join.ts';
import { takeInvitation } from './kept.ts';

const INVITATION: Invitation = {
  servers: ['wss://monitoring:4567', 'wss://[2001:db8::1]:4567'],
  token: 'tocsin_agent_0123456789ab_secret',
  fingerprint: Array(32).fill('AB').join(':'),
  client: 'web-1',
};

test('a code is one word for a shell, and holds what was put into it', () => {
  const code = joinCode(INVITATION);
  expect(code).toMatch(/^[\w-]+$/);
  expect(readJoinCode(` ${code}\n`)).toEqual(INVITATION);
});

test.each([
  ['nothing', ''],
  ['no code', 'hello'],
  ['half of one', joinCode(INVITATION).slice(0, 90)],
  ['another document', Buffer.from('{"token":"a"}').toString('base64url')],
  ['no server', joinCode({ ...INVITATION, servers: [] })],
  ['an address with a path', joinCode({ ...INVITATION, servers: ['wss://a:1/x'] })],
  ['an address that is none', joinCode({ ...INVITATION, servers: ['http://a:1'] })],
  ['a name that is none', joinCode({ ...INVITATION, client: '../a' })],
  ['a token over two lines', joinCode({ ...INVITATION, token: 'a\nb' })],
  ['far too much', joinCode({ ...INVITATION, token: 'a'.repeat(100_000) })],
])('%s is refused in a sentence, without the text that was given', (_what, code) => {
  expect(() => readJoinCode(code)).toThrow(
    expect.objectContaining({ code: 'USAGE', message: expect.stringMatching(/^TOCSIN_JOIN holds no code/) }),
  );
});

test('any text is refused or read, and never anything else', () => {
  fc.assert(
    fc.property(fc.string(), fc.constantFrom('utf8', 'base64url'), (text, encoding) => {
      try {
        readJoinCode(encoding === 'utf8' ? text : Buffer.from(text).toString('base64url'));
      } catch (error) {
        expect(error).toMatchObject({ code: 'USAGE' });
      }
    }),
    { numRuns: RANDOM_INPUTS },
  );
});

test('an invitation is taken out of the environment, kept for its user alone, and found again', async () => {
  await withFolder(async (folder) => {
    const data = join(folder, 'data');
    expect(takeInvitation(data, {})).toBeUndefined();
    expect(readdirSync(folder)).toEqual([]);
    const environment: NodeJS.ProcessEnv = { TOCSIN_JOIN: joinCode(INVITATION), PATH: '/bin' };
    expect(takeInvitation(data, environment)).toEqual(INVITATION);
    expect(environment).toEqual({ PATH: '/bin' });
    expect(readdirSync(data)).toEqual(['join.json']);
    expect(statSync(join(data, 'join.json')).mode & 0o777).toBe(0o600);
    expect(statSync(data).mode & 0o777).toBe(0o700);
    expect(takeInvitation(data, {})).toEqual(INVITATION);
  });
});

test('another invitation replaces the one before; a code that is none leaves it', async () => {
  await withFolder(async (folder) => {
    takeInvitation(folder, { TOCSIN_JOIN: joinCode(INVITATION) });
    const next = { servers: ['ws://other:1'], token: 'next' };
    expect(() => takeInvitation(folder, { TOCSIN_JOIN: 'nonsense' })).toThrow('holds no code');
    expect(takeInvitation(folder, {})).toEqual(INVITATION);
    expect(takeInvitation(folder, { TOCSIN_JOIN: joinCode(next) })).toEqual(next);
    expect(takeInvitation(folder, {})).toEqual(next);
  });
});

test('what is kept and cannot be used is told with what to do', async () => {
  await withFolder(async (folder) => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        writeFileSync(join(folder, 'join.json'), text);
        expect(() => takeInvitation(folder, {})).toThrow(
          expect.objectContaining({
            code: 'CONFIG_INVALID',
            message: expect.stringContaining('Run "tocsin join" on the server again'),
          }),
        );
      }),
      { numRuns: RANDOM_INPUTS },
    );
    const file = join(folder, 'file');
    writeFileSync(file, '');
    chmodSync(file, 0o600);
    expect(() => takeInvitation(file, { TOCSIN_JOIN: joinCode(INVITATION) })).toThrow(
      expect.objectContaining({ code: 'CONFIG_INVALID', message: expect.stringContaining('--data') }),
    );
  });
});

test.each([
  ['monitoring:4567', 'http:', 'ws://monitoring:4567'],
  ['monitoring:4567', 'https:', 'wss://monitoring:4567'],
  ['ws://monitoring:80', 'https:', 'ws://monitoring:80'],
  ['[::1]:4567', 'https:', 'wss://[::1]:4567'],
])('the address %s of a server asked by %s is %s', (given, protocol, address) => {
  expect(serverAddress(given, protocol)).toBe(address);
});

test.each([
  'monitoring',
  'http://monitoring:1',
  'a b:1',
  'monitoring:1/agent',
  'u@monitoring:1',
  'monitoring:99999',
])('the address %s is refused', (given) => {
  expect(() => serverAddress(given, 'http:')).toThrow(expect.objectContaining({ code: 'USAGE' }));
});
