import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Delivery, DeliveryRecord } from '../../model/delivery.ts';
import type { Event } from '../../model/event.ts';
import { Counters } from '../../runtime/counters.ts';
import { Registry } from '../../state/registry.ts';
import { openEmbeddedStore, type Store } from '../../store/index.ts';
import { ManualClock } from '../../testing/clock.ts';
import { memoryLog } from '../../testing/log.ts';
import { seededRandom } from '../../testing/random.ts';
import type { Incoming } from '../../transport/port.ts';
import { Admission, AttendanceKeeper, KeepaliveIntake, ResultIntake } from './index.ts';

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

/** An intake on the store, whose deliveries and events are noted. */
function open(given: Store = store) {
  const registry = new Registry(given);
  const log = memoryLog();
  const counters = new Counters();
  const random = seededRandom();
  const admission = new Admission({ log, counters });
  const events: Event[] = [];
  const taken: Delivery[] = [];
  const intake = new ResultIntake({
    checks: new Map([
      [
        'disk',
        {
          name: 'disk',
          command: 'check-disk :::path:::',
          interval: 60,
          subscribers: ['web'],
          handler: 'mail',
        },
      ],
    ]),
    registry,
    admission,
    decide: (event) => {
      events.push(event);
      const delivery = { id: random.uuid(), handler: 'mail', event, tries: 1 };
      return event.check.status === 3
        ? { deliveries: [], records: [heldBack(event)] }
        : { deliveries: [delivery], records: [] };
    },
    take: (deliveries) => void taken.push(...deliveries),
    clock,
    random,
    log,
    counters,
    version: '1',
  });
  const attendance = new AttendanceKeeper({ registry, clock, log, listening: () => true });
  const keepalives = new KeepaliveIntake({ registry, admission, attendance, clock, counters });
  return { intake, keepalives, attendance, registry, log, counters, events, taken };
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
