import { readdir, readFile } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TocsinError } from '../runtime/errors.ts';
import { type AccessWorld, CHEAP_SCRYPT, startAccess } from '../testing/access.ts';
import { accessOf } from './index.ts';
import { Passwords } from './passwords.ts';

let world: AccessWorld;
beforeEach(async () => {
  world = await startAccess();
});
afterEach(() => world.stop());

const PASSWORD = 'correct horse battery';
const settings = { bind: '127.0.0.1', port: 0, user: undefined, password: undefined, cors: {} };

async function codeOf(work: Promise<unknown>): Promise<string> {
  const error: unknown = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  return error instanceof TocsinError ? error.code : String(error);
}

describe('passwords', () => {
  it('are kept with a salt of their own, and only the right one is right', async () => {
    const passwords = new Passwords(CHEAP_SCRYPT);
    const [one, other] = await Promise.all([passwords.hash(PASSWORD), passwords.hash(PASSWORD)]);
    expect(one).not.toBe(other);
    expect(one).toMatch(/^scrypt:4:1:1:[\w-]{22}:[\w-]{43}$/);
    expect(await passwords.isRight(PASSWORD, one)).toBe(true);
    expect(await passwords.isRight(`${PASSWORD} `, one)).toBe(false);
    expect(await passwords.isRight(PASSWORD, undefined)).toBe(false);
    expect(await passwords.isRight(PASSWORD, 'nonsense')).toBe(false);
    expect(await passwords.isRight('e\u0301'.repeat(12), await passwords.hash('\u00e9'.repeat(12)))).toBe(
      true,
    );
  });

  it('are right with the cost that they were kept with', async () => {
    const kept = await new Passwords({ log2N: 5, r: 2, p: 2 }).hash(PASSWORD);
    expect(await new Passwords(CHEAP_SCRYPT).isRight(PASSWORD, kept)).toBe(true);
  });

  it('are worked out a few at a time, and say when too many wait', async () => {
    const passwords = new Passwords(CHEAP_SCRYPT);
    const hashes = Array.from({ length: 40 }, () => passwords.hash(PASSWORD));
    expect(passwords.isBusy).toBe(true);
    expect(new Set(await Promise.all(hashes)).size).toBe(40);
    expect(passwords.isBusy).toBe(false);
  });
});

describe('access control', () => {
  it('begins with the first user, token or configured user, and agents are asked from their first token on', async () => {
    const { store, access } = world;
    expect(accessOf(store, settings)).toEqual({ api: false, agents: false });
    expect(accessOf(store, { ...settings, user: 'foo' })).toEqual({ api: false, agents: false });
    expect(accessOf(store, { ...settings, user: 'foo', password: '' })).toEqual({ api: true, agents: true });
    const { token } = await access.tokens.addAgent({ name: 'web-1' }, null);
    expect(accessOf(store, settings)).toEqual({ api: false, agents: true });
    await access.tokens.revoke(token.id, null);
    expect(accessOf(store, settings)).toEqual({ api: false, agents: true });
    await access.users.add('root', 'admin', PASSWORD, null);
    expect(accessOf(store, settings)).toEqual({ api: true, agents: true });
  });

  it('does not end with the last token', async () => {
    const { store, access, clock } = world;
    world.configure({ user: 'foo', password: 'bar' });
    const { token } = await access.tokens.addApi({ name: 'a', role: 'read', lastsMs: 1 }, 'foo');
    await clock.advance(10);
    await access.tokens.revoke(token.id, 'foo');
    expect(accessOf(store, settings).api).toBe(true);
  });

  it('never begins, nor goes on, without somebody who administrates for good', async () => {
    const { users, tokens } = world.access;
    expect(await codeOf(users.add('ann', 'operate', PASSWORD, null))).toBe('ACCESS_LOCKOUT');
    expect(await codeOf(tokens.addApi({ name: 'ci', role: 'read' }, null))).toBe('ACCESS_LOCKOUT');
    expect(await codeOf(tokens.addApi({ name: 'ci', role: 'admin', lastsMs: 1000 }, null))).toBe(
      'ACCESS_LOCKOUT',
    );
    await users.add('root', 'admin', PASSWORD, null);
    expect(await codeOf(users.remove('root'))).toBe('ACCESS_LOCKOUT');
    expect(await codeOf(users.change('root', { role: 'operate' }))).toBe('ACCESS_LOCKOUT');
    const { token } = await tokens.addApi({ name: 'ci', role: 'admin' }, 'root');
    await users.remove('root');
    expect(await codeOf(tokens.revoke(token.id, 'root'))).toBe('ACCESS_LOCKOUT');
    world.configure({ user: 'foo', password: 'bar' });
    expect(await codeOf(tokens.revoke(token.id, 'foo'))).toBe('undefined');
  });

  it('survives a restart, and another process sees what this one does', async () => {
    const { access } = world;
    const other = world.another();
    await access.users.add('root', 'admin', PASSWORD, null);
    const { secret, token } = await access.tokens.addApi({ name: 'ci', role: 'read' }, 'root');
    expect(other.logins.recognise(`Bearer ${secret}`, '::1')).toMatchObject({ who: 'token:ci' });
    await access.tokens.revoke(token.id, 'root');
    expect(await other.logins.recognise(`Bearer ${secret}`, '::1')).toBe('wrong');
  });
});

describe('users and tokens', () => {
  it.each([
    ['', PASSWORD, 'MESSAGE_INVALID'],
    ['a b', PASSWORD, 'MESSAGE_INVALID'],
    ['a\n', PASSWORD, 'MESSAGE_INVALID'],
    ['token:ci', PASSWORD, 'MESSAGE_INVALID'],
    ['ann', 'short', 'MESSAGE_INVALID'],
    ['ann', 'x'.repeat(1001), 'MESSAGE_INVALID'],
    ['root', PASSWORD, 'ACCESS_TAKEN'],
    ['foo', PASSWORD, 'ACCESS_TAKEN'],
  ])('a user %j with %.20j is refused: %s', async (name, password, code) => {
    await world.access.users.add('root', 'admin', PASSWORD, null);
    world.configure({ user: 'foo', password: 'bar' });
    expect(await codeOf(world.access.users.add(name, 'read', password, null))).toBe(code);
  });

  it('of two that take one name at once, one is refused', async () => {
    const { users } = world.access;
    const both = [users.add('ann', 'admin', PASSWORD, null), users.add('ann', 'admin', PASSWORD, null)];
    expect((await Promise.all(both.map(codeOf))).sort()).toEqual(['ACCESS_TAKEN', 'undefined']);
  });

  it('that are not there are not found', async () => {
    expect(await codeOf(world.access.users.remove('nobody'))).toBe('NOT_FOUND');
    expect(await codeOf(world.access.users.change('nobody', { role: 'read' }))).toBe('NOT_FOUND');
    expect(await codeOf(world.access.tokens.revoke('000000000000', null))).toBe('NOT_FOUND');
    expect(await codeOf(world.access.tokens.addAgent({ name: 'a', uses: null }, null))).toBe(
      'MESSAGE_INVALID',
    );
  });

  it('leave no secret in anything that is stored or logged', async () => {
    const { access, store, log } = world;
    await access.users.add('root', 'admin', PASSWORD, null);
    const api = await access.tokens.addApi({ name: 'ci', role: 'read' }, 'root');
    const agent = await access.tokens.addAgent({ name: 'web-1' }, 'root');
    await access.logins.recognise(`Bearer ${api.secret}`, '::1');
    const claim = { client: 'web-1', token: agent.secret, certificateNames: undefined, address: '::1' };
    await access.gatekeeper.admit(claim);
    await access.close();
    const kept = JSON.stringify([
      ...(store.view('user')?.values() ?? []),
      ...(store.view('token')?.values() ?? []),
      ...(await store.readLog('audit/-/-')),
      ...log.lines,
    ]);
    for (const secret of [PASSWORD, api.secret, agent.secret]) {
      expect(kept).not.toContain(secret);
      expect(kept).not.toContain(secret.slice(-PASSWORD.length));
    }
  });
});

describe('where secrets are compared', () => {
  it('no comparison ends at the first difference', async () => {
    const folder = new URL('./', import.meta.url);
    for (const file of (await readdir(folder)).filter((name) => /^(?!.*\.test).*\.ts$/.test(name))) {
      const text = await readFile(new URL(file, folder), 'utf8');
      // Passwords of the configuration are compared with themselves, to see whether they have changed.
      const compared = text.match(/(secret|digest|hash|password)\w* ?===? ?\w+/gi) ?? [];
      const harmless = ['password === undefined', 'secret === undefined', 'password === source'];
      expect(compared.filter((one) => !harmless.includes(one))).toEqual([]);
    }
  });
});
