import fc from 'fast-check';
import { expect, it } from 'vitest';
import { RANDOM_INPUTS } from '../testing/random.ts';
import { fitsAny } from './patterns.ts';

it.each([
  ['web-1', ['web-1'], true],
  ['web-10', ['web-1'], false],
  ['web-10', ['web-*'], true],
  ['web-', ['web-*'], true],
  ['web', ['web-*'], false],
  ['a.eu.db', ['*.eu.*'], true],
  ['a.eu', ['*.eu.*'], false],
  ['anything', ['*'], true],
  ['', ['*'], true],
  ['aba', ['ab*ba'], false],
  ['abba', ['ab*ba'], true],
  ['x', ['a', 'b*', 'x'], true],
  ['x', [], false],
  ['a.c', ['a?c', 'a+c'], false],
  ['abc', ['a.c'], false],
  ['aXbXc', ['a**b*c'], true],
  ['WEB-1', ['web-*'], false],
])('%s fits %j: %s', (name, patterns, fits) => {
  expect(fitsAny(name, patterns)).toBe(fits);
});

it('agrees with the same written as a regular expression', () => {
  const part = fc.string({ unit: fc.constantFrom('a', 'b', '.'), maxLength: 6 });
  const pattern = fc.string({ unit: fc.constantFrom('a', 'b', '.', '*'), maxLength: 8 });
  fc.assert(
    fc.property(part, pattern, (name, glob) => {
      const same = new RegExp(`^${glob.replaceAll('.', '\\.').replaceAll('*', '.*')}$`);
      expect(fitsAny(name, [glob])).toBe(same.test(name));
    }),
    { numRuns: RANDOM_INPUTS },
  );
});
