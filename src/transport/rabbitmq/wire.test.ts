import fc from 'fast-check';
import { expect, test } from 'vitest';
import { RANDOM_INPUTS, seededRandom } from '../../testing/random.ts';
import { pauseMs, shuffled } from './line.ts';
import { DeliveryWindow } from './window.ts';
import { besideOf, bodyOf, readBeside } from './wire.ts';

const ids = fc.record({
  agent: fc.stringMatching(/^[\w.-]{1,60}$/),
  boot: fc.stringMatching(/^[\w/-]{1,50}$/),
  number: fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER - 1 }),
});

test('a number arrives as it was given, whatever it is', () => {
  fc.assert(
    fc.property(ids, fc.option(fc.nat(), { nil: undefined }), fc.boolean(), (id, before, spooled) => {
      const previous = before !== undefined && before < id.number ? before : undefined;
      const sent = { id: previous === undefined ? id : { ...id, previous }, spooled: spooled || undefined };
      const beside = besideOf(sent as Parameters<typeof besideOf>[0]);
      expect(readBeside(beside)).toEqual(sent);
    }),
    { numRuns: RANDOM_INPUTS },
  );
});

test('whatever stands in the properties of a stranger, it is read', () => {
  fc.assert(
    fc.property(fc.anything(), fc.anything(), (messageId, headers) => {
      const { id } = readBeside({ messageId, headers: headers as object });
      if (id !== undefined) expect(Number.isSafeInteger(id.number)).toBe(true);
    }),
    { numRuns: RANDOM_INPUTS },
  );
  for (const messageId of ['', '/', '//', 'a/b', 'a//1', '/b/1', 'a/b/0', 'a/b/-1', 'a/b/1.5', 'a/b/1e3'])
    expect(readBeside({ messageId }).id).toBeUndefined();
});

test('a number that is too long for the wire is left out', () => {
  const id = { agent: 'a'.repeat(253), boot: 'b', number: 1 };
  expect(besideOf({ id })).toEqual({});
  expect(besideOf({ id, spooled: true })).toEqual({ headers: { spooled: true } });
});

test('what is no JSON is handed on as text', () => {
  expect(bodyOf(Buffer.from('{"a":1}'))).toEqual({ a: 1 });
  expect(bodyOf(Buffer.from('{"a":'))).toBe('{"a":');
  expect(bodyOf(Buffer.alloc(0))).toBe('');
  expect(typeof bodyOf(Buffer.from([0xff, 0xfe]))).toBe('string');
});

test('acknowledgements settle exactly what was taken, and one is enough for what stands in order', () => {
  const window = new DeliveryWindow();
  for (let tag = 1; tag <= 10; tag++) window.delivered(tag);
  expect(window.settle([1, 2, 3])).toEqual([{ tag: 3, upTo: true }]);
  expect(window.settle([6, 7])).toEqual([
    { tag: 6, upTo: false },
    { tag: 7, upTo: false },
  ]);
  expect(window.settle([4, 5, 9])).toEqual([
    { tag: 5, upTo: true },
    { tag: 9, upTo: false },
  ]);
  expect(window.settle([9, 11])).toEqual([]);
  expect([window.oldest, window.size]).toEqual([8, 2]);
});

test('in any order of batches the broker ends up with all acknowledged and none too early', () => {
  const orders = fc.array(fc.array(fc.integer({ min: 1, max: 60 }), { maxLength: 12 }), { maxLength: 20 });
  fc.assert(
    fc.property(orders, (batches) => {
      const window = new DeliveryWindow();
      const atBroker = new Set<number>();
      for (let tag = 1; tag <= 60; tag++) {
        window.delivered(tag);
        atBroker.add(tag);
      }
      const taken = new Set<number>();
      for (const batch of batches) {
        const tags = [...new Set(batch)].filter((tag) => !taken.has(tag));
        for (const tag of tags) taken.add(tag);
        for (const { tag, upTo } of window.settle(tags)) {
          expect(atBroker.has(tag)).toBe(true);
          for (const one of [...atBroker]) if (one === tag || (upTo && one < tag)) atBroker.delete(one);
        }
        expect([...atBroker]).toEqual([...atBroker].filter((tag) => !taken.has(tag)));
        expect(atBroker.size).toBe(60 - taken.size);
      }
    }),
    { numRuns: RANDOM_INPUTS },
  );
});

test('pauses double up to 20 s, each cut by chance', () => {
  const longest = { number: () => 1 };
  expect([1, 2, 3, 4, 7, 50].map((failures) => pauseMs(failures, longest))).toEqual([
    400, 800, 1_600, 3_200, 20_000, 20_000,
  ]);
  expect(pauseMs(2, { number: () => 0 })).toBe(400);
});

test('brokers are tried in an order of chance, each once', () => {
  const random = seededRandom();
  const orders = Array.from({ length: 50 }, () => shuffled(['a', 'b', 'c'], random).join(''));
  expect(new Set(orders).size).toBe(6);
  for (const order of orders) expect([...order].sort().join('')).toBe('abc');
});
