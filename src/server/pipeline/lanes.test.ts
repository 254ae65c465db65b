import { expect, test } from 'vitest';
import { settle } from '../../testing/clock.ts';
import { Lanes } from './lanes.ts';

interface Item {
  lane: string;
  key: string;
  number: number;
}

/** Lanes whose items end when told. */
function bench(limit: number) {
  const begun: Item[] = [];
  const ends = new Map<Item, () => void>();
  const lanes = new Lanes<Item>({
    limit,
    begin: (item) => {
      begun.push(item);
      return new Promise((resolve) => ends.set(item, resolve));
    },
    left: () => {},
  });
  const end = async (item: Item): Promise<void> => {
    ends.get(item)?.();
    ends.delete(item);
    await settle();
  };
  return { lanes, begun, end, ends };
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
      limit: 64,
      begin: async () => {},
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
