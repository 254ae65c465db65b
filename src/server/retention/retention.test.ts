import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Check } from '../../model/check.ts';
import type { Event } from '../../model/event.ts';
import { Counters } from '../../runtime/counters.ts';
import type { CheckState, ClientState } from '../../state/documents.ts';
import { writing } from '../../state/registry.ts';
import { REMOVALS } from '../../state/removal.ts';
import { startWorld, type World } from '../../testing/api/world.ts';
import { ManualClock } from '../../testing/clock.ts';
import { memoryLog } from '../../testing/log.ts';
import { until } from '../../testing/until.ts';
import { EndedSweep } from './ended.ts';
import { expiredFor, periodMs } from './expiry.ts';
import { Leftovers } from './leftovers.ts';
import { Removals } from './removals.ts';
import { Walk } from './walk.ts';

const HOUR_MS = 3_600_000;
const NOW_MS = 1_800_000_000_000;

const stateOf = (check: object = {}, takenAttendedMs?: number): CheckState => ({
  check: { name: 'disk', status: 0, output: '', ...check },
  ...{ history: [0], last_ok: 1, event: null, taken: [], takenAttendedMs },
  today: { day: 0, ok: 1, warning: 0, critical: 0, unknown: 0 },
});
const clientOf = (extra: object = {}, blank = false): ClientState => ({
  client: { name: 'a', subscriptions: [], timestamp: 1, ...extra },
  ...{ signature: '', seenAttendedMs: 0, seenAtMs: 0 },
  ...(blank ? { blank: true } : {}),
});

describe('expiredFor', () => {
  const configured = (extra: Partial<Check>): Map<string, Check> =>
    new Map([['disk', { name: 'disk', command: 'x', ...extra }]]);
  const facts = {
    settings: {
      checks: new Map<string, Check>(),
      skippedChecks: new Map(),
      retention: { resultsMs: HOUR_MS },
    },
    ...{ client: clientOf(), attendedMs: 10 * HOUR_MS, attendedBeforeMs: 0, nowMs: NOW_MS },
    gapsMs: new Map<string, number>(),
  };
  const settings = (extra: Partial<(typeof facts)['settings']>) => ({
    settings: { ...facts.settings, ...extra },
  });
  const old = 9 * HOUR_MS;

  test.each<[string, CheckState, Partial<typeof facts>, number | undefined]>([
    ['not renewed for long enough', stateOf({}, old), {}, 3600],
    ['renewed a moment too late', stateOf({}, old + 1), {}, undefined],
    ['not known since when: since we listen', stateOf(), { attendedBeforeMs: old + 1 }, undefined],
    ['not known since when, and we listen for long enough', stateOf(), { attendedBeforeMs: old }, 3600],
    ['kept for ever', stateOf({}, 0), settings({ retention: { resultsMs: 0 } }), undefined],
    ['asked for here', stateOf({}, 0), settings({ checks: configured({}) }), undefined],
    ['asked for on demand', stateOf({}, 0), settings({ checks: configured({ publish: false }) }), undefined],
    [
      'run by agents on their own',
      stateOf({}, old),
      settings({ checks: configured({ standalone: true }) }),
      3600,
    ],
    ['configured wrongly', stateOf({}, 0), settings({ skippedChecks: new Map([['disk', []]]) }), undefined],
    [
      'a leftover of a client',
      stateOf({}, old),
      { ...settings({ checks: configured({}) }), client: clientOf({}, true) },
      3600,
    ],
    [
      'of a proxy client, asked for here',
      stateOf({}, old),
      { ...settings({ checks: configured({}) }), client: clientOf({ type: 'proxy' }, true) },
      undefined,
    ],
    ['three periods are not over', stateOf({ interval: 1201 }, old), {}, undefined],
    ['three periods are over', stateOf({ interval: 1200 }, old), {}, 3600],
    ['a ttl counts as a period', stateOf({ ttl: 1201, interval: 30 }, old), {}, undefined],
    ['so does cron', stateOf({ cron: '0 * * * *' }, old), {}, undefined],
    ['periods that are none count for nothing', stateOf({ interval: '1d', cron: 'often' }, old), {}, 3600],
  ])('%s', (_, state, extra, seconds) => {
    expect(expiredFor({ client: 'a', check: 'disk', state }, { ...facts, ...extra })).toBe(seconds);
  });

  test('a cron expression that never comes is no period', () => {
    const never = { name: 'x', status: 0, output: '', cron: '0 0 30 2 *' };
    expect(periodMs(never, { nowMs: NOW_MS, gapsMs: new Map() })).toBe(0);
  });

  test('the period of a cron expression is worked out once for many results', () => {
    const gapsMs = new Map<string, number>();
    const daily = { name: 'x', status: 0, output: '', cron: '0 4 * * *' };
    expect(periodMs(daily, { nowMs: NOW_MS, gapsMs })).toBe(24 * HOUR_MS);
    gapsMs.set(daily.cron, 5);
    expect(periodMs(daily, { nowMs: NOW_MS, gapsMs })).toBe(5);
  });
});

describe('Walk', () => {
  test('meets everything once a round, whatever comes and goes meanwhile', () => {
    const names = new Set(['a', 'b', 'c', 'd']);
    const walk = new Walk(() => names);
    const met: string[] = [];
    expect(walk.forEach(2, (name) => met.push(name))).toBe(true);
    names.delete('c');
    names.add('e');
    expect(walk.forEach(5, (name) => met.push(name))).toBe(false);
    expect(met).toEqual(['a', 'b', 'd', 'e']);
    walk.forEach(1, (name) => met.push(name));
    expect(met.at(-1)).toBe('a');
  });
});

describe('on a store', () => {
  let world: World;
  beforeEach(async () => {
    world = await startWorld();
  });
  afterEach(() => world.stop());

  const silence = (id: string, endsAtMs: number | null) => ({
    silence: {
      ...{ id, subscription: id, check: null, reason: null, creator: null, begin: null },
      ...{ expire_on_resolve: false, timestamp: 1 },
    },
    endsAtMs,
  });

  test('what has ended is deleted, and nothing that was set anew meanwhile', async () => {
    const { registry, store, views } = world;
    const clock = new ManualClock(NOW_MS);
    await store.commit([
      {
        writes: [
          ...['past', 'anew'].map((id) => writing('silence', id, silence(id, NOW_MS))),
          writing('silence', 'later', silence('later', NOW_MS + 1)),
          writing('silence', 'never', silence('never', null)),
          writing('stash', 'x/y', { path: 'x/y', content: {}, endsAtMs: NOW_MS - 1 }),
          writing('signature', 'a', { signature: 'invalidated', endsAtMs: NOW_MS }),
          writing('signature', 'b', { signature: 'invalidated', endsAtMs: null }),
        ],
      },
    ]);
    const commit = store.commit.bind(store);
    let interfered = false;
    store.commit = async (changes) => {
      if (!interfered) {
        interfered = true;
        await commit([{ writes: [writing('silence', 'anew', silence('anew', NOW_MS + 1000))] }]);
      }
      return commit(changes);
    };
    await new EndedSweep({ registry, views, clock }).sweep();
    expect([...(store.view('silence')?.keys() ?? [])].sort()).toEqual(['anew', 'later', 'never']);
    expect(store.view('stash')?.size).toBe(0);
    expect([...(store.view('signature')?.keys() ?? [])]).toEqual(['b']);
  });

  test('a removal that fails is told and tried again; one that waits is not added twice', async () => {
    const log = memoryLog();
    const counters = new Counters();
    await world.client({ name: 'a' });
    const known = world.views.client('a') as ClientState;
    const removals = new Removals({ ...world, clock: new ManualClock(), log, counters });
    const commit = world.store.commit.bind(world.store);
    world.store.commit = async () => {
      throw new Error('no store');
    };
    expect([removals.removeSilent(known, 9, 8), removals.removeSilent(known, 9, 8)]).toEqual([true, true]);
    expect(removals.leaving('a')).toBe(true);
    removals.begin();
    await until(() => !removals.leaving('a'), 'the removal failed');
    expect(log.lines.map(({ fields }) => fields.error)).toEqual(['no store']);
    world.store.commit = commit;
    removals.removeSilent(known, 9, 8);
    removals.begin();
    await until(() => counters.read('clients_removed') === 1, 'the client was removed');
    expect([...world.views.clientNames()]).toEqual([]);
    removals.stop();
    expect(removals.removeBlank('b')).toBe(false);
  });

  test('a client made up from a result that has just come stays, though the views do not show the result yet', async () => {
    const { store, views, log } = world;
    const counters = new Counters();
    const removals = new Removals({ ...world, clock: new ManualClock(), log, counters });
    const check = { name: 'disk', status: 2, output: '', history: ['2'] };
    const event = { id: 'e', client: { name: 'a' }, check } as unknown as Event;
    await store.commit([
      {
        writes: [
          writing('client', 'a', clientOf({}, true)),
          writing('state', 'a/disk', { ...stateOf({ status: 2 }), event }),
          writing('client', 'b', { ...clientOf({ name: 'b' }, true) }),
        ],
      },
    ]);
    expect([removals.removeBlank('a'), removals.removeBlank('b')]).toEqual([true, true]);
    removals.begin();
    await until(() => !removals.leaving('a') && !removals.leaving('b'), 'both were looked at');
    expect([...views.clientNames()]).toEqual(['a']);
    expect(views.state('a', 'disk')?.event).toEqual(event);
    expect(world.taken).toEqual([]);
  });

  test('what is logged of a removed client afterwards goes too, once nothing more is to be told of it', async () => {
    const { registry, store, views } = world;
    const at = { timestamp: 1, check: null, reason: 'silent' as const, why: 'x', events: 1, results: 1 };
    const log = (name: string, entry: unknown) => ({ log: name, timeMs: Date.now(), entry });
    const removal = (client: string) => log(`removals/${REMOVALS}/${REMOVALS}`, { ...at, client });
    const late = (client: string) => log(`deliveries/${client}/keepalive`, { client });
    await world.client({ name: 'back' });
    await store.commit([
      { writes: [], appends: [removal('gone'), removal('back'), late('gone'), late('back'), late('other')] },
      { writes: [{ kind: 'delivery', name: 'd', value: { id: 'd', event: { client: { name: 'gone' } } } }] },
    ]);
    const left = async (client: string) => (await registry.log('deliveries', client, 'keepalive')).length;
    const leftovers = new Leftovers({ registry, views });
    await leftovers.sweep();
    expect(await left('gone')).toBe(1);
    await store.commit([{ writes: [{ kind: 'delivery', name: 'd', value: undefined }] }]);
    await leftovers.sweep();
    expect([await left('gone'), await left('back'), await left('other')]).toEqual([0, 1, 1]);
  });

  test('of many removals at once none is overlooked', async () => {
    const { registry, store, views } = world;
    const removal = { timestamp: 1, check: null, reason: 'asked', why: 'x', events: 0, results: 0 };
    const logged = (log: string, entry: unknown) => ({ log, timeMs: Date.now(), entry });
    const names = Array.from({ length: 300 }, (_, index) => `c${index}`);
    const removals = names.map((client) =>
      logged(`removals/${REMOVALS}/${REMOVALS}`, { ...removal, client }),
    );
    await store.commit([{ writes: [], appends: [...removals, logged('deliveries/c0/keepalive', {})] }]);
    const leftovers = new Leftovers({ registry, views });
    for (let sweeps = 0; sweeps < 7; sweeps++) await leftovers.sweep();
    expect(await registry.log('deliveries', 'c0', 'keepalive')).toEqual([]);
  });
});
