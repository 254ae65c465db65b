import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fitsPattern } from './pattern.ts';

describe('a pattern', () => {
  it.each([
    ['*', '', true],
    ['', '', true],
    ['', 'a', false],
    ['a', 'a', true],
    ['a', 'ab', false],
    ['db-*.sql', 'db-2026.sql', true],
    ['db-*.sql', 'db-2026.sql.gz', false],
    ['*.sql', '.sql', true],
    ['a*b*c', 'a__b_b__c', true],
    ['a*b*c', 'a__c__b', false],
    ['**', 'anything', true],
    ['a.c', 'abc', false],
    ['*ab', 'aab', true],
  ])('%j on %j is %s', (pattern, text, expected) => {
    expect(fitsPattern(pattern, text)).toBe(expected);
  });

  it('means what the same regular expression means', () => {
    const letters = fc.array(fc.constantFrom('a', 'b', '*'), { maxLength: 8 }).map((parts) => parts.join(''));
    const texts = fc.array(fc.constantFrom('a', 'b'), { maxLength: 12 }).map((parts) => parts.join(''));
    fc.assert(
      fc.property(letters, texts, (pattern, text) => {
        expect(fitsPattern(pattern, text)).toBe(new RegExp(`^${pattern.replaceAll('*', '.*')}$`).test(text));
      }),
    );
  });

  it('ends on what makes a regular expression hang', () => {
    expect(fitsPattern(`${'a*'.repeat(500)}b`, 'a'.repeat(4000))).toBe(false);
  });
});
