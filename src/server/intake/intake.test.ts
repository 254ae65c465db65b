import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { CheckResult } from '../../model/check.ts';
import type { Delivery, DeliveryRecord } from '../../model/delivery.ts';
import type { Event, Silence } from '../../model/event.ts';
import type { Handler } from '../../model/handler.ts';
import { Counters } from '../../runtime/counters.ts';
import { TocsinError } from '../../runtime/errors.ts';
import type { SilenceState } from '../../state/documents.ts';
import { Registry, writing } from '../../state/registry.ts';
import { openEmbeddedStore, type Store } from '../../store/index.ts';
import type { Change } from '../../store/port.ts';
import { ManualClock, settle } from '../../testing/clock.ts';
import { memoryLog } from '../../testing/log.ts';
import { seededRandom } from '../../testing/random.ts';
import { until } from '../../testing/until.ts';
import type { Incoming } from '../../transport/port.ts';
import {
  Admission,
  AttendanceKeeper,
  KeepaliveIntake,
  ResultIntake,
  type ResultIntakeParts,
} from './index.ts';

let folder: string;
let store: Store;
const clock = new ManualClock();

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tocsin-intake-'));
  const retention = { entries: 100, ageMs: 1e12 };
  const logs = { transitions: retention, deliveries: retention, days: retention };
  store = await openEmbeddedStore({ folder, sync: 'process', logs, clock, log: memoryLog() });
});

afterEach(async () => {
  await store.close();
  await rm(folder, { recursive: true });
});

interface Options {
  handlers?: readonly string[];
  largestBytes?: number;
  /** A rule with a defect: it throws for these events. */
  throwsFor?: (event: Event) => boolean;
  limits?: ResultIntakeParts['limits'];
}

/** An intake on the store, whose deliveries and events are noted. */
function open(given: Store = store, options: Options = {}) {
  const registry = new Registry(given);
  const log = memoryLog();
  const counters = new Counters();
  const random = seededRandom();
  const admission = new Admission({ log, counters, largestBytes: () => options.largestBytes });
  const events: Event[] = [];
  const quiet: Event[] = [];
  const taken: Delivery[] = [];
  const disk = {
    ...{
      name: 'disk',
      command: 'check-disk :::path:::',
      interval: 60,
      subscribers: ['web'],
      handler: 'mail',
    },
  };
  const handlers = (options.handlers ?? []).map((name): [string, Handler] => [name, { name, type: 'mail' }]);
  const silences = given.view('silence') as ReadonlyMap<string, SilenceState>;
  const attendance = new AttendanceKeeper({ registry, clock, log, listening: () => true });
  const parts = {
    settings: () => ({ checks: new Map([['disk', disk]]), handlers: new Map(handlers) }),
    views: { silence: (id: string) => silences.get(id), hasSilences: () => silences.size > 0 },
    registry,
    admission,
    attendance,
    decide: (event: Event, quietly?: boolean) => {
      if (quietly) quiet.push(event);
      if (options.throwsFor?.(event)) throw new TypeError('a defect');
      events.push(event);
      const delivery = { id: random.uuid(), handler: 'mail', event, tries: 1 };
      return event.check.status === 3
        ? { deliveries: [], records: [heldBack(event)] }
        : { deliveries: [delivery], records: [] };
    },
    take: (deliveries: readonly Delivery[]) => void taken.push(...deliveries),
    clock,
    random,
    log,
    counters,
    version: '1',
    limits: options.limits,
  };
  const intake = new ResultIntake(parts);
  const keepalives = new KeepaliveIntake(parts);
  return { intake, keepalives, attendance, registry, log, counters, events, quiet, taken };
}

function heldBack(event: Event): DeliveryRecord {
  return {
    event_id: event.id,
    client: event.client.name,
    check: event.check.name,
    handler: 'mail',
    action: event.action,
    status: event.check.status,
    occurrences: event.occurrences,
    timestamp: event.timestamp,
    outcome: 'filtered',
    filtered: { by: 'never', why: 'a test said so' },
  };
}

const result = (
  client: string,
  check: object,
  extra: Partial<Incoming> = {},
  signature?: string,
): Incoming => ({
  body: {
    client,
    check: { name: 'disk', output: 'x', status: 0, executed: 1000, ...check },
    ...(signature ? { signature } : {}),
  },
  redelivered: false,
  ...extra,
});
const keepalive = (body: object): Incoming => ({
  body: { name: 'i-42', subscriptions: ['web'], timestamp: 1000, version: '1.9.0', ...body },
  redelivered: false,
});

async function stateOf(registry: Registry, name: string) {
  const [read] = await registry.read('state', [name]);
  return read?.value;
}

test('a batch is taken in order, and state, deliveries and logs are committed together', async () => {
  const { intake, registry, taken, counters } = open();
  await intake.take([1, 1, 2, 0].map((status) => result('i-42', { status })));
  const state = await stateOf(registry, 'i-42/disk');
  expect(state?.history).toEqual([1, 1, 2, 0]);
  expect(state?.event).toBeNull();
  expect(taken.map(({ event }) => [event.action, event.occurrences])).toEqual([
    ['create', 1],
    ['create', 2],
    ['create', 1],
    ['resolve', 1],
  ]);
  const [due] = await registry.read('delivery', [taken[0]?.id ?? '']);
  expect(due?.value.event.id).toBe(taken[0]?.event.id);
  const transitions = await registry.log('transitions', 'i-42', 'disk');
  expect(transitions.map(({ entry }) => entry.status)).toEqual([0, 2, 1]);
  expect(counters.read('results_taken')).toBe(4);
  expect(counters.read('events')).toBe(4);
});

test('the configured definition is laid under a result, but not under a standalone one', async () => {
  const { intake, registry } = open();
  await intake.take([result('a', {}), result('b', { standalone: true })]);
  expect((await stateOf(registry, 'a/disk'))?.check).toMatchObject({
    interval: 60,
    handler: 'mail',
    type: 'standard',
  });
  expect((await stateOf(registry, 'b/disk'))?.check).not.toHaveProperty('interval');
});

test('a result from a stranger makes a blank client, one with a source a proxy client', async () => {
  const { intake, registry } = open();
  await intake.take([result('stranger', {}), result('i-42', { source: 'switch', command: 'check-disk /' })]);
  const [stranger, proxy] = await registry.read('client', ['stranger', 'switch']);
  expect(stranger?.value.client).toEqual({
    name: 'stranger',
    address: 'unknown',
    subscriptions: ['client:stranger'],
    keepalives: false,
    version: '1',
    timestamp: Math.floor(clock.now() / 1000),
  });
  expect(proxy?.value.client).toMatchObject({ name: 'switch', type: 'proxy' });
  expect((await stateOf(registry, 'switch/disk'))?.check).toMatchObject({
    origin: 'i-42',
    command: 'check-disk :::path:::',
  });
});

test('a numbered result counts once, a late one is logged only', async () => {
  const { intake, registry, counters } = open();
  const id = (number: number) => ({ id: { agent: 'i-42', boot: 'b', number } });
  await intake.take([result('i-42', { status: 1 }, id(5)), result('i-42', { status: 1 }, id(5))]);
  await intake.take([
    result('i-42', { status: 1 }, { ...id(5), redelivered: true }),
    result('i-42', { status: 2 }, id(3)),
  ]);
  expect((await stateOf(registry, 'i-42/disk'))?.history).toEqual([1]);
  expect(counters.read('results_repeated')).toBe(2);
  expect(counters.read('results_late')).toBe(1);
  const [late] = await registry.log('transitions', 'i-42', 'disk');
  expect(late?.entry).toMatchObject({ status: 2, late: true });
});

test('without a number, one that comes again with the same body counts once, another one counts', async () => {
  const { intake, registry } = open();
  await intake.take([result('i-42', { status: 1 })]);
  await intake.take([result('i-42', { status: 1 }, { redelivered: true })]);
  await intake.take([result('i-42', { status: 1 })]);
  await intake.take([result('i-42', { status: 2 }, { redelivered: true })]);
  expect((await stateOf(registry, 'i-42/disk'))?.history).toEqual([1, 1, 2]);
});

test('what does not fit is dropped, counted, and logged once per cause, and the rest of the batch is taken', async () => {
  const { intake, registry, counters, log } = open();
  const bad: unknown[] = [
    null,
    5,
    'x',
    [],
    {},
    { client: 'a b', check: {} },
    { client: 'a', check: { name: 'x', status: '1', output: '' } },
  ];
  await intake.take(
    [...bad, ...bad].map((body): Incoming => ({ body, redelivered: false })).concat(result('i-42', {})),
  );
  expect(counters.read('results_invalid')).toBe(2 * bad.length);
  expect(counters.read('results_taken')).toBe(1);
  expect(log.lines.length).toBeLessThanOrEqual(bad.length);
  expect(log.lines.every(({ fields }) => typeof fields.cause === 'string')).toBe(true);
  expect(await stateOf(registry, 'i-42/disk')).toBeDefined();
});

test('a client’s results must carry its signature', async () => {
  const { intake, keepalives, registry, counters } = open();
  await keepalives.take([keepalive({ signature: 's3' })]);
  await intake.take([
    result('i-42', { status: 1 }),
    result('i-42', { status: 2 }, {}, 's3'),
    result('i-42', { status: 1 }, {}, 'other'),
  ]);
  expect((await stateOf(registry, 'i-42/disk'))?.history).toEqual([2]);
  expect(counters.read('results_unsigned')).toBe(2);
});

test('a keepalive replaces what was known; another signature is refused', async () => {
  const { keepalives, registry, counters } = open();
  await keepalives.take([keepalive({}), keepalive({ name: 'other' })]);
  await keepalives.take([keepalive({ signature: 's3', tier: 'gold' })]);
  await keepalives.take([
    keepalive({ signature: 'evil' }),
    keepalive({ name: 5 }),
    keepalive({ subscriptions: undefined }),
  ]);
  const [read] = await registry.read('client', ['i-42']);
  expect(read?.value).toMatchObject({
    signature: 's3',
    client: { tier: 'gold', subscriptions: ['web', 'client:i-42'] },
  });
  expect(counters.read('keepalives_taken')).toBe(3);
  expect(counters.read('keepalives_unsigned')).toBe(1);
  expect(counters.read('keepalives_invalid')).toBe(2);
});

test('what is nested too deep to be written is dropped and counted, and the rest of the batch is taken', async () => {
  const { intake, keepalives, counters, log } = open(store, { largestBytes: 1000 });
  const deep = (depth: number) => JSON.parse(`${'['.repeat(depth)}${']'.repeat(depth)}`);
  for (const depth of [101, 10_000, 1_000_000]) {
    const extra = deep(depth);
    await intake.take([result('a', { extra }), result('b', {})]);
    await keepalives.take([
      keepalive({ registration: extra }),
      keepalive({ keepalive: extra }),
      keepalive({}),
    ]);
  }
  const names = ['results_invalid', 'results_taken', 'keepalives_invalid', 'keepalives_taken'] as const;
  expect(names.map((name) => counters.read(name))).toEqual([3, 3, 6, 3]);
  expect(log.lines.length).toBe(2);
});

test('whoever sends another signature in the same batch displaces nobody, and pins nothing', async () => {
  const { keepalives, registry, counters } = open();
  const signatures = ['s3', 'evil', undefined];
  await keepalives.take(signatures.map((signature) => keepalive({ signature, tier: signature })));
  await keepalives.take([keepalive({ signature: 's3', tier: 'gold' }), keepalive({ tier: 'evil' })]);
  const [read] = await registry.read('client', ['i-42']);
  expect(read?.value).toMatchObject({ signature: 's3', client: { tier: 'gold' } });
  expect(counters.read('keepalives_taken')).toBe(2);
  expect(counters.read('keepalives_unsigned')).toBe(3);
});

test('an event that a filter holds back leaves a record and no delivery', async () => {
  const { intake, registry, taken } = open();
  await intake.take([result('i-42', { status: 3 })]);
  expect(taken).toEqual([]);
  const [record] = await registry.log('deliveries', 'i-42', 'disk');
  expect(record?.entry).toMatchObject({ outcome: 'filtered', filtered: { by: 'never' } });
});

test('two servers on one store, batch against batch: nothing is lost and each history is right', async () => {
  const one = open();
  const other = open();
  const batch = (from: string, start: number): Incoming[] =>
    Array.from({ length: 40 }, (_, index) =>
      result(
        'i-42',
        { name: `c${index % 5}`, status: 1 },
        { id: { agent: from, boot: 'b', number: start + index } },
      ),
    );
  for (let round = 0; round < 5; round++) {
    await Promise.all([
      one.intake.take(batch('one', round * 100)),
      other.intake.take(batch('two', round * 100)),
    ]);
  }
  const states = await one.registry.read('state', ['i-42/c0', 'i-42/c1', 'i-42/c2', 'i-42/c3', 'i-42/c4']);
  expect(states.map((read) => read?.value.event?.occurrences)).toEqual([80, 80, 80, 80, 80]);
  expect(one.taken.length + other.taken.length).toBe(400);
});

test('a store that refuses gives the batch back, and nothing was handed on', async () => {
  const { intake, taken } = open();
  await store.close();
  await expect(intake.take([result('i-42', { status: 1 })])).rejects.toMatchObject({ kind: 'closed' });
  expect(taken).toEqual([]);
});

test('a repeat is acknowledged when the result is on disk, not while it is being written', async () => {
  let goOn = (): void => undefined;
  const writing = new Promise<void>((resolve) => (goOn = resolve));
  const slow = new Proxy(store, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name);
      if (name !== 'commit') return typeof value === 'function' ? value.bind(target) : value;
      return (changes: readonly Change[]) =>
        target.commit(changes).finally(() => (changes.length > 0 ? writing : undefined));
    },
  });
  const { intake, counters } = open(slow);
  const numbered = result(
    'i-42',
    { status: 1 },
    { id: { agent: 'i-42', boot: 'b', number: 1, previous: 0 } },
  );
  const first = intake.take([numbered]);
  const acknowledged: string[] = [];
  const again = intake.take([numbered]).then(() => acknowledged.push('again'));
  await until(() => (store.view('state')?.size ?? 0) > 0, 'it is applied');
  await settle();
  expect(acknowledged).toEqual([]);
  goOn();
  await Promise.all([first, again]);
  expect(counters.read('results_repeated')).toBe(1);
});

test('what would have been told of a late result is decided without a word in the log', async () => {
  const { intake, quiet, taken } = open();
  const numbered = (number: number, status: number, extra: Partial<Incoming> = {}): Incoming =>
    result(
      'i-42',
      { status, executed: 1000 + number },
      { id: { agent: 'i-42', boot: 'b', number, previous: number - 1 }, ...extra },
    );
  await intake.take([numbered(1, 0), numbered(5, 0), numbered(3, 2, { spooled: true })]);
  expect(taken).toEqual([]);
  expect(quiet.map(({ check }) => check.status)).toEqual([2]);
});

test('attended time goes on over a restart, and neither sleep nor a set clock adds to it', async () => {
  const first = open();
  await first.attendance.start();
  await clock.advance(60_000);
  clock.step(3_600_000);
  clock.suspend(3_600_000, { elapsedGoesOn: true });
  await clock.advance(10_000);
  await first.attendance.stop();
  expect(first.attendance.attendedMs()).toBeLessThan(75_000);
  const second = open();
  await second.attendance.start();
  expect(second.attendance.attendedMs()).toBe(first.attendance.attendedMs());
  await second.attendance.stop();
});

test('no body makes the intake fail', async () => {
  const { intake, keepalives } = open();
  await fc.assert(
    fc.asyncProperty(fc.array(fc.jsonValue(), { maxLength: 5 }), async (bodies) => {
      const batch = bodies.map((body) => ({ body, redelivered: false }));
      await intake.take(batch);
      await keepalives.take(batch);
      const nearly = bodies.map((extra) =>
        result(
          'i-42',
          typeof extra === 'object' && extra ? { ...extra, name: 'disk', output: 'x', status: 1 } : {},
        ),
      );
      await intake.take(nearly);
    }),
    { numRuns: 100 },
  );
});

async function write<K extends 'client' | 'silence' | 'signature'>(
  registry: Registry,
  kind: K,
  name: string,
  value: Parameters<typeof writing<K>>[2],
): Promise<void> {
  await registry.store.commit([{ writes: [writing(kind, name, value)] }]);
}

const silence = (id: string, extra: Partial<Silence> = {}, endsAtMs: number | null = null): SilenceState => {
  const [subscription = '', check = ''] = [
    id.slice(0, id.lastIndexOf(':')),
    id.slice(id.lastIndexOf(':') + 1),
  ];
  return {
    silence: {
      id,
      subscription: subscription === '*' ? null : subscription,
      check: check === '*' ? null : check,
      ...{ reason: null, creator: null, begin: null, expire_on_resolve: false, timestamp: 1 },
      ...extra,
    },
    endsAtMs,
  };
};

test('silences that apply are named in the event, the stored one too, in the order of the subscriptions', async () => {
  const { intake, keepalives, registry, taken } = open();
  await keepalives.take([keepalive({ subscriptions: ['web', 'db'] })]);
  const soon = Math.floor(clock.now() / 1000) + 60;
  for (const state of [
    silence('*:disk'),
    silence('client:i-42:*'),
    silence('db:disk'),
    silence('web:disk', { begin: soon }),
    silence('web:*', {}, clock.now() - 1),
    silence('mail:*'),
  ]) {
    await write(registry, 'silence', state.silence.id, state);
  }
  await intake.take([result('i-42', { status: 0 }), result('i-42', { status: 2 })]);
  const by = ['db:disk', 'client:i-42:*', '*:disk'];
  expect(taken.map(({ event }) => [event.silenced, event.silenced_by])).toEqual([[true, by]]);
  expect((await stateOf(registry, 'i-42/disk'))?.event).toMatchObject({ silenced: true, silenced_by: by });
});

test('a silence that expires on resolve is deleted with the resolve, which is told; others of the batch come behind it', async () => {
  const { intake, registry, taken } = open();
  await write(registry, 'silence', 'client:a:*', silence('client:a:*', { expire_on_resolve: true }));
  await write(registry, 'silence', '*:disk', silence('*:disk'));
  await intake.take([
    result('a', { status: 1 }),
    result('a', { status: 1, name: 'cpu' }),
    result('a', { status: 0 }),
    result('a', { status: 0, name: 'cpu' }),
    result('a', { status: 1, name: 'ram' }),
  ]);
  expect(taken.map(({ event }) => [event.check.name, event.action, event.silenced_by])).toEqual([
    ['disk', 'create', ['client:a:*', '*:disk']],
    ['disk', 'resolve', ['*:disk']],
    ['cpu', 'create', []],
    ['cpu', 'resolve', []],
    ['ram', 'create', []],
  ]);
  expect(
    (await registry.read('silence', ['client:a:*', '*:disk'])).map((read) => read !== undefined),
  ).toEqual([false, true]);
});

test('a silence that is set anew while a resolve ends it is not lost', async () => {
  const { intake, registry } = open();
  const id = 'client:a:disk';
  await write(registry, 'silence', id, silence(id, { expire_on_resolve: true }));
  await intake.take([result('a', { status: 1 })]);
  const commit = store.commit.bind(store);
  let interfered = false;
  store.commit = async (changes) => {
    if (!interfered) {
      interfered = true;
      await commit([{ writes: [writing('silence', id, silence(id, { reason: 'anew' }))] }]);
    }
    return commit(changes);
  };
  await intake.take([result('a', { status: 0 })]);
  const [read] = await registry.read('silence', [id]);
  expect(read?.value.silence.reason).toBe('anew');
  expect((await stateOf(registry, 'a/disk'))?.event).toBeNull();
});

test('a client that is kept away stays away until the end, and its results with it', async () => {
  const { intake, keepalives, registry, counters, taken } = open(store, { handlers: ['registration'] });
  const endsAtMs = clock.now() + 60_000;
  await write(registry, 'signature', 'i-42', { signature: 'invalidated', endsAtMs });
  await keepalives.take([keepalive({}), keepalive({ signature: 's3' })]);
  await intake.take([result('i-42', { status: 2 }), result('i-42', { status: 2 }, {}, 's3')]);
  expect(await registry.read('client', ['i-42'])).toEqual([undefined]);
  expect(await stateOf(registry, 'i-42/disk')).toBeUndefined();
  expect([counters.read('keepalives_unsigned'), counters.read('results_unsigned')]).toEqual([2, 2]);
  await clock.advance(60_000);
  await keepalives.take([keepalive({ signature: 's3' })]);
  const [client, kept] = [
    await registry.read('client', ['i-42']),
    await registry.read('signature', ['i-42']),
  ];
  expect([client[0]?.value.signature, kept[0]]).toEqual(['s3', undefined]);
  expect(taken.map(({ event }) => event.check.name)).toEqual(['registration']);
});

test('a result that carries a kept signature is taken, but registers no client', async () => {
  const { intake, registry, taken } = open(store, { handlers: ['registration'] });
  await write(registry, 'signature', 'i-42', { signature: 's3', endsAtMs: null });
  await intake.take([result('i-42', { status: 2 }, {}, 's3'), result('i-42', { status: 1 })]);
  expect(taken.map(({ event }) => [event.check.name, event.client.address])).toEqual([['disk', 'unknown']]);
  expect((await stateOf(registry, 'i-42/disk'))?.history).toEqual([2]);
  expect(await registry.read('client', ['i-42'])).toEqual([undefined]);
});

test('a new client is told of once, by keepalive, result or proxy result, and nothing of it is kept', async () => {
  const { intake, keepalives, registry, taken, counters } = open(store, { handlers: ['registration'] });
  await keepalives.take([keepalive({}), keepalive({})]);
  await keepalives.take([keepalive({})]);
  await intake.take([result('stranger', {}), result('i-42', { source: 'switch' }), result('stranger', {})]);
  await keepalives.take([keepalive({ name: 'stranger' })]);
  const told = taken.map(({ event }) => event);
  expect(told.map(({ client }) => client.name)).toEqual(['i-42', 'stranger', 'switch']);
  const now = Math.floor(clock.now() / 1000);
  const { id, ...event } = told[0] as Event;
  expect(id).toMatch(/^[0-9a-f-]{36}$/);
  expect(event).toEqual({
    client: { name: 'i-42', subscriptions: ['web', 'client:i-42'], timestamp: 1000, version: '1.9.0' },
    check: {
      ...{ handler: 'registration', status: 1, name: 'registration', output: 'new client registration' },
      ...{ issued: now, executed: now, history: [], total_state_change: 0 },
    },
    ...{ occurrences: 1, occurrences_watermark: 1, last_ok: null, action: 'create', timestamp: now },
    ...{ silenced: false, silenced_by: [] },
  });
  expect(await stateOf(registry, 'i-42/registration')).toBeUndefined();
  expect(counters.read('events')).toBe(3);
  const due = await registry.read(
    'delivery',
    taken.map((delivery) => delivery.id),
  );
  expect(due.every((read) => read !== undefined)).toBe(true);
});

test('a client says itself what its registration is like; what does not fit is left out, and nobody else is told of', async () => {
  const { keepalives, registry, taken } = open();
  await write(registry, 'silence', '*:registration', silence('*:registration'));
  const registration = { handlers: ['cmdb'], status: '0', owner: { team: 'web' }, name: 'x' };
  await keepalives.take([keepalive({ registration }), keepalive({ name: 'other', registration: 5 })]);
  await keepalives.take([keepalive({ name: 'third', registration: { status: 3 } })]);
  expect(taken.map(({ event: { check } }) => check)).toMatchObject([
    { name: 'registration', status: 1, handlers: ['cmdb'], owner: { team: 'web' } },
  ]);
  expect(taken[0]?.event.silenced_by).toEqual(['*:registration']);
  // A status of 3 is what this test's rules hold back.
  const [held] = await registry.log('deliveries', 'third', 'registration');
  expect(held?.entry).toMatchObject({ outcome: 'filtered', status: 3 });
});

test('a registration is not told when its client could not be committed, and once when two servers meet it', async () => {
  const one = open(store, { handlers: ['registration'] });
  const other = open(store, { handlers: ['registration'] });
  const names = Array.from({ length: 20 }, (_, index) => `c${index}`);
  const batch = names.map((name) => keepalive({ name }));
  const results = names.map((name) => result(name, { status: 0 }));
  await Promise.all([one.keepalives.take(batch), other.intake.take(results), other.keepalives.take(batch)]);
  const told = [...one.taken, ...other.taken].map(({ event }) => event.client.name);
  expect(told.sort()).toEqual([...names].sort());
});

test('a client that the API put there is told of at its first keepalive, unless it was known before', async () => {
  const { intake, keepalives, registry, taken } = open(store, { handlers: ['registration'] });
  const posted = (name: string) => ({
    client: { name, subscriptions: [], timestamp: 1, version: '1' },
    ...{ signature: '', seenAttendedMs: 0, seenAtMs: 0, posted: true as const },
  });
  for (const name of ['printer', 'away']) await write(registry, 'client', name, posted(name));
  await write(registry, 'signature', 'away', { signature: 'invalidated', endsAtMs: null });
  await intake.take([result('printer', { status: 0 })]);
  expect(taken).toEqual([]);
  await keepalives.take([keepalive({ name: 'printer' }), keepalive({ name: 'away' })]);
  await keepalives.take([keepalive({ name: 'printer' })]);
  expect(taken.map(({ event }) => [event.client.name, event.check.name])).toEqual([
    ['printer', 'registration'],
  ]);
  const [printer, away] = await registry.read('client', ['printer', 'away']);
  expect(printer?.value).not.toHaveProperty('posted');
  expect(away?.value.posted).toBe(true);
});

test('a result whose judgement throws is set aside, and what came with it is taken', async () => {
  const throwsFor = ({ client, occurrences }: Event): boolean => client.name === 'odd' && occurrences === 2;
  const { intake, registry, counters, log, taken } = open(store, { throwsFor });
  const batch = [
    ...[2, 2, 0].map((status) => result('odd', { status })),
    ...[2, 2].map((status) => result('i-42', { status })),
  ];
  await intake.take(batch);
  expect((await stateOf(registry, 'odd/disk'))?.history).toEqual([2, 0]);
  expect((await stateOf(registry, 'i-42/disk'))?.history).toEqual([2, 2]);
  expect([counters.read('results_taken'), counters.read('set_aside')]).toEqual([4, 1]);
  expect(taken.map(({ event }) => `${event.client.name} ${event.action}`)).toEqual([
    ...['odd create', 'odd resolve', 'i-42 create', 'i-42 create'],
  ]);
  await intake.take([2, 2, 2].map((status) => result('odd', { status })));
  expect(counters.read('set_aside')).toBe(3);
  const told = log.lines.filter(({ level }) => level === 'error');
  expect(told).toMatchObject([{ fields: { client: 'odd', check: 'disk', error: 'a defect' } }]);
  expect(told[0]?.fields['at']).toContain('intake.test.ts');
});

test('a message that cannot even be looked at is set aside, and the others are taken', async () => {
  const { intake, registry, counters } = open();
  const limits = {
    admits: ({ client }: CheckResult): boolean => {
      if (client === 'odd') throw new TypeError('a defect');
      return true;
    },
  };
  const limited = open(store, { limits });
  await limited.intake.take([result('odd', {}), result('i-42', { status: 1 })]);
  expect(limited.counters.read('set_aside')).toBe(1);
  expect((await stateOf(registry, 'i-42/disk'))?.history).toEqual([1]);
  await intake.take([result('odd', {})]);
  expect(counters.read('results_taken')).toBe(1);
});

test('a unit of which nothing can be judged makes no client and writes nothing', async () => {
  const { intake, registry, counters, taken } = open(store, { throwsFor: () => true });
  await intake.take([result('odd', { status: 2 })]);
  expect(await registry.read('client', ['odd'])).toEqual([undefined]);
  expect(await stateOf(registry, 'odd/disk')).toBeUndefined();
  expect([counters.read('set_aside'), counters.read('results_taken'), taken]).toEqual([1, 0, []]);
});

test('a registration that cannot be judged is set aside, and its client is there', async () => {
  const options = { handlers: ['registration'], throwsFor: () => true };
  const { intake, keepalives, registry, counters, log } = open(store, options);
  await keepalives.take([keepalive({})]);
  await intake.take([result('stranger', { status: 0 })]);
  const clients = await registry.read('client', ['i-42', 'stranger']);
  expect(clients.map((read) => read?.value.client.name)).toEqual(['i-42', 'stranger']);
  expect(counters.read('set_aside')).toBe(2);
  const message =
    'a registration was set aside: a defect of Tocsin kept it from being taken; please report it';
  expect(log.lines).toMatchObject([
    { message, fields: { client: 'i-42' } },
    { message, fields: { client: 'stranger' } },
  ]);
});

test('what the store can never take is set aside, and the rest of the batch is committed once', async () => {
  const impossible = ({ writes }: Change): boolean => writes.some(({ name }) => name.startsWith('odd'));
  const refusing: Store = Object.create(store, {
    commit: {
      value: async (changes: readonly Change[]) => {
        if (changes.some(impossible)) throw new TocsinError('BUG', 'it is no JSON');
        return store.commit(changes);
      },
    },
    view: { value: (kind: string) => store.view(kind) },
    get: { value: (...args: Parameters<Store['get']>) => store.get(...args) },
  });
  const { intake, keepalives, registry, counters, log, taken } = open(refusing);
  const names = ['a', 'b', 'odd', 'c', 'd'];
  await intake.take(names.flatMap((name) => [result(name, { status: 1 }), result(name, { status: 2 })]));
  for (const name of ['a', 'b', 'c', 'd'])
    expect((await stateOf(registry, `${name}/disk`))?.history).toEqual([1, 2]);
  expect(await stateOf(registry, 'odd/disk')).toBeUndefined();
  expect(taken.map(({ event }) => event.client.name)).toEqual(['a', 'a', 'b', 'b', 'c', 'c', 'd', 'd']);
  // Both results, and the client that would have come into being.
  expect([counters.read('set_aside'), counters.read('commit_conflicts')]).toEqual([3, 0]);
  await keepalives.take(names.map((name) => keepalive({ name })));
  expect([counters.read('keepalives_taken'), counters.read('set_aside')]).toEqual([4, 4]);
  expect(log.lines.map(({ fields }) => fields['client'])).toEqual(['odd', 'odd', 'odd']);
});

test('aggregates are those of the last result', async () => {
  const { intake, registry } = open();
  const of = async (check: object) => {
    await intake.take([result('a', check)]);
    return (await stateOf(registry, 'a/disk'))?.aggregates;
  };
  expect(await of({ aggregate: true })).toEqual(['disk']);
  expect(await of({ aggregate: 'web|1' })).toEqual(['web|1']);
  expect(await of({ aggregate: 'x', aggregates: ['one', 'two', 'one'] })).toEqual(['one', 'two']);
  expect(await of({ aggregate: false })).toBeUndefined();
  const many = await of({ aggregates: Array.from({ length: 5000 }, (_, index) => `a${index}`) });
  expect(many?.length).toBe(100);
  expect(await of({})).toBeUndefined();
});

test('a message larger than allowed is dropped and counted; one of just that size is taken', async () => {
  const bytes = Buffer.byteLength(JSON.stringify(result('a', { output: 'ö' }).body));
  const { intake, keepalives, counters, log } = open(store, { largestBytes: bytes });
  await intake.take([
    result('a', { output: 'ö' }),
    result('a', { output: 'öx' }),
    result('a', { output: 'öxy' }),
  ]);
  await keepalives.take([keepalive({ note: 'x'.repeat(bytes) })]);
  expect(counters.read('results_taken')).toBe(1);
  expect([counters.read('results_oversized'), counters.read('keepalives_oversized')]).toEqual([2, 1]);
  expect(log.lines.filter(({ message }) => message === 'message is too large').length).toBe(2);
});

test('what a server makes of an old execution counts only while no other was reported, and renews nothing', async () => {
  const { intake, registry, attendance } = open();
  await attendance.start();
  await intake.take([result('a', { ttl: 60, executed: 1000 })]);
  const before = (await stateOf(registry, 'a/disk'))?.takenAttendedMs;
  await clock.advance(10_000);
  const stale = { client: 'a', check: { name: 'disk', output: 'old', status: 1, ttl: 60, executed: 1000 } };
  await intake.takeStale([stale]);
  await intake.takeStale([stale]);
  const after = await stateOf(registry, 'a/disk');
  expect([after?.history, after?.event?.occurrences, after?.takenAttendedMs]).toEqual([[0, 1, 1], 2, before]);
  await intake.take([result('a', { ttl: 60, executed: 1060 })]);
  await intake.takeStale([stale]);
  const renewed = await stateOf(registry, 'a/disk');
  expect([renewed?.history, renewed?.event]).toEqual([[0, 1, 1, 0], null]);
  expect(renewed?.takenAttendedMs).toBe((before ?? 0) + 10_000);
  await intake.take([result('a', { force_resolve: true, executed: 1070 })]);
  await intake.takeStale([{ ...stale, check: { ...stale.check, executed: 1070 } }]);
  expect((await stateOf(registry, 'a/disk'))?.history).toEqual([0, 1, 1, 0, 0]);
  await attendance.stop();
});
