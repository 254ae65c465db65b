import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ClientState } from '../state/documents.ts';
import { writing } from '../state/registry.ts';
import { type AccessWorld, startAccess } from '../testing/access.ts';
import type { Admitted } from '../transport/gatekeeper.ts';
import type { AgentTokenWish } from './index.ts';

let world: AccessWorld;
beforeEach(async () => {
  world = await startAccess();
});
afterEach(() => world.stop());

async function admit(
  client: string,
  token?: string,
  certificateNames?: readonly string[],
): Promise<Admitted | string> {
  const claim = { client, token, certificateNames, address: '10.0.0.7' };
  const answer = await world.access.gatekeeper.admit(claim);
  return 'refused' in answer ? answer.refused : answer;
}

async function admitted(client: string, token?: string): Promise<Admitted> {
  const answer = await admit(client, token);
  if (typeof answer === 'string') throw new Error(answer);
  return answer;
}

const newToken = async (wish: Partial<AgentTokenWish> = {}) =>
  world.access.tokens.addAgent({ name: 'test', ...wish }, 'root');

const entries = async () => {
  await world.access.audit.close();
  return (await world.access.audit.read({ limit: 100 })).map(({ entry }) => entry);
};

describe('without any credential', () => {
  it('agents are let in and may speak for all, until there is one', async () => {
    const agent = await admitted('web-1');
    expect(agent.speaksFor('anything')).toBe(true);
    await newToken();
    expect(agent.revoked.aborted).toBe(true);
    expect(await admit('web-1')).toContain('tocsin join');
  });

  it('a token that is not known is refused all the same', async () => {
    expect(await admit('web-1', 'tocsin_agent_000000000000_x')).toContain('not known');
  });
});

describe('the name under which a server reports about itself', () => {
  it('is no agent’s, whatever its right is', async () => {
    const client = { name: 'tocsin-srv', address: '', subscriptions: [], timestamp: 1 };
    const state = { client, signature: '', seenAttendedMs: 0, seenAtMs: 0, self: true };
    await world.store.commit([{ writes: [writing('client', 'tocsin-srv', state as ClientState)] }]);
    expect(await admit('tocsin-srv')).toContain('A server reports about itself');
    const anybody = await admitted('web-1');
    expect(['tocsin-srv', 'web-2'].map((name) => anybody.speaksFor(name))).toEqual([false, true]);
    const { secret } = await newToken({ sources: ['*'] });
    expect(await admit('tocsin-srv', secret)).toContain('A server reports about itself');
    expect(await admit('tocsin-srv', undefined, ['tocsin-srv'])).toContain('A server reports about itself');
    expect((await admitted('web-1', secret)).speaksFor('tocsin-srv')).toBe(false);
  });
});

it('somebody who never says who it is is recorded once an hour for each cause', async () => {
  for (let time = 0; time < 3; time++) world.access.gatekeeper.strange('10.0.0.7', 'no hello\nat all');
  expect(await entries()).toMatchObject([
    { who: null, address: '10.0.0.7', what: 'agent refused', result: 'no hello at all' },
  ]);
});

describe('a token', () => {
  it('becomes that of the first name that uses it, which speaks for itself alone', async () => {
    const { secret, token } = await newToken();
    const agent = await admitted('web-1', secret);
    expect(['web-1', 'web-2', 'WEB-1', '', '*'].map((name) => agent.speaksFor(name))).toEqual([
      true,
      ...[false, false, false, false],
    ]);
    expect((await admitted('web-1', secret)).client).toBe('web-1');
    expect(await admit('web-2', secret)).toContain('used by client web-1');
    expect(await entries()).toMatchObject([
      { what: 'agent refused', target: 'client=web-2', address: '10.0.0.7' },
      { what: 'agent enrolled', who: 'agent:web-1', target: `token=${token.id} name=test` },
    ]);
  });

  it('is used by as many clients as it is for, whoever comes at the same time', async () => {
    const { secret } = await newToken({ uses: 3 });
    const names = Array.from({ length: 12 }, (_, index) => `web-${index}`);
    const answers = await Promise.all(names.map((name) => admit(name, secret)));
    const inside = names.filter((_, index) => typeof answers[index] !== 'string');
    expect(inside).toHaveLength(3);
    for (const name of names) {
      expect([name, typeof (await admit(name, secret)) !== 'string']).toEqual([name, inside.includes(name)]);
    }
  });

  it('may be for names that fit patterns, and to report for others', async () => {
    const { secret } = await newToken({ clients: ['web-*', 'db-1'], sources: ['switch-*'], uses: null });
    expect(await admit('mail-1', secret)).toContain('web-*, db-1');
    expect((await admitted('db-1', secret)).speaksFor('switch-7')).toBe(true);
    expect((await admitted('web-99', secret)).speaksFor('router')).toBe(false);
    expect(world.access.keyring.tokens.get(secret.split('_')[2] ?? '')).toMatchObject({ usedBy: [] });
  });

  it('that expires binds new clients only, or ends the right of all where they are not counted', async () => {
    const counted = await newToken({ uses: 2, lastsMs: 1000 });
    const open = await newToken({ uses: null, clients: ['*'], lastsMs: 1000 });
    const [one, other] = [await admitted('web-1', counted.secret), await admitted('web-1', open.secret)];
    await world.clock.advance(6_000);
    expect([one.revoked.aborted, other.revoked.aborted]).toEqual([false, true]);
    expect((await admitted('web-1', counted.secret)).client).toBe('web-1');
    expect(await admit('web-2', counted.secret)).toContain('expired');
    expect(await admit('web-1', open.secret)).toContain('expired');
  });

  it('that is revoked cuts off who uses it, at once', async () => {
    const { secret, token } = await newToken({ uses: 2 });
    const agents = [await admitted('web-1', secret), await admitted('web-2', secret)];
    const other = await admitted('web-1', (await newToken()).secret);
    let told = 0;
    for (const { revoked } of agents) revoked.addEventListener('abort', () => told++);
    await world.access.tokens.revoke(token.id, 'root');
    expect(told).toBe(2);
    expect(other.revoked.aborted).toBe(false);
    expect(await admit('web-1', secret)).toContain('revoked');
  });

  it('that is revoked in another process cuts them off within seconds', async () => {
    const { secret, token } = await newToken();
    const agent = await admitted('web-1', secret);
    await world.another().tokens.revoke(token.id, 'root');
    expect(agent.revoked.aborted).toBe(false);
    await world.clock.advance(5_000);
    expect(agent.revoked.aborted).toBe(true);
  });

  it('of a program, or one that was guessed, is not known', async () => {
    await world.access.users.add('root', 'admin', 'a long password', null);
    const { secret } = await world.access.tokens.addApi({ name: 'ci', role: 'admin' }, 'root');
    const { secret: real } = await newToken();
    for (const wrong of [secret, real.slice(0, -1), `${real}x`, '', 'x\n', real.replace('agent', 'api')]) {
      expect(await admit('web-1', wrong)).toContain('not known');
    }
    expect(world.counters.read('agents_refused')).toBe(6);
  });
});

describe('a certificate', () => {
  it('stands for a token where it names the client, and cuts nobody off', async () => {
    await newToken();
    const agent = await admit('web-1', undefined, ['web-1', 'web-1.example']);
    expect(typeof agent === 'string' ? agent : agent.speaksFor('web-2')).toBe(false);
    expect(await admit('web-2', undefined, ['web-1'])).toContain('tocsin join');
    expect(await admit('web-1', undefined, [])).toContain('tocsin join');
  });
});

describe('names', () => {
  it.each(['', 'a b', 'a\nb', '*', 'x'.repeat(256), '../a'])('%j is none', async (name) => {
    expect(await admit(name, (await newToken()).secret)).toContain('name of the client');
    expect(JSON.stringify(await entries())).not.toContain('a b');
  });
});

describe('offences', () => {
  it('are counted each, and recorded once for each cause and agent', async () => {
    const agent = await admitted('web-1', (await newToken()).secret);
    for (let time = 0; time < 1000; time++) {
      world.access.gatekeeper.offended(agent, 'it reported for another client');
    }
    world.access.gatekeeper.offended(agent, 'its message was too large');
    expect(world.counters.read('agents_offended')).toBe(1001);
    const told = (await entries()).filter(({ what }) => what === 'agent offended');
    expect(told.map(({ who, how, address, result }) => [who, how, address, result])).toEqual([
      ['agent:web-1', 'token', '10.0.0.7', 'its message was too large'],
      ['agent:web-1', 'token', '10.0.0.7', 'it reported for another client'],
    ]);
  });
});

describe('a store that is away', () => {
  it('has agents come again, and never rejects', async () => {
    const { secret } = await newToken();
    await world.store.close();
    expect(await admit('web-1', secret)).toContain('try again');
  });
});
