import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseSource } from './source.ts';

test.each([
  ['an empty file', '', {}],
  ['blanks alone', ' \n\t', {}],
  ['a comment alone', '// nothing yet', {}],
  ['comments around and inside', '/* a */ {"a": /* b */ 1} // c', { a: 1 }],
  ['a name that objects inherit', '{"constructor": 1, "toString": 2}', { constructor: 1, toString: 2 }],
  ['a number with a plus', '{"a": +1.5e+3, "b": [+0]}', { a: 1500, b: [0] }],
  [
    'numbers that JSON has no words for',
    '{"a": NaN, "b": [Infinity, -Infinity, +Infinity]}',
    { a: Number.NaN, b: [Infinity, -Infinity, Infinity] },
  ],
  [
    'comments wherever a blank may stand',
    '// a\n{ // b\n"a" // c\n: // "d"\n[1, // e\n2 /* // */]}\n// f',
    { a: [1, 2] },
  ],
  ['every type', '{"a":[1,-2.5e3,"x",true,false,null,{}]}', { a: [1, -2500, 'x', true, false, null, {}] }],
])('reads %s', (_what, text, document) => {
  const { source, problems } = parseSource('f', text);
  expect(problems).toEqual([]);
  expect(source?.document).toEqual(document);
});

test.each([
  ['a comma too many', '{\n  "a": 1,\n}', 3, 1, 'no comma after the last one', '"}"'],
  ['a missing comma', '{"a": 1\n "b": 2}', 2, 2, 'a comma', 'a string'],
  ['a missing colon', '{"a" 1}', 1, 6, 'a colon', '"1"'],
  ['a missing brace', '{"a": {\n', 2, 1, 'closing "}"', 'the end of the file'],
  ['a missing bracket', '{"a": [1', 1, 9, 'closing "]"', 'the end of the file'],
  ['something behind the end', '{}\n{}', 2, 1, 'the end of the file', '"{"'],
  ['a name without quotes', '{a: 1}', 1, 2, 'valid JSON', '"a"'],
  ['single quotes', "{'a': 1}", 1, 2, 'valid JSON', '"\'a\'"'],
  ['an open string', '{"a": "x\n}', 1, 7, 'the end of the string', 'a string'],
  ['an open comment', '{} /* x', 1, 4, 'the end of the comment', '"/* x"'],
  ['a plus before nothing', '{"a": +}', 1, 7, 'valid JSON', '"+"'],
  ['a word that is nearly a number', '{"a": NaNs}', 1, 7, 'valid JSON', '"NaNs"'],
  ['no object', '\n[1]', 2, undefined, 'an object', 'an array'],
  ['no object', '"secret"', 1, undefined, 'an object', '"secret"'],
])('tells %s with line and column', (_what, text, line, column, expected, found) => {
  const { source, problems } = parseSource('f', text);
  expect(source).toBeUndefined();
  expect(problems).toHaveLength(1);
  expect(problems[0]).toMatchObject({ file: 'f', line, found, path: '' });
  expect(problems[0]?.column).toBe(column);
  expect(problems[0]?.expected).toContain(expected);
});

test('a member called __proto__ is refused and changes nothing', () => {
  const { source, problems } = parseSource('f', '{\n"client": {"__proto__": {"a": 1}}}');
  expect(problems).toMatchObject([{ line: 2, path: 'client.__proto__' }]);
  expect(source?.document).toEqual({ client: {} });
  expect(({} as { a?: number }).a).toBeUndefined();
});

test('a member that stands twice is warned of, and the last one counts', () => {
  const { source, warnings } = parseSource('f', '{"checks": {\n"a": 1,\n"a": 2}}');
  expect(source?.document).toEqual({ checks: { a: 2 } });
  expect(warnings).toMatchObject([{ file: 'f', line: 3, path: 'checks.a' }]);
});

test('nesting beyond all reason is told and does not overflow the stack', () => {
  for (const text of ['['.repeat(1_000_000), '{"a":'.repeat(200_000), `{"a":\n${'['.repeat(101)}`]) {
    expect(parseSource('f', text).problems).toMatchObject([{ expected: 'values nested at most 100 deep' }]);
  }
  const deepest = `${'{"a":'.repeat(99)}{}${'}'.repeat(99)}`;
  expect(parseSource('f', deepest).problems).toEqual([]);
});

test('any text at all gives a document or a problem, and whatever JSON.parse reads as an object is read alike', () => {
  const piece = fc.constantFrom(
    '{',
    '}',
    '[',
    ']',
    '"a"',
    ':',
    ',',
    '1',
    'null',
    '//',
    '/*',
    '*/',
    '\n',
    '"',
    '\\',
    '\u0000',
  );
  const text = fc.oneof(
    fc.string(),
    fc.array(piece).map((pieces) => pieces.join('')),
    fc.json(),
  );
  fc.assert(
    fc.property(text, (content) => {
      const { source, problems } = parseSource('f', content);
      if (source === undefined || !content.includes('__proto__')) {
        expect(source === undefined).toBe(problems.length > 0);
      }
      for (const { line } of problems) {
        expect(line).toBeGreaterThanOrEqual(1);
        expect(line).toBeLessThanOrEqual(content.split('\n').length);
      }
    }),
    { numRuns: 1000 },
  );
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), fc.nat(3), (document, indent) => {
      const content = JSON.stringify(document, null, indent);
      fc.pre(!content.includes('__proto__'));
      expect(parseSource('f', content).source?.document).toEqual(JSON.parse(content));
    }),
  );
});
