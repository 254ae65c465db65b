import { expect, it } from 'vitest';
import { afterKey, type Line } from './secret-input.ts';

const BEGUN: Line = { text: '', end: undefined };

it.each([
  ['abc\r', 'abc', 'enter'],
  ['abc\nmore', 'abc', 'enter'],
  ['ab\u007fc\r', 'ac', 'enter'],
  ['\u007f\u007fa\b\r', '', 'enter'],
  ['a😀\u007fb\u0004', 'ab', 'enter'],
  ['abc\u0003\r', 'abc', 'interrupt'],
  ['abc', 'abc', undefined],
])('%j is the line %j, ended by %s', (keys, text, end) => {
  expect([...keys].reduce(afterKey, BEGUN)).toEqual({ text, end });
});

it('is bounded', () => {
  const { text } = Array.from({ length: 10_000 }, () => 'x').reduce(afterKey, BEGUN);
  expect(text).toHaveLength(4_096);
});
