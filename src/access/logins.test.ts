import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type AccessWorld, CHEAP_SCRYPT, startAccess } from '../testing/access.ts';
import type { Recognised } from './index.ts';
import { Logins } from './logins.ts';
import { Passwords } from './passwords.ts';

let world: AccessWorld;
beforeEach(async () => {
  world = await startAccess();
});
afterEach(() => world.stop());

const PASSWORD = 'correct horse battery';
const basic = (name: string, password: string) =>
  `Basic ${Buffer.from(`${name}:${password}`).toString('base64')}`;
const ask = (authorization: string | undefined, address = '10.0.0.9') =>
  world.access.logins.recognise(authorization, address);
const roleIn = (found: Recognised) => (typeof found === 'string' ? found : found.role);

describe('without any credential', () => {
  it('everybody may do everything, whatever they send', async () => {
    for (const authorization of [undefined, 'Bearer x', basic('a', 'b')]) {
      expect(await ask(authorization)).toMatchObject({ who: null, how: 'none', role: 'admin' });
    }
    expect(world.access.logins.isOn()).toBe(false);
  });
});

describe('the user of the configuration', () => {
  beforeEach(() => world.configure({ user: 'foo', password: 'a:b::c' }));

  it.each([
    [basic('foo', 'a:b::c'), 'admin'],
    [basic('foo', 'a'), 'wrong'],
    [basic('foo', ''), 'wrong'],
    [basic('fo', 'o:a:b::c'), 'wrong'],
    [basic('', ''), 'wrong'],
    [basic('foo', 'a:b::c').replace('Basic', 'basic'), 'wrong'],
    ['Bearer a:b::c', 'wrong'],
    ['Basic', 'wrong'],
    ['Basic ***', 'wrong'],
    ['', 'wrong'],
    [undefined, 'nothing'],
  ])('%s: %s', async (authorization, role) => {
    expect(roleIn(await ask(authorization))).toBe(role);
  });

  it('counts as it is now: another password ends what was remembered', async () => {
    expect(roleIn(await ask(basic('foo', 'a:b::c')))).toBe('admin');
    world.configure({ password: 'other' });
    expect(roleIn(await ask(basic('foo', 'a:b::c')))).toBe('wrong');
    expect(roleIn(await ask(basic('foo', 'other')))).toBe('admin');
  });

  it('goes before a user of the same name', async () => {
    world.configure({ user: undefined });
    await world.access.users.add('foo', 'admin', PASSWORD, null);
    expect(roleIn(await ask(basic('foo', PASSWORD)))).toBe('admin');
    world.configure({ user: 'foo' });
    expect(roleIn(await ask(basic('foo', PASSWORD)))).toBe('wrong');
  });
});

describe('users', () => {
  beforeEach(async () => {
    await world.access.users.add('root', 'admin', PASSWORD, null);
    await world.access.users.add('ann', 'operate', `${PASSWORD} of ann`, 'root');
  });

  it('have their role, and the next request is answered at once', async () => {
    const login = basic('ann', `${PASSWORD} of ann`);
    const first = ask(login);
    expect(first).toBeInstanceOf(Promise);
    expect(await first).toMatchObject({ who: 'ann', how: 'password', role: 'operate' });
    expect(ask(login)).toMatchObject({ who: 'ann' });
    expect(ask(login, '10.0.0.10')).toBeInstanceOf(Promise);
  });

  it('are not recognised by what others have, or by what is stored', async () => {
    expect(await ask(basic('ann', PASSWORD))).toBe('wrong');
    expect(await ask(basic('nobody', PASSWORD))).toBe('wrong');
    const kept = world.access.keyring.users.get('ann')?.password ?? '';
    expect(await ask(basic('ann', kept))).toBe('wrong');
  });

  it('are one login for many requests at once', async () => {
    const login = basic('ann', `${PASSWORD} of ann`);
    const found = await Promise.all(Array.from({ length: 200 }, () => ask(login)));
    expect(found.every((one) => roleIn(one) === 'operate')).toBe(true);
  });

  it('lose what was remembered with their password, their role, or themselves', async () => {
    const login = basic('ann', `${PASSWORD} of ann`);
    const found = await ask(login);
    await world.access.users.change('ann', { role: 'read' });
    expect(typeof found === 'object' && found.counts()).toBe(false);
    expect(roleIn(await ask(login))).toBe('read');
    await world.access.users.change('ann', { password: 'a new password' });
    expect(await ask(login)).toBe('wrong');
    expect(roleIn(await ask(basic('ann', 'a new password')))).toBe('read');
    await world.access.users.remove('ann');
    expect(await ask(basic('ann', 'a new password'))).toBe('wrong');
  });

  it('are remembered for five minutes', async () => {
    const login = basic('ann', `${PASSWORD} of ann`);
    await ask(login);
    await world.clock.advance(299_000);
    expect(ask(login)).not.toBeInstanceOf(Promise);
    await world.clock.advance(1_000);
    expect(ask(login)).toBeInstanceOf(Promise);
  });
});

describe('tokens', () => {
  beforeEach(async () => {
    await world.access.users.add('root', 'admin', PASSWORD, null);
  });

  it('are recognised at once, as Bearer and as a password', async () => {
    const { secret, token } = await world.access.tokens.addApi({ name: 'ci', role: 'operate' }, 'root');
    const wanted = { who: 'token:ci', how: 'token', role: 'operate' };
    expect(ask(`Bearer ${secret}`)).toMatchObject(wanted);
    expect(ask(basic('whoever', secret))).toMatchObject(wanted);
    await world.access.tokens.close();
    expect(world.access.keyring.tokens.get(token.id)?.lastUsedAtMs).toBe(world.clock.now());
  });

  it('count until they expire or are revoked, and agents’ tokens never do here', async () => {
    const { secret } = await world.access.tokens.addApi({ name: 'a', role: 'read', lastsMs: 1000 }, 'root');
    const other = await world.access.tokens.addApi({ name: 'b', role: 'read' }, 'root');
    const agent = await world.access.tokens.addAgent({ name: 'c' }, 'root');
    const found = ask(`Bearer ${other.secret}`) as Recognised;
    expect(roleIn(ask(`Bearer ${secret}`) as Recognised)).toBe('read');
    await world.clock.advance(1000);
    expect(await ask(`Bearer ${secret}`)).toBe('wrong');
    await world.access.tokens.revoke(other.token.id, 'root');
    expect(await ask(`Bearer ${other.secret}`)).toBe('wrong');
    expect(typeof found === 'object' && found.counts()).toBe(false);
    expect(await ask(`Bearer ${agent.secret}`)).toBe('wrong');
    expect(await ask(`Bearer ${other.secret.slice(0, -1)}x`)).toBe('wrong');
  });
});

it('a wrong password is as much work for the user of the configuration as for anybody', async () => {
  world.configure({ user: 'foo', password: 'bar' });
  await world.access.users.add('ann', 'admin', PASSWORD, null);
  let work = 0;
  class Counting extends Passwords {
    override isRight(password: string, kept: string | undefined): Promise<boolean> {
      work += 1;
      return super.isRight(password, kept);
    }
  }
  const { keyring, audit } = world.access;
  const { clock, counters } = world;
  const passwords = new Counting(CHEAP_SCRYPT);
  const logins = new Logins({ keyring, audit, clock, counters, passwords, used() {} });
  const workOf = async (name: string): Promise<number> => {
    const before = work;
    expect(await logins.recognise(basic(name, 'wrong'), '10.0.0.9')).toBe('wrong');
    // What nobody's password is compared with is compared in turn.
    return Math.min(work - before, 1);
  };
  expect([await workOf('foo'), await workOf('ann'), await workOf('nobody')]).toEqual([1, 1, 1]);
});

describe('whoever fails', () => {
  beforeEach(() => world.configure({ user: 'foo', password: 'bar' }));

  it('waits longer and longer, and is sent away when too many come at once', async () => {
    for (let time = 0; time < 10; time++) expect(await ask(basic('foo', `no ${time}`))).toBe('wrong');
    const answers: Recognised[] = [];
    const asked = Array.from({ length: 50 }, async (_, time) => {
      const login = basic('foo', `guess ${time}`);
      answers.push(await world.access.logins.recognise(login, '10.0.0.9'));
    });
    await world.clock.advance(0);
    expect(answers.length).toBeGreaterThan(30);
    expect(answers.every((answer) => answer === 'busy')).toBe(true);
    const right = ask(basic('foo', 'bar'));
    await world.clock.advance(20_000);
    await Promise.all(asked);
    expect(answers).toContain('wrong');
    expect(await right).toBe('busy');
    expect(world.counters.read('logins_refused')).toBe(61);
  });

  it('does not hinder who is elsewhere, who was right a moment ago, or who has a token', async () => {
    expect(roleIn(await ask(basic('foo', 'bar')))).toBe('admin');
    const { secret } = await world.access.tokens.addApi({ name: 'ci', role: 'read' }, null);
    const failing = Array.from({ length: 50 }, (_, time) => ask(basic('foo', `guess ${time}`)));
    expect(ask(basic('foo', 'bar'))).toMatchObject({ role: 'admin' });
    expect(ask(`Bearer ${secret}`)).toMatchObject({ role: 'read' });
    expect(roleIn(await ask(basic('foo', 'bar'), '10.0.0.10'))).toBe('admin');
    await world.clock.advance(60_000);
    await Promise.all(failing);
  });

  it('is recorded once, without what was tried', async () => {
    for (let time = 0; time < 5; time++) await ask(basic('my-secret-as-name', `my-secret ${time}`));
    await world.access.audit.close();
    const entries = await world.access.audit.read({ limit: 100 });
    expect(entries.map(({ entry }) => entry)).toEqual([
      expect.objectContaining({ who: null, address: '10.0.0.9', what: 'login refused', target: '' }),
    ]);
    expect(JSON.stringify([entries, world.log.lines])).not.toContain('my-secret');
  });
});
