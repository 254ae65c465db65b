import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Delivery } from '../../model/delivery.ts';
import { sampleEvent } from '../../testing/plugin-context.ts';
import { RANDOM_INPUTS } from '../../testing/random.ts';
import { Backlog } from './backlog.ts';

const event = sampleEvent();
const delivery = (number: number, handler = 'mail'): Delivery => ({
  id: String(number).padStart(6, '0'),
  handler,
  event,
  tries: 1,
});

/** A store and handlers in small: what is in hand ends when told. */
function bench(mostInHand: number, pageSize: number) {
  const store = new Map<string, Delivery>();
  const inHand: Delivery[] = [];
  const begun: string[] = [];
  const begin = (each: Delivery): void => {
    inHand.push(each);
    begun.push(each.id);
  };
  const backlog = new Backlog({
    room: (handler) => mostInHand - inHand.filter((each) => each.handler === handler).length,
    read: async (after) => {
      const behind = [...store.values()]
        .filter(({ id }) => id > after)
        .sort((a, b) => (a.id < b.id ? -1 : 1));
      const deliveries = behind.slice(0, pageSize);
      return { deliveries, through: deliveries.at(-1)?.id ?? after, isLast: behind.length <= pageSize };
    },
    begin,
  });
  const take = (each: Delivery): void => {
    if (!backlog.keeps(each)) begin(each);
  };
  const end = (): void => {
    const ended = inHand.shift();
    if (!ended) return;
    store.delete(ended.id);
    void backlog.refill(ended.handler);
  };
  return { backlog, store, inHand, begun, take, end };
}

test('each delivery is begun once, those of a handler in order, and never more at once than there is room', async () => {
  const step = fc.constantFrom('take mail', 'take pager', 'end', 'end', 'turn');
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { maxLength: 200 }),
      fc.integer({ min: 1, max: 5 }),
      fc.integer({ min: 1, max: 7 }),
      async (steps, mostInHand, pageSize) => {
        const { backlog, store, inHand, begun, take, end } = bench(mostInHand, pageSize);
        let made = 0;
        for (const what of [...steps, ...steps.map(() => 'drain')]) {
          if (what.startsWith('take')) {
            const each = delivery(++made, what.slice(5));
            store.set(each.id, each);
            take(each);
          } else if (what === 'turn') await Promise.resolve();
          else end();
          if (what === 'drain') for (let turn = 0; turn < 10; turn++) await Promise.resolve();
          for (const handler of ['mail', 'pager']) {
            expect(inHand.filter((each) => each.handler === handler).length).toBeLessThanOrEqual(mostInHand);
          }
        }
        while (inHand.length > 0) {
          end();
          for (let turn = 0; turn < 10; turn++) await Promise.resolve();
        }
        expect([...begun].sort()).toEqual(Array.from({ length: made }, (_, index) => delivery(index + 1).id));
        expect(backlog.size).toBe(0);
        expect(store.size).toBe(0);
      },
    ),
    { numRuns: RANDOM_INPUTS },
  );
});

test('what is committed behind what was read back already is begun at once', async () => {
  const { backlog, store, inHand, begun, take, end } = bench(1, 10);
  const late = delivery(2);
  for (const each of [delivery(1), delivery(3), delivery(4)]) {
    store.set(each.id, each);
    take(each);
  }
  end();
  await Promise.resolve();
  await Promise.resolve();
  expect(begun).toEqual(['000001', '000003']);
  take(late);
  expect(begun).toEqual(['000001', '000003', '000002']);
  expect(backlog.size).toBe(1);
  expect(inHand).toHaveLength(2);
});

test('what is read but was not given yet is left until it is', async () => {
  const { store, begun, take, end } = bench(1, 10);
  const early = delivery(3);
  for (const each of [delivery(1), delivery(2)]) {
    store.set(each.id, each);
    take(each);
  }
  store.set(early.id, early);
  end();
  for (let turn = 0; turn < 5; turn++) await Promise.resolve();
  expect(begun).toEqual(['000001', '000002']);
  end();
  take(early);
  expect(begun).toEqual(['000001', '000002', '000003']);
});

test('what somebody deleted is not waited for', async () => {
  const { backlog, store, begun, take, end } = bench(1, 10);
  for (const each of [delivery(1), delivery(2)]) {
    store.set(each.id, each);
    take(each);
  }
  store.delete(delivery(2).id);
  end();
  for (let turn = 0; turn < 5; turn++) await Promise.resolve();
  expect(backlog.size).toBe(0);
  take(delivery(3));
  expect(begun).toEqual(['000001', '000003']);
});

test('a store that cannot be read now is asked again later', async () => {
  let pages = 0;
  const begun: string[] = [];
  let room = 0;
  const backlog = new Backlog({
    room: () => room,
    read: async () =>
      ++pages === 1 ? undefined : { deliveries: [delivery(1)], through: delivery(1).id, isLast: true },
    begin: ({ id }) => begun.push(id),
  });
  expect(backlog.keeps(delivery(1))).toBe(true);
  room = 1;
  await backlog.refill('mail');
  expect(backlog.isWaiting('mail')).toBe(true);
  await backlog.refill('mail');
  expect(begun).toEqual(['000001']);
  expect(backlog.isWaiting('mail')).toBe(false);
});
