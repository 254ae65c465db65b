import fc from 'fast-check';
import { expect, test } from 'vitest';
import { substituteTokens } from './tokens.ts';

const data = { name: 'c1', a: { b: 1, t: false, n: null, h: { x: 1 }, l: ['x', 'y'] }, e: {}, note: 'é' };

test.each([
  ['X :::name:::', 'X c1', []],
  [':::a.h:::', '', ['a.h']],
  [':::a.h|d:::', 'd', []],
  [':::a.t|zz:::', 'false', []],
  [':::a.n|dd:::', 'dd', []],
  [':::a.l:::', '["x", "y"]', []],
  [':::zz|http://h:80:::', 'http://h:80', []],
  [':::zz|x|y:::', 'x|y', []],
  [':::zz|:::', '', []],
  [':::name.foo:::', 'c1', []],
  ['::::name:::', ':c1', []],
  [':::name::::', 'c1:', []],
  ['::: name:::', '', [' name']],
  [':::name:::::::a.b:::', 'c1:1', []],
  [':::note::: ü', 'é ü', []],
  [':::name\n:::', ':::name\n:::', []],
  [':::constructor:::', '', ['constructor']],
  [':::zz::: :::yy::: :::zz:::', '  ', ['zz', 'yy']],
])('%j becomes %j', (text, value, unmatched) => {
  expect(substituteTokens(text, data)).toEqual({ value, unmatched });
});

test('every string at any depth is substituted, names and other values are not', () => {
  const document = { ':::name:::': [':::name:::', 1, true, null, { deep: ':::a.b:::' }] };
  expect(substituteTokens(document, data).value).toEqual({
    ':::name:::': ['c1', 1, true, null, { deep: '1' }],
  });
  expect(document[':::name:::'][0]).toBe(':::name:::');
});

test('a document without tokens stays as it is, whatever it holds', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      fc.pre(!JSON.stringify(value).includes(':::'));
      expect(JSON.stringify(substituteTokens(value, data).value)).toBe(JSON.stringify(value));
    }),
  );
});

test('no text makes it fail or take long', () => {
  const piece = fc.constantFrom(':', '::', ':::', 'name', 'a.b', '|', '.', '\n', 'x');
  fc.assert(
    fc.property(
      fc.array(piece, { maxLength: 200 }),
      (pieces) => void substituteTokens(pieces.join(''), data),
    ),
  );
  substituteTokens(':::'.repeat(100_000), data);
});
