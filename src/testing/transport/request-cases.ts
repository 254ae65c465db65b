import { expect } from 'vitest';
import type { Random } from '../../runtime/random.ts';
import type { RequestTaker } from '../../transport/port.ts';
import { seededRandom } from '../random.ts';
import { until } from '../until.ts';
import { type ContractCase, gate, request, type TransportCase } from './harness.ts';

/** Subscribes agents `a`, `b` … that note who was handed which check; `take` says what they do with it. */
async function subscribeMany(
  at: TransportCase,
  count: number,
  subscription: string,
  take: (client: string, name: string) => Promise<void> = async () => {},
): Promise<{ handed: { client: string; name: string }[]; of: (client: string, name: string) => number }> {
  const handed: { client: string; name: string }[] = [];
  for (const client of ['a', 'b', 'c', 'd', 'e'].slice(0, count)) {
    await at.agent.subscribe({ client, subscriptions: [subscription] }, (taken) => {
      const { name } = taken as { name: string };
      handed.push({ client, name });
      return take(client, name);
    });
  }
  const of = (client: string, name: string): number =>
    handed.filter((one) => one.client === client && one.name === name).length;
  return { handed, of };
}

const oneOfManyOrEach: ContractCase = {
  must: 1,
  title: 'roundrobin: and direct: requests go to one subscriber, all others to each, once',
  async run(at) {
    for (const subscription of [
      'web',
      'client:i-42',
      'constructor',
      'roundrobins',
      'roundrobin:web',
      'direct:x',
    ]) {
      const { handed } = await subscribeMany(at, 3, subscription);
      const one = subscription.startsWith('roundrobin:') || subscription.startsWith('direct:');
      await at.server.publishRequest(subscription, request('disk'));
      await until(() => handed.length >= (one ? 1 : 3), `${subscription} was handed out`);
      await at.travel();
      expect(handed.length, subscription).toBe(one ? 1 : 3);
      expect(new Set(handed.map((each) => each.client)).size, subscription).toBe(one ? 1 : 3);
    }
  },
};

const subscribedTwice: ContractCase = {
  must: 1,
  title: 'an agent that names a subscription twice gets its requests once',
  async run(at) {
    let handed = 0;
    await at.agent.subscribe({ client: 'a', subscriptions: ['web', 'web'] }, async () => {
      handed += 1;
    });
    await at.server.publishRequest('web', request('disk'));
    await until(() => handed > 0, 'the request was handed out');
    await at.travel();
    expect(handed).toBe(1);
  },
};

const ownDocument: ContractCase = {
  must: 2,
  title: 'each agent gets a document of its own, equal to the one published',
  async run(at) {
    const published = request('disk', { nested: { values: [1, 'é', null] }, ['__proto__']: { odd: true } });
    const before = JSON.stringify(published);
    const taken: unknown[] = [];
    const take: RequestTaker = async (document) => {
      taken.push(structuredClone(document));
      (document as { nested: { values: unknown } }).nested.values = 'changed';
    };
    await at.agent.subscribe({ client: 'a', subscriptions: ['web'] }, take);
    await at.agent.subscribe({ client: 'b', subscriptions: ['web'] }, take);
    await at.server.publishRequest('web', published);
    await until(() => taken.length === 2, 'both agents took it');
    expect(JSON.stringify(published)).toBe(before);
    expect(taken).toEqual([JSON.parse(before), JSON.parse(before)]);
  },
};

const counted: ContractCase = {
  must: 3,
  title: 'publishing a request resolves with how many agents it was handed to',
  async run(at) {
    const web = await subscribeMany(at, 3, 'web');
    const poll = await subscribeMany(at, 3, 'roundrobin:poll');
    const counts = [
      await at.server.publishRequest('web', request('disk')),
      await at.server.publishRequest('roundrobin:poll', request('disk')),
      await at.server.publishRequest('nobody', request('disk')),
      await at.server.publishRequest('roundrobin:nobody', request('disk')),
    ];
    for (const [index, count] of [3, 1, 0, 0].entries()) expect([count, null]).toContain(counts[index]);
    await until(() => web.handed.length === 3 && poll.handed.length === 1, 'all were handed out');
  },
};

const turns: ContractCase = {
  must: 4,
  title: 'agents that are idle get each check in turns, also when two checks alternate',
  async run(at) {
    const { handed, of } = await subscribeMany(at, 3, 'roundrobin:poll');
    for (let round = 0; round < 20; round++) {
      for (const name of ['disk', 'load', 'swap']) {
        await at.server.publishRequest('roundrobin:poll', request(name));
        await until(() => handed.length > 0 && handed.at(-1)?.name === name, `${name} was handed out`);
        await at.travel();
      }
      for (const name of ['disk', 'load', 'swap']) {
        const shares = ['a', 'b', 'c'].map((client) => of(client, name));
        expect(Math.max(...shares) - Math.min(...shares)).toBeLessThanOrEqual(1);
      }
    }
  },
};

const busyIsPassedOver: ContractCase = {
  must: 5,
  title: 'an agent that still runs the check is passed over while another is idle',
  async run(at) {
    const busy = gate();
    const { handed, of } = await subscribeMany(at, 3, 'roundrobin:poll', (client, name) =>
      client === 'a' && name === 'slow' ? busy.promise : Promise.resolve(),
    );
    for (let sent = 1; sent <= 9; sent++) {
      await at.server.publishRequest('roundrobin:poll', request('slow'));
      await until(() => handed.length === sent, `request ${sent} was handed out`);
      await at.travel();
    }
    expect(of('a', 'slow')).toBe(1);
    expect([of('b', 'slow'), of('c', 'slow')]).toEqual([4, 4]);
    busy.open();
    await at.travel();
    for (let sent = 10; sent <= 12; sent++) {
      await at.server.publishRequest('roundrobin:poll', request('slow'));
      await until(() => handed.length === sent, `request ${sent} was handed out`);
      await at.travel();
    }
    expect(['a', 'b', 'c'].map((client) => of(client, 'slow'))).toEqual([2, 5, 5]);
  },
};

const othersWhileBusy: ContractCase = {
  must: 5,
  title: 'an agent that runs a check still gets its share of others',
  async run(at) {
    const busy = gate();
    const { handed, of } = await subscribeMany(at, 3, 'roundrobin:poll', (_, name) =>
      name === 'slow' ? busy.promise : Promise.resolve(),
    );
    await at.server.publishRequest('roundrobin:poll', request('slow'));
    await until(() => handed.length === 1, 'one runs the slow check');
    for (let sent = 1; sent <= 3; sent++) {
      await at.server.publishRequest('roundrobin:poll', request('quick'));
      await until(() => handed.length === 1 + sent, `request ${sent} was handed out`);
      await at.travel();
    }
    expect(['a', 'b', 'c'].map((client) => of(client, 'quick'))).toEqual([1, 1, 1]);
    busy.open();
  },
};

const allBusy: ContractCase = {
  must: 5,
  title: 'when all are busy, the agent with the fewest requests of that name gets it',
  async run(at) {
    const busy = gate();
    const { handed, of } = await subscribeMany(at, 3, 'roundrobin:poll', () => busy.promise);
    for (let sent = 1; sent <= 6; sent++) {
      await at.server.publishRequest('roundrobin:poll', request('slow'));
      await until(() => handed.length === sent, `request ${sent} was handed out`);
    }
    expect(['a', 'b', 'c'].map((client) => of(client, 'slow'))).toEqual([2, 2, 2]);
    busy.open();
  },
};

const badTakers: ContractCase = {
  must: 6,
  title: 'an agent that throws, rejects or never ends harms nobody',
  async run(at) {
    const never = gate();
    const bad: RequestTaker[] = [
      () => {
        throw new Error('thrown');
      },
      () => Promise.reject(new Error('rejected')),
      () => never.promise,
    ];
    for (const take of bad) await at.agent.subscribe({ client: 'bad', subscriptions: ['web'] }, take);
    const { handed } = await subscribeMany(at, 1, 'web');
    for (let sent = 1; sent <= 3; sent++) {
      const published = at.server.publishRequest('web', request('disk'));
      at.follow(`publishing request ${sent}`, published);
      expect([4, null]).toContain(await published);
      await until(() => handed.length === sent, `request ${sent} reached the good agent`);
    }
  },
};

const refusedGoesOn: ContractCase = {
  must: 6,
  title: 'a one-of-many request that an agent does not take goes to another, once to each',
  async run(at) {
    const { handed, of } = await subscribeMany(at, 3, 'roundrobin:poll', async (client) => {
      if (client !== 'b') throw new Error(`${client} does not take it`);
    });
    for (let sent = 1; sent <= 6; sent++) {
      await at.server.publishRequest('roundrobin:poll', request('disk', { issued: 1_800_000_000 + sent }));
      await until(() => of('b', 'disk') === sent, `request ${sent} was taken`);
      await at.travel();
    }
    expect(handed.length).toBeLessThanOrEqual(3 * 6);
    const nobody = await subscribeMany(at, 3, 'roundrobin:none', () =>
      Promise.reject(new Error('not taken')),
    );
    await at.server.publishRequest('roundrobin:none', request('disk'));
    await until(() => nobody.handed.length >= 3, 'all were asked');
    await at.travel();
    expect(['a', 'b', 'c'].map((client) => nobody.of(client, 'disk'))).toEqual([1, 1, 1]);
  },
};

/** One mixture of short and long runs of two checks, on a subscription of its own. */
async function mixture(at: TransportCase, subscription: string, random: Random): Promise<void> {
  const running: { run: string; end: () => void }[] = [];
  const { handed, of } = await subscribeMany(at, 4, subscription, async (client, name) => {
    if (client === 'a' || client === 'b') return;
    const long = gate();
    const one = { run: `${client} ${name}`, end: long.open };
    running.push(one);
    await long.promise;
    running.splice(running.indexOf(one), 1);
  });
  for (let step = 1; step <= 25; step++) {
    const name = random.number() < 0.5 ? 'disk' : 'load';
    if (random.number() < 0.3) running[0]?.end();
    await at.travel();
    const busy = running.map(({ run }) => run);
    const count = handed.length;
    await at.server.publishRequest(subscription, request(name));
    await until(() => handed.length > count, `${name} was handed out`);
    expect(busy).not.toContain(`${handed.at(-1)?.client} ${name}`);
    await at.travel();
    for (const each of ['disk', 'load']) {
      expect(Math.abs(of('a', each) - of('b', each))).toBeLessThanOrEqual(1);
    }
  }
  for (const { end } of [...running]) end();
  await at.travel();
}

const fairInAnyMixture: ContractCase = {
  must: 5,
  title: 'in any mixture of short and long runs, idle agents share alike and busy ones are passed over',
  async run(at) {
    for (let seed = 1; seed <= 8; seed++) await mixture(at, `roundrobin:poll-${seed}`, seededRandom(seed));
  },
};

const nothingAfterStop: ContractCase = {
  must: 7,
  title: 'nothing is handed out after stop resolved, and it waits for what is in hand',
  async run(at) {
    const busy = gate();
    let handed = 0;
    const subscriber = { client: 'a', subscriptions: ['web', 'roundrobin:poll'] };
    const subscription = await at.agent.subscribe(subscriber, () => {
      handed += 1;
      return busy.promise;
    });
    await at.server.publishRequest('web', request('disk'));
    await until(() => handed === 1, 'the request was handed out');
    const stopping = subscription.stop();
    const stopped = at.follow('stopping', stopping);
    await at.travel();
    expect(stopped.state).toBe('pending');
    busy.open();
    await stopping;
    for (const to of ['web', 'roundrobin:poll']) {
      expect([0, null]).toContain(await at.server.publishRequest(to, request('disk')));
    }
    await at.travel();
    expect(handed).toBe(1);
    await subscription.stop();
  },
};

/** MUST 1–7 of `docs/transport.md`. */
export const REQUEST_CASES: readonly ContractCase[] = [
  oneOfManyOrEach,
  subscribedTwice,
  ownDocument,
  counted,
  turns,
  busyIsPassedOver,
  othersWhileBusy,
  allBusy,
  fairInAnyMixture,
  badTakers,
  refusedGoesOn,
  nothingAfterStop,
];
