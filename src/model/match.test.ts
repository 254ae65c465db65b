import fc from 'fast-check';
import { expect, test } from 'vitest';
import { matchAttributes } from './match.ts';

const event = {
  action: 'create',
  occurrences: 1,
  silenced: false,
  client: {
    name: 'web-1',
    environment: 'production',
    tags: ['a', 'b'],
    disk: { warning: 80 },
    note: null,
    empty: '',
  },
  check: { status: 2, handle: true, ratio: 0.5 },
};

test.each([
  ['nothing wanted', {}],
  ['an equal text', { action: 'create' }],
  ['an equal number', { occurrences: 1 }],
  ['a number written as text', { occurrences: '1' }],
  ['a fraction written as text', { check: { ratio: '0.5' } }],
  ['true written as text', { check: { handle: 'true' } }],
  ['false written as text', { silenced: 'false' }],
  ['inner attributes', { client: { environment: 'production' }, check: { status: 2 } }],
  ['an empty object', { client: {} }],
  ['an equal array', { client: { tags: ['a', 'b'] } }],
  ['null for null', { client: { note: null } }],
  ['empty text for null', { client: { note: '' } }],
  ['null for empty text', { client: { empty: null } }],
  ['null for a missing attribute', { client: { rack: null } }],
  ['empty text for a missing attribute', { client: { rack: '' } }],
  ['null for what every object inherits', { client: { toString: null, constructor: null } }],
])('matches %s', (_what, wanted) => {
  expect(matchAttributes(wanted, event)).toEqual({ matched: true });
});

test.each([
  ['another text', { action: 'resolve' }, 'action', 'resolve', 'create'],
  ['another number', { occurrences: 2 }, 'occurrences', 2, 1],
  ['another number as text', { occurrences: '01' }, 'occurrences', '01', 1],
  ['true for 1', { occurrences: true }, 'occurrences', true, 1],
  ['false for a missing attribute', { client: { rack: false } }, 'client.rack', false, null],
  ['a text for a missing attribute', { client: { rack: 'r1' } }, 'client.rack', 'r1', null],
  ['false for null', { client: { note: false } }, 'client.note', false, null],
  ['zero for null', { client: { note: 0 } }, 'client.note', 0, null],
  ['an array in another order', { client: { tags: ['b', 'a'] } }, 'client.tags', ['b', 'a'], ['a', 'b']],
  ['an object for a missing one', { client: { rack: {} } }, 'client.rack', {}, null],
  ['an inner attribute', { client: { disk: { warning: 90 } } }, 'client.disk.warning', 90, 80],
  ['an object for a text', { action: { a: 1 } }, 'action', { a: 1 }, 'create'],
  ['a text for an object', { client: { disk: 'x' } }, 'client.disk', 'x', { warning: 80 }],
  ['the first that differs', { action: 'create', check: { status: 0, handle: false } }, 'check.status', 0, 2],
  ['an odd name', { client: { 'a b': 1 } }, 'client["a b"]', 1, null],
])('does not match %s', (_what, wanted, attribute, value, seen) => {
  expect(matchAttributes(wanted, event)).toEqual({ matched: false, attribute, wanted: value, seen });
});

test('every document has its own attributes, and anything can be asked of anything', () => {
  const object = fc.dictionary(fc.string(), fc.jsonValue());
  fc.assert(
    fc.property(object, fc.jsonValue(), (document, other) => {
      expect(matchAttributes(document, document)).toEqual({ matched: true });
      expect(typeof matchAttributes(document, other).matched).toBe('boolean');
    }),
  );
});
