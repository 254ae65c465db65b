import { expect, test } from 'vitest';
import { ManualClock, settle } from '../../testing/clock.ts';
import { Lanes } from './lanes.ts';

interface Item {
  lane: string;
  key: string;
  number: number;
}

/** Lanes whose items end when told. */
function bench(concurrency: number, gapMs = 0) {
  const limits = { concurrency, gapMs };
  const begun: Item[] = [];
  const ends = new Map<Item, (restMs?: number) => void>();
  const clock = new ManualClock();
  const lanes = new Lanes<Item>({
    clock,
    limits: () => limits,
    begin: (item) => {
      begun.push(item);
      return new Promise<number | undefined>((resolve) => ends.set(item, resolve));
    },
    left: () => {},
  });
  const end = async (item: Item, restMs?: number): Promise<void> => {
    ends.get(item)?.(restMs);
    ends.delete(item);
    await settle();
  };
  return { lanes, begun, end, ends, clock, limits };
}

const item = (lane: string, key: string, number = 0): Item => ({ lane, key, number });

test('an item begins at once when there is room', () => {
  const { lanes, begun } = bench(2);
  const first = item('mail', 'web/disk');
  lanes.add(first);
  expect(begun).toEqual([first]);
});

test('items of one key run one after another, in order; other keys and lanes do not wait for them', async () => {
  const { lanes, begun, end } = bench(10);
  const items = [1, 2, 3].map((number) => item('mail', 'web/disk', number));
  for (const each of items) lanes.add(each);
  const other = item('mail', 'web/load');
  const elsewhere = item('pager', 'web/disk');
  lanes.add(other);
  lanes.add(elsewhere);
  expect(begun).toEqual([items[0], other, elsewhere]);
  await end(items[0]!);
  expect(begun.at(-1)).toBe(items[1]);
  await end(items[1]!);
  expect(begun.at(-1)).toBe(items[2]);
  expect(lanes.size).toBe(3);
});

test('one lane runs no more than its limit, and all of them in the end', async () => {
  const { lanes, begun, end, ends } = bench(3);
  for (let number = 0; number < 20; number++) lanes.add(item('tcp', `c/${number}`, number));
  expect(begun).toHaveLength(3);
  while (lanes.size > 0) {
    expect(ends.size).toBeLessThanOrEqual(3);
    await end([...ends.keys()][0]!);
  }
  expect(begun.map((each) => each.number)).toEqual(Array.from({ length: 20 }, (_, number) => number));
});

test('a storm of items that end at once leaves other work its turns', async () => {
  let turns = 0;
  let running = true;
  const count = (): void => {
    turns++;
    if (running) setImmediate(count);
  };
  setImmediate(count);
  let ended = 0;
  await new Promise<void>((resolve) => {
    const lanes = new Lanes<Item>({
      clock: new ManualClock(),
      limits: () => ({ concurrency: 64, gapMs: 0 }),
      begin: async () => undefined,
      left: () => {
        if (++ended === 5000) resolve();
      },
    });
    for (let number = 0; number < 5000; number++) lanes.add(item('plugin', `c/${number}`));
  });
  running = false;
  expect(turns).toBeGreaterThanOrEqual(90);
});

test('after stop nothing begins, and what waits is still there', async () => {
  const { lanes, begun, end } = bench(1);
  const first = item('mail', 'a/a');
  lanes.add(first);
  lanes.add(item('mail', 'b/b'));
  lanes.stop();
  await end(first);
  expect(begun).toEqual([first]);
  expect(lanes.size).toBe(1);
  expect(lanes.running).toBe(0);
});

test('an item that rests begins again after that time; what stands behind it waits, what does not goes on', async () => {
  const { lanes, begun, end, clock } = bench(1);
  const first = item('mail', 'a/a', 1);
  const second = item('mail', 'a/a', 2);
  const other = item('mail', 'b/b', 3);
  for (const each of [first, second, other]) lanes.add(each);
  await end(first, 5_000);
  expect(begun).toEqual([first, other]);
  expect([lanes.resting, lanes.size, lanes.rests(first), lanes.behind(first)]).toEqual([
    2,
    3,
    true,
    [second],
  ]);
  await end(other);
  await clock.advance(4_999);
  expect(begun).toHaveLength(2);
  await clock.advance(1);
  expect(begun.at(-1)).toBe(first);
  expect(lanes.resting).toBe(0);
  await end(first);
  expect(begun.at(-1)).toBe(second);
  await end(second);
  expect([lanes.size, lanes.running, lanes.resting]).toEqual([0, 0, 0]);
});

test('an item may rest before it is begun for the first time', async () => {
  const { lanes, begun, clock } = bench(1);
  lanes.add(item('mail', 'a/a'), 100);
  expect(begun).toEqual([]);
  await clock.advance(100);
  expect(begun).toHaveLength(1);
});

test('what rests or waits can be taken out of the line; the next of it begins', async () => {
  const { lanes, begun, end, clock } = bench(2);
  const items = [1, 2, 3, 4].map((number) => item('mail', 'a/a', number));
  for (const each of items) lanes.add(each);
  expect(lanes.withdraw(items[0]!, ({ number }) => number === 1)).toEqual([]);
  await end(items[0]!, 1_000);
  expect(lanes.withdraw(items[0]!, ({ number }) => number === 1 || number === 3)).toEqual([
    items[0],
    items[2],
  ]);
  expect(begun).toEqual([items[0], items[1]]);
  expect([lanes.size, lanes.resting, clock.pending]).toEqual([2, 0, 0]);
  await end(items[1]!);
  await end(items[3]!);
  expect(begun.at(-1)).toBe(items[3]);
  expect(lanes.withdraw(items[0]!, () => true)).toEqual([]);
  expect(lanes.size).toBe(0);
});

test('a lane begins no more a second than its rate, tries included, and keeps the rate when it was empty', async () => {
  const { lanes, begun, end, clock, ends } = bench(10, 500);
  for (let number = 0; number < 5; number++) lanes.add(item('mail', `c/${number}`, number));
  lanes.add(item('mail', 'c/0', 5));
  expect(begun).toHaveLength(1);
  await end(begun[0]!, 600);
  for (const wanted of [2, 3, 4, 5]) {
    await clock.advance(500);
    expect(begun).toHaveLength(wanted);
  }
  for (let round = 0; round < 20; round++) {
    for (const each of [...ends.keys()]) await end(each);
    await clock.advance(500);
  }
  expect(begun.map(({ number }) => number).sort()).toEqual([0, 0, 1, 2, 3, 4, 5]);
  lanes.add(item('mail', 'd/d', 6));
  await end(begun.at(-1)!);
  lanes.add(item('mail', 'd/d', 7));
  expect(begun).toHaveLength(8);
  await clock.advance(470);
  expect(begun).toHaveLength(8);
  await clock.advance(30);
  expect(begun).toHaveLength(9);
});

test('other limits count at once', async () => {
  const { lanes, begun, limits, clock } = bench(1, 3_600_000);
  for (let number = 0; number < 6; number++) lanes.add(item('mail', `c/${number}`, number));
  expect(begun).toHaveLength(1);
  limits.concurrency = 3;
  limits.gapMs = 1_000;
  lanes.look();
  await clock.advance(1_000);
  expect(begun).toHaveLength(2);
  limits.gapMs = 0;
  lanes.look();
  expect(begun).toHaveLength(3);
});

test('after stop nothing that rests or is paced begins, and no timer is left', async () => {
  const { lanes, begun, end, clock } = bench(5, 1_000);
  lanes.add(item('mail', 'a/a'));
  lanes.add(item('mail', 'b/b'));
  await end(begun[0]!, 100);
  lanes.stop();
  await clock.advance(10_000);
  expect(begun).toHaveLength(1);
  expect(clock.pending).toBe(0);
});
