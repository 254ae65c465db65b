import { afterEach, beforeEach, expect, it } from 'vitest';
import { type AccessWorld, startAccess } from '../testing/access.ts';
import { settle } from '../testing/clock.ts';
import { Audit } from './audit.ts';

let world: AccessWorld;
beforeEach(async () => {
  world = await startAccess();
});
afterEach(() => world.stop());

const entry = (what: string) => ({
  ...{ who: 'ann', how: 'password' as const, address: '::1', what, target: '', result: '201' },
});

it('keeps entries in their order, many of one moment too', async () => {
  const { audit } = world.access;
  await Promise.all(Array.from({ length: 50 }, (_, index) => audit.record(entry(`change ${index}`))));
  const entries = await audit.read({ limit: 100 });
  expect(entries.map((one) => one.entry.what).reverse()).toEqual(
    Array.from({ length: 50 }, (_, index) => `change ${index}`),
  );
  expect(entries[0]?.entry.timestamp).toBe(Math.floor(world.clock.now() / 1000));
});

it('tells what comes from outside in one line of bounded length', async () => {
  const { audit } = world.access;
  await audit.record({ ...entry(`a\nb\u2028c\u001b[2J`), target: 'x'.repeat(5_000) });
  const [read] = await audit.read({ limit: 1 });
  expect(read?.entry.what).toBe('a b c [2J');
  expect(read?.entry.target).toHaveLength(300);
});

it('records a cause once an hour, and no more causes than would push out what people did', async () => {
  const { audit } = world.access;
  for (let time = 0; time < 1000; time++) audit.recordSeldom(`source ${time}`, 'cause', entry('refused'));
  for (let time = 0; time < 3; time++) audit.recordSeldom('source 1', 'cause', entry('refused'));
  await audit.record(entry('change'));
  expect(await audit.read({ limit: 1000 })).toHaveLength(201);
  await world.clock.advance(3_600_000);
  audit.recordSeldom('source 1', 'cause', entry('refused again'));
  await audit.record(entry('change'));
  const [, newest] = await audit.read({ limit: 2 });
  expect(newest?.entry.what).toBe('refused again');
});

it('leaves room for others when one source makes up causes', async () => {
  const { audit } = world.access;
  for (let time = 0; time < 1000; time++) audit.recordSeldom('10.0.0.9', `cause ${time}`, entry('made up'));
  audit.recordSeldom('10.0.0.8', 'cause', entry('another'));
  await audit.record(entry('change'));
  const told = (await audit.read({ limit: 1000 })).map((one) => one.entry.what);
  expect(told).toEqual(['change', 'another', ...Array(50).fill('made up')]);
});

it('holds entries while the store is away, bounded and counted, and writes them later', async () => {
  const { registry, clock, log, counters } = world;
  let away = true;
  const failing = Object.create(registry.store, {
    commit: {
      value: (changes: never) =>
        away ? Promise.reject(new Error('disk is full')) : registry.store.commit(changes),
    },
  }) as typeof registry.store;
  const audit = new Audit({
    registry: Object.assign(Object.create(registry), { store: failing }) as typeof registry,
    ...{ clock, log, counters },
  });
  for (let time = 0; time < 1_100; time++) await audit.record(entry(`change ${time}`));
  expect(counters.read('audit_lost')).toBe(100);
  expect(log.lines.some(({ message }) => message.includes('audit log cannot be written'))).toBe(true);
  away = false;
  await clock.advance(2_000);
  await settle();
  await audit.close();
  const entries = await world.access.audit.read({ limit: 1000 });
  expect(entries).toHaveLength(1000);
  expect(entries.at(-1)?.entry.what).toBe('change 0');
});
