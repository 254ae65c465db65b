import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { ERROR_CODES, errorText, TocsinError } from './errors.ts';

test('every code is documented with its kind, and no other is', () => {
  const page = readFileSync(new URL('../../docs/errors.md', import.meta.url), 'utf8');
  const rows = [...page.matchAll(/^\| `([A-Z_]+)` \| ([a-z_]+) \|/gm)].map((row) => [row[1], row[2]]);
  expect(Object.fromEntries(rows)).toEqual(ERROR_CODES);
  expect(rows.length).toBe(Object.keys(ERROR_CODES).length);
});

test('an error carries its code, its kind and what caused it', () => {
  const cause = new Error('disk full');
  const error = new TocsinError('STORE_UNAVAILABLE', 'The store failed.', { cause });
  expect(error).toMatchObject({
    code: 'STORE_UNAVAILABLE',
    kind: 'unavailable',
    message: 'The store failed.',
    cause,
  });
});

test.each([
  [new Error('x'), 'x'],
  ['text', 'text'],
  [5, '5'],
  [undefined, 'undefined'],
])('the text of %o is %j', (thrown, text) => expect(errorText(thrown)).toBe(text));
