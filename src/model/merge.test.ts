import fc from 'fast-check';
import { expect, test } from 'vitest';
import { deepMerge, Merging, mergeValues, withoutRepeats } from './merge.ts';

const object = fc.dictionary(fc.string(), fc.jsonValue());

test.each([
  ['members of both stand side by side', { a: 1 }, { b: 2 }, { a: 1, b: 2 }],
  ['the later plain value stands', { a: 1 }, { a: 2 }, { a: 2 }],
  [
    'objects are merged at every depth',
    { a: { b: { c: 1 } } },
    { a: { b: { d: 2 } } },
    { a: { b: { c: 1, d: 2 } } },
  ],
  ['arrays are joined, repeats dropped', { a: [1, 2] }, { a: [2, 3] }, { a: [1, 2, 3] }],
  [
    'equal objects in arrays are repeats',
    { a: [{ x: 1, y: 2 }] },
    { a: [{ y: 2, x: 1 }] },
    { a: [{ x: 1, y: 2 }] },
  ],
  ['repeats within one array go as well', { a: [1, 1] }, { a: [2] }, { a: [1, 2] }],
  ['a number is no repeat of its text', { a: [1] }, { a: ['1'] }, { a: [1, '1'] }],
  ['null replaces', { a: { b: 1 } }, { a: null }, { a: null }],
  ['a text replaces an object', { a: { b: 1 } }, { a: 'x' }, { a: 'x' }],
  ['an object replaces a text', { a: 'x' }, { a: { b: 1 } }, { a: { b: 1 } }],
  ['an object replaces an array', { a: [1] }, { a: { b: 1 } }, { a: { b: 1 } }],
  ['an array alone keeps its repeats', {}, { a: [1, 1] }, { a: [1, 1] }],
])('%s', (_what, earlier, later, merged) => {
  expect(deepMerge(earlier, later)).toEqual(merged);
});

test('a member called __proto__ changes no prototype', () => {
  const hostile = JSON.parse(
    '{"__proto__": {"polluted": true}, "a": {"__proto__": {"polluted": true}, "b": 1}}',
  );
  const merged = deepMerge({ a: { c: 2 } }, hostile);
  expect(merged).toEqual({ a: { b: 1, c: 2 } });
  expect((merged as { polluted?: boolean }).polluted).toBeUndefined();
  expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
  expect(deepMerge(hostile, {})).toEqual({ a: expect.objectContaining({ b: 1 }) });
});

test('neither argument is changed', () => {
  fc.assert(
    fc.property(object, object, (earlier, later) => {
      const before = JSON.stringify([earlier, later]);
      deepMerge(earlier, later);
      expect(JSON.stringify([earlier, later])).toBe(before);
    }),
  );
});

test('merging a document with itself changes at most repeats in arrays', () => {
  fc.assert(
    fc.property(object, (document) => {
      const once = deepMerge(document, document);
      expect(deepMerge(once, document)).toEqual(once);
    }),
  );
});

test('mergeValues takes values of any type', () => {
  expect(mergeValues([1], [2])).toEqual([1, 2]);
  expect(mergeValues({ a: 1 }, 3)).toBe(3);
  expect(withoutRepeats(['b', 'a', 'b', 'c', 'a'])).toEqual(['b', 'a', 'c']);
});

test('many documents make the same whether laid over each other at once or one by one, and stay as they were', () => {
  const value = fc.letrec((tie) => ({
    any: fc.oneof(fc.constantFrom(1, 'x', null), fc.array(fc.nat(3), { maxLength: 3 }), tie('object')),
    object: fc.dictionary(fc.constantFrom('a', 'b', 'c', '__proto__'), tie('any'), { maxKeys: 3 }),
  })).object;
  fc.assert(
    fc.property(fc.array(value, { maxLength: 5 }), (values) => {
      const documents = values.map((one) => JSON.parse(JSON.stringify(one)));
      const before = JSON.stringify(documents);
      const merging = new Merging();
      const steps: string[] = [];
      for (const document of documents) {
        merging.add(document);
        steps.push(JSON.stringify(merging.document));
      }
      const oneByOne = documents.map((_, index) =>
        JSON.stringify(documents.slice(0, index + 1).reduce(deepMerge, {})),
      );
      expect(steps).toEqual(oneByOne);
      expect(JSON.stringify(documents)).toBe(before);
    }),
  );
});
