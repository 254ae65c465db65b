import { afterEach, expect, test } from 'vitest';
import type { Handler } from '../../src/model/handler.ts';
import type { Attributes } from '../../src/model/schema.ts';
import { writing } from '../../src/state/registry.ts';
import { REMOVALS, removeClient, removeResult } from '../../src/state/removal.ts';
import { Fleet } from './fleet.ts';

const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;

let fleet: Fleet;
afterEach(() => fleet.end());

const book = (name: string): [string, Handler] => [name, { name, type: 'book' }];

async function start(overrides: ConstructorParameters<typeof Fleet>[0] = {}): Promise<void> {
  fleet = new Fleet(overrides);
  await fleet.startServer();
}

/** Lets time pass, with keepalives of these clients. */
async function live(ms: number, ...clients: (string | (Attributes & { name: string }))[]): Promise<void> {
  for (let passed = 0; passed < ms; passed += 20 * SECOND_MS) {
    for (const client of clients) fleet.keepalive(typeof client === 'string' ? { name: client } : client);
    await fleet.clock.advance(20 * SECOND_MS);
  }
}

const told = (): string[] =>
  fleet.told
    .splice(0)
    .map(({ client, check, action }) => `${client.name} ${check.name} ${action} ${check.status}`);
const removals = async () =>
  (await fleet.registry.log('removals', REMOVALS, REMOVALS)).map(({ entry }) => entry);
const asked = {
  output: 'gone',
  reason: 'asked',
  why: 'a test',
  acknowledgeMs: 15_000,
  resolveMs: 5_000,
} as const;

test('a check that goes quiet is told once its ttl is over, until it is back; not while its client is silent', async () => {
  await start();
  fleet.result('a', { name: 'backup', ttl: 120 });
  await live(2 * MINUTE_MS, 'a');
  expect(told()).toEqual([]);
  await live(90 * SECOND_MS, 'a');
  expect(fleet.told[0]?.check.output).toMatch(/^Last check execution was 1[2-5]\d seconds ago$/);
  expect(fleet.told.map(({ occurrences }) => occurrences)).toEqual(fleet.told.map((_, index) => index + 1));
  expect(new Set(told())).toEqual(new Set(['a backup create 1']));
  fleet.result('a', { name: 'backup', ttl: 120 });
  await live(MINUTE_MS, 'a');
  expect(told()).toEqual(['a backup resolve 0']);
  await fleet.clock.advance(10 * MINUTE_MS);
  const quiet = told();
  expect(quiet.filter((text) => text.includes('backup')).length).toBeLessThanOrEqual(2);
  expect(quiet.at(-1)).toBe('a keepalive create 2');
});

test('a server that was away for longer than a ttl raises no false alarm when it comes back', async () => {
  await start();
  const report = async (minutes: number): Promise<void> => {
    for (let minute = 0; minute < minutes; minute++) {
      fleet.result('a', { name: 'backup', ttl: 90 });
      fleet.result('a', { name: 'sync', source: 'switch', ttl: 90 });
      await live(MINUTE_MS, 'a');
    }
  };
  await report(5);
  await fleet.stopServer();
  await fleet.clock.advance(HOUR_MS);
  await fleet.startServer();
  await report(5);
  expect(told()).toEqual([]);
  await live(3 * MINUTE_MS, 'a');
  const quiet = fleet.told.find(({ client }) => client.name === 'switch');
  expect(quiet?.check).toMatchObject({ origin: 'a', source: 'switch', status: 1, interval: 30 });
});

test('a silence hides until it ends by itself, and that is told in the feed', async () => {
  await start();
  const endsAtMs = fleet.clock.now() + 10 * MINUTE_MS;
  const silence = {
    ...{ id: 'client:a:disk', subscription: 'client:a', check: 'disk', reason: null, creator: null },
    ...{ begin: null, expire_on_resolve: false, timestamp: 1 },
  };
  await fleet.registry.store.commit([
    {
      writes: [
        writing('silence', silence.id, { silence, endsAtMs }),
        writing('stash', 'x', { path: 'x', content: {}, endsAtMs }),
      ],
    },
  ]);
  const gone: string[] = [];
  const stop = new AbortController();
  const following = (async () => {
    for await (const items of fleet.views.follow(undefined, stop.signal)) {
      for (const item of items)
        if (item.type === 'document' && item.kind !== 'delivery' && item.value === undefined)
          gone.push(item.name);
    }
  })();
  for (let minute = 0; minute < 12; minute++) {
    fleet.result('a', { name: 'disk', status: 2 });
    await live(MINUTE_MS, 'a');
  }
  stop.abort();
  await following;
  expect(told()).toEqual(['a disk create 2', 'a disk create 2']);
  expect(gone.sort()).toEqual(['client:a:disk', 'x']);
  expect(fleet.documents()).toMatchObject({ silence: 0, stash: 0 });
});

test('what nobody reports any more is forgotten after its time, its event resolved; what is configured stays', async () => {
  const retention = { resultsMs: HOUR_MS };
  await start({ retention, checks: [{ name: 'asked', command: 'x', interval: 60, subscribers: ['web'] }] });
  await live(MINUTE_MS, 'a');
  for (const name of ['asked', 'dropped', 'rare']) {
    fleet.result('a', {
      name,
      status: name === 'dropped' ? 1 : 0,
      ...(name === 'rare' ? { interval: 2 * 3600 } : {}),
    });
  }
  fleet.result('a', { name: 'port', source: 'switch' });
  await fleet.clock.advance(SECOND_MS);
  await fleet.registry.store.commit([
    {
      writes: [
        writing('client', 'printer', {
          client: { name: 'printer', subscriptions: [], timestamp: 1, keepalives: false },
          signature: '',
          seenAttendedMs: 0,
          seenAtMs: 0,
        }),
      ],
    },
  ]);
  fleet.result('a', { name: 'paper', source: 'printer' });
  await fleet.clock.advance(SECOND_MS);
  expect(told()).toEqual(['a dropped create 1']);
  fleet.keepalive({ name: 'a', keepalives: false });
  await fleet.clock.advance(HOUR_MS - 2 * MINUTE_MS);
  expect(fleet.documents()).toMatchObject({ client: 3, state: 6 });
  await fleet.clock.advance(10 * MINUTE_MS);
  expect([...fleet.views.states()].map(({ client, check }) => `${client}/${check}`).sort()).toEqual([
    'a/asked',
    'a/rare',
  ]);
  expect([...fleet.views.clientNames()].sort()).toEqual(['a', 'printer']);
  expect(told()).toEqual(['a dropped resolve 0']);
  expect(
    (await removals()).map(({ client, check, reason, events }) => [client, check, reason, events]).sort(),
  ).toEqual([
    ['a', 'dropped', 'expired', 1],
    ['a', 'keepalive', 'expired', 0],
    ['printer', 'paper', 'expired', 0],
    ['switch', null, 'expired', 0],
  ]);
  await fleet.clock.advance(6 * HOUR_MS);
  expect(fleet.documents()).toMatchObject({ state: 1 });
});

test('time in which no server listened counts for no forgetting', async () => {
  await start({
    retention: { resultsMs: HOUR_MS },
    keepalives: { check: { thresholds: { warning: 120, critical: 180 }, remove_after: 600 } },
  });
  fleet.result('a', { name: 'own' });
  await live(5 * MINUTE_MS, 'a');
  await fleet.stopServer();
  await fleet.clock.advance(40 * 24 * HOUR_MS);
  await fleet.startServer();
  await live(30 * MINUTE_MS, 'a');
  expect(await removals()).toEqual([]);
  expect(told()).toEqual([]);
  expect(fleet.views.state('a', 'own')).toBeDefined();
  await live(30 * MINUTE_MS, 'a');
  expect((await removals()).map(({ check }) => check)).toEqual(['own']);
});

test('a client may say itself after how long it is forgotten', async () => {
  await start({ keepalives: { check: { thresholds: { warning: 120, critical: 180 }, remove_after: 3600 } } });
  await live(3 * MINUTE_MS, { name: 'quick', keepalive: { remove_after: 240 } }, 'slow', {
    ...{ name: 'never', keepalives: false, keepalive: { remove_after: 60 } },
  });
  await fleet.clock.advance(6 * MINUTE_MS);
  expect([...fleet.views.clientNames()].sort()).toEqual(['never', 'slow']);
  expect(
    told()
      .filter((text) => text.startsWith('quick'))
      .at(-1),
  ).toBe('quick keepalive resolve 0');
  await fleet.clock.advance(HOUR_MS);
  expect([...fleet.views.clientNames()]).toEqual(['never']);
});

test('a client that comes back while it is being removed stays, with what it reported', async () => {
  await start({ keepalives: { check: { thresholds: { warning: 60, critical: 90 }, remove_after: 200 } } });
  await live(3 * MINUTE_MS, 'a');
  fleet.result('a', { name: 'own', status: 1 });
  await fleet.clock.advance(SECOND_MS);
  let seen: boolean | undefined;
  const parts = fleet.removalParts;
  const removal = removeClient(parts, 'a', {
    ...asked,
    onlyIf: (client) => {
      // Between the first look and the last one its keepalive is taken.
      if (seen === undefined) fleet.keepalive({ name: 'a', tier: 'back' });
      seen = client.client['tier'] !== 'back';
      return seen;
    },
  });
  for (let turn = 0; turn < 20; turn++) await fleet.clock.advance(100);
  expect(await removal).toBe(false);
  expect(fleet.views.client('a')?.client['tier']).toBe('back');
  expect(fleet.views.state('a', 'own')).toBeDefined();
});

test('a client that is kept away is not heard until its time is over, then it is new', async () => {
  await start({ handlers: new Map([book('default'), book('registration')]) });
  await live(MINUTE_MS, { name: 'a', signature: 's3' });
  fleet.result('a', { name: 'own', status: 2 }, 's3');
  await fleet.clock.advance(SECOND_MS);
  expect(told()).toEqual(['a registration create 1', 'a own create 2']);
  const endsAtMs = fleet.clock.now() + 10 * MINUTE_MS;
  const removal = removeClient(fleet.removalParts, 'a', { ...asked, invalidate: { endsAtMs } });
  for (let turn = 0; turn < 20; turn++) await fleet.clock.advance(100);
  expect(await removal).toBe(true);
  await live(9 * MINUTE_MS, { name: 'a', signature: 's3' });
  fleet.result('a', { name: 'own', status: 2 }, 's3');
  await fleet.clock.advance(SECOND_MS);
  expect(told()).toEqual(['a own resolve 0']);
  expect(fleet.documents()).toMatchObject({ client: 0, state: 0, signature: 1 });
  await live(2 * MINUTE_MS, { name: 'a', signature: 's4' });
  expect(told()).toEqual(['a registration create 1']);
  expect(fleet.views.client('a')?.signature).toBe('s4');
  expect(fleet.documents()).toMatchObject({ signature: 0 });
  expect(await removals()).toMatchObject([
    { client: 'a', reason: 'asked', why: 'a test', events: 1, results: 2 },
  ]);
});

test('one result is removed on demand, the event first; one that was renewed meanwhile stays', async () => {
  await start();
  fleet.result('a', { name: 'own', status: 1 });
  fleet.result('a', { name: 'other' });
  await live(MINUTE_MS, 'a');
  const removal = removeResult(fleet.removalParts, 'a', 'own', asked);
  for (let turn = 0; turn < 20; turn++) await fleet.clock.advance(100);
  expect(await removal).toBe(true);
  expect(told()).toEqual(['a own create 1', 'a own resolve 0']);
  expect(fleet.views.state('a', 'own')).toBeUndefined();
  expect(await removeResult(fleet.removalParts, 'a', 'own', asked)).toBe(false);
  expect(await removeResult(fleet.removalParts, 'a', 'other', { ...asked, onlyIf: () => false })).toBe(false);
  expect(fleet.views.state('a', 'other')).toBeDefined();
});

test('other settings are in force at once: thresholds, handlers, what is asked for', async () => {
  const check = { name: 'asked', command: 'x', interval: 60, subscribers: ['web'] };
  await start({ checks: [check], retention: { resultsMs: HOUR_MS } });
  fleet.result('a', { name: 'asked' });
  fleet.result('b', { name: 'asked' });
  await live(2 * HOUR_MS, 'a', 'b');
  expect(told()).toEqual([]);
  await fleet.reload({
    checks: [],
    handlers: new Map([book('default'), book('registration'), book('keepalive')]),
    keepalives: { check: { thresholds: { warning: 10, critical: 20 } } },
  });
  fleet.keepalive({ name: 'c' });
  await fleet.clock.advance(2 * MINUTE_MS);
  expect(told()).toContain('c registration create 1');
  expect(fleet.views.state('a', 'keepalive')?.event?.check.status).toBe(2);
  await fleet.clock.advance(10 * MINUTE_MS);
  expect((await removals()).map(({ client, check: name }) => `${client}/${name}`).sort()).toEqual([
    'a/asked',
    'b/asked',
  ]);
});
