import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { RANDOM_INPUTS } from '../../testing/random.ts';
import { ExpressionError } from '../mistake.ts';
import { parseEvaluation } from './index.ts';

/** Wednesday, 2026-01-07 12:34:56 where the tests run. */
const NOW = new Date(2026, 0, 7, 12, 34, 56).getTime();
const clock = { now: () => NOW };
const at = (day: number, hour: number): number => new Date(2026, 0, day, hour).getTime() / 1000;

function evaluated(text: string, value: unknown, document: unknown = {}): boolean {
  const { value: evaluation, mistake } = parseEvaluation(text);
  if (mistake !== undefined) throw new Error(`${mistake.message} at ${mistake.position} of ${text}`);
  return evaluation.matches(value, document, clock);
}

const office = '[1,2,3,4,5].include?(Time.at(value).wday) && Time.at(value).hour.between?(9,17)';

test.each<[text: string, value: unknown, expected: boolean, document?: object]>([
  // As written in configurations of Sensu Core.
  ['value == 1', 1, true],
  ['value == 1', 2, false],
  ['value == 1', null, false],
  ['value == 1', '1', false],
  ['value != 1 && value % 60 != 0', 30, true],
  ['value != 1 && value % 60 != 0', 120, false],
  ["value == 1 || ':::action:::' == 'resolve'", 2, true, { action: 'resolve' }],
  ["value == 1 || ':::action:::' == 'resolve'", 2, false, { action: 'create' }],
  ['value > :::check.occurrences|60:::', 61, true],
  ['value > :::check.occurrences|60:::', 61, false, { check: { occurrences: 100 } }],
  ["value.include?('dc-01')", 'web.dc-01.example', true],
  ["value.include?('dc-01')", ['dc-01', 'dc-02'], true],
  ["value.include?('dc-01')", ['dc-011'], false],
  ['value.nil?', null, true],
  ['value.nil?', undefined, true],
  ['value.nil?', false, false],
  [office, at(7, 12), true],
  [office, at(7, 18), false],
  [office, at(4, 12), false],
  // Truth.
  ['value', 0, true],
  ['value', '', true],
  ['value', [], true],
  ['value', false, false],
  ['!value', null, true],
  ['not value', false, true],
  ['nil || false', 1, false],
  ['value && nil', 1, false],
  // Precedence.
  ['1 + 2 * 3 == 7', 0, true],
  ['(1 + 2) * 3 == 9', 0, true],
  ['false && false || true', 0, true],
  ['false and false or true', 0, true],
  ['true or true and false', 0, false],
  ['true || true && false', 0, true],
  ['not value == 1 and true', 2, true],
  ['!value == false', 1, true],
  ['value > 1 ? value < 5 : value == 0', 3, true],
  ['value > 1 ? value < 5 : value == 0', 0, true],
  ['value > 1 ? value < 5 : value == 0', 7, false],
  ['true ? false ? 1 : nil : 2', 0, false],
  ['value.nil? ? true : false', 1, false],
  ['- value == -3', 3, true],
  ['-5.abs == 5', 0, true],
  // Numbers.
  ['-7 / 2 == -4 && -7 % 3 == 2 && 7 % -3 == -2', 0, true],
  ['7 / 2 == 3 && 7.0 / 2 == 3.5', 0, true],
  ['value / 2 == 1.25', 2.5, true],
  ['value == 1.0', 1, true],
  ['1_000 == 1000 && 1e3 == 1000.0', 0, true],
  ['0.1 + 0.2 > 0.3', 0, true],
  ['value.round == 3 && value.floor == 2 && value.ceil == 3 && value.round(1) == 2.5', 2.5, true],
  ['value.zero? || value.even? && value.positive?', 4, true],
  ["value.to_i == 12 && value.to_f == 12.5 && value.to_s == '12.5 GB'", '12.5 GB', true],
  ["nil.to_i == 0 && nil.to_s == '' && 1.0.to_s == '1.0'", 0, true],
  // Texts.
  ["value == 'it\\'s' && \"a\\tb\".length == 3", "it's", true],
  ["value.start_with?('web', 'db') && value.end_with?('-1')", 'db-1', true],
  ["value.upcase == 'ÄB' && value.downcase == 'äb' && value.size == 2", 'äb', true],
  ["value.split('.').first == 'web' && value.split('.').last == 'example'", 'web.eu.example', true],
  ["value.split.size == 2 && value.split(/a/)[1] == ' b'", 'a b', true],
  ["value.split(',').size == 1", 'a,,', true],
  ["value[0] == 'w' && value[-1] == '1' && value[0..2] == 'web' && value[0...2] == 'we'", 'web-1', true],
  ["value.strip.casecmp?('WEB')", ' web ', true],
  ["value + 'b' == 'ab' && value * 2 == 'aa'", 'a', true],
  ["value < 'b' && value >= 'a'", 'a', true],
  // Patterns.
  ['value =~ /^disk/', 'disk-root', true],
  ['value =~ /^disk/i', 'a\nDISK', true],
  ['value !~ /disk/', 'cpu', true],
  ['value =~ /disk/', null, false],
  ['/b/ =~ value', 'abc', true],
  ['(value =~ /b/) == 1', 'abc', true],
  ['value.match(/d(is)k/)[1] == "is"', 'disk', true],
  ['value.match? /dis/', 'disk', true],
  ['value =~ %r{^/var/[0-9]+\\z}', '/var/12', true],
  ['value =~ /a\\/b\\h\\Z/', 'a/bf\n', true],
  // Lists, hashes, ranges, symbols.
  ['%w[a b].include? value', 'b', true],
  ["['a', 'b',].include?(value)", 'b', true],
  ["value[:a] == 1 && value['b'].nil? && value.key?(:a) && !value.has_key?('b')", { a: 1 }, true],
  ["value[:list][0][:name] == 'x' && value.dig(:list, 0, :name) == 'x'", { list: [{ name: 'x' }] }, true],
  ['value.first == 1 && value.last == 3 && value[-1] == 3 && value.first(2) == [1, 2]', [1, 2, 3], true],
  ['value.any? && !value.empty? && value.any?(/^w/) && value.none?(5)', ['web'], true],
  ['value.any?', [], false],
  ['value.all?(1..3) && (1...3).include?(2) && !(1...3).include?(3)', [1, 2, 3], true],
  ['(9..17).cover?(Time.at(value).hour)', at(7, 12), true],
  ['value - [1] == [2] && value + [3] == [1, 2, 3]', [1, 2], true],
  ['value.keys.include?(:a)', { a: 1 }, true],
  [":a == :'a' && :a != 'a'", 0, true],
  ["value.to_s.include?('web')", ['web', 1.5, null, { a: true }], true],
  ['value.size /2 == 2', 'abcd', true],
  // Nothing is nothing.
  ['value&.size.nil?', null, true],
  ['value&.size == 1', 'a', true],
  // Time.
  ['Time.now.hour == 12 && Time.now.min == 34 && Time.now.sec == 56', 0, true],
  ['Time.now.year == 2026 && Time.now.month == 1 && Time.now.day == 7 && Time.now.yday == 7', 0, true],
  ['Time.now.wday == 3 && Time.now.wednesday? && !Time.now.sunday?', 0, true],
  ['Time.at(value).utc.hour == 0 && Time.at(value).to_i == value', 86_400, true],
  ['Time.now - Time.at(value) > 3600', at(7, 11), true],
  ['Time.now - 3600 > Time.at(value)', at(7, 11), true],
  // Tokens.
  ["value == ':::client.name:::'", 'web-1', true, { client: { name: 'web-1' } }],
  ['value == :::a:::', 1.5, true, { a: '1.5' }],
  ['value == :::a:::', 2, true, { a: 2.0 }],
  ['value == :::a:::', null, true, { a: 'nil' }],
  ['value == :::a:::', 'x', true, { a: "'x'" }],
  ['value == :::a:::', true, true, { a: true }],
  [":::list:::.include?('x')", 0, true, { list: ['x'] }],
  ['value =~ /^:::client.name:::$/', 'a.c', true, { client: { name: 'a.c' } }],
  ['value =~ /^:::client.name:::$/', 'abc', false, { client: { name: 'a.c' } }],
  ["value == '::: x|it's:::'", "it's", true],
  ["value == ':::zz|:::'", '', true],
])('%s of %j is %s', (text, value, expected, document) => {
  expect(evaluated(text, value, document)).toBe(expected);
});

test.each<[text: string, value: unknown, message: RegExp, document?: object]>([
  ['value > 1', null, /no > between nil and the number 1/],
  ['value > 1', '5', /between a String and/],
  ['value.size', null, /nil has no method size: the attribute is missing/],
  ['value.include?(1)', 'a', /takes a text, not a Integer/],
  ['value + 1', 'a', /no \+ between/],
  ['1 / value', 0, /divided by 0/],
  ['value[:a]', null, /nil/],
  ['Time.at(value)', null, /Time.at takes a number of seconds, not nil/],
  ['Time.at(value).hour == 1', 1e18, /too far away/],
  ['value * value * value > 1', 2 ** 50, /too big/],
  ['value == :::zz:::', 1, /nothing stands at the token zz/],
  ["true || ':::zz:::' == 'a'", 1, /nothing stands at the token zz/],
  ['value == :::a:::', 1, /put the token in quotes/, { a: 'system' }],
  ['value == :::a:::', 1, /put the token in quotes/, { a: '1 || true' }],
  ['value =~ "a"', 'a', /needs a pattern/],
  ["'a' * value == ''", 1e9, /too big/],
  ['1..nil', 1, /no range from/],
])('%s of %j fails', (text, value, message, document) => {
  expect(() => evaluated(text, value, document)).toThrow(ExpressionError);
  expect(() => evaluated(text, value, document)).toThrow(message);
});

test.each([
  ['', 0, 'no expression', 'value == 1'],
  ['value =', 6, 'assigned', '=='],
  ['value += 1', 6, 'assigned', 'one expression'],
  ['valeu == 1', 0, '"valeu"', 'did you mean "value"?'],
  ['value == critical', 9, '"critical"', 'quotes'],
  ["value.zzzz?('a')", 6, '"zzzz?"', 'the nearest are zero?, key?, size'],
  ["value.inclde?('a')", 6, '"inclde?"', 'did you mean "include?"?'],
  ['value.any? { |x| x > 1 }', 11, 'blocks', 'any?(/web/)'],
  ['value.any?(&:nil?)', 11, 'blocks', 'any?(/web/)'],
  ['value.any? do |x| x end', 11, 'blocks', 'any?'],
  ['require "json"', 0, 'never run', 'never a program'],
  ['value == `id`', 9, 'backticks', 'a check or a mutator'],
  ['value == "#{1}"', 10, 'never evaluated', ':::check.name:::'],
  ['value =~ /#{1}/', 10, 'never evaluated', ':::check.name:::'],
  ['value == 1 if true', 11, '"if"', 'condition ? one : other'],
  ['value == @a', 9, 'variables', ':::check.name:::'],
  ['value == {}', 9, 'hashes', 'one attribute at a time'],
  ['File::exist?("x")', 0, '"File"', 'quotes'],
  ['value; value', 5, 'one expression', '&&'],
  ['value & 1', 6, '"&"', '&&'],
  ['value ** 2', 6, '"**"', 'value * value'],
  ['value === 1', 6, '"==="', '=='],
  ['1 == 2 == 3', 7, 'another comparison', '&&'],
  ['(value == 1', 11, 'ends too early', '")"'],
  ['[1, 2', 5, 'ends too early', '"]"'],
  ['value ? 1', 9, 'ends too early', '":"'],
  ["value == 'a", 9, 'not closed', "end it with '"],
  ['value =~ /a', 9, 'not closed', 'end it with /'],
  ['value =~ /(?=a)/', 9, 'look ahead', '!~'],
  ['value =~ /(a)\\1/', 9, 'refer back', undefined],
  ['value =~ /(/', 9, 'cannot be read', undefined],
  ['value =~ /a/x', 12, 'letter "x"', 'known are i'],
  ['value.first(1, 2)', 6, 'takes 0 to 1 arguments, not 2', undefined],
  ['value == 99999999999999999999', 9, 'too big', undefined],
  ['Time.local(1)', 5, '"local"', undefined],
  ['value value', 6, 'cannot stand here', undefined],
  ['value == 1 # only the first', 11, 'comments', 'away'],
])('%s is a mistake at %i', (text, position, message, hint) => {
  const { mistake } = parseEvaluation(text);
  expect(mistake).toMatchObject({ position, message: expect.stringContaining(message) });
  if (hint !== undefined) expect(mistake?.hint).toContain(hint);
});

describe('what is hostile', () => {
  test.each([
    ['parentheses', '('.repeat(5000)],
    ['brackets', '['.repeat(5000)],
    ['negations', '!'.repeat(5000)],
    ['signs', '- '.repeat(4000)],
    ['words', 'not '.repeat(2000)],
    ['choices', 'true ? '.repeat(1000)],
    ['sums', `1${' + 1'.repeat(2000)}`],
    ['calls', `value${'.to_s'.repeat(2000)}`],
    ['length', 'a'.repeat(20_000)],
  ])('many %s are a mistake', (_what, text) => {
    expect(parseEvaluation(text).mistake).toBeDefined();
  });

  test('a long list of alternatives is none', () => {
    const text = Array.from({ length: 500 }, (_, number) => `value == ${number}`).join(' || ');
    expect(evaluated(text, 499)).toBe(true);
  });

  test.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'length'])(
    '%s leads nowhere',
    (name) => {
      expect(evaluated(`value[:${name}].nil? && value['${name}'].nil? && !value.key?(:${name})`, {})).toBe(
        true,
      );
      expect(parseEvaluation(`value.${name === 'length' ? 'prototype' : name}`).mistake).toBeDefined();
      expect(() => evaluated(`':::client.${name}:::' == 'a'`, 1, { client: {} })).toThrow('nothing stands');
    },
  );

  test('deep and big documents end it, not us', () => {
    let deep: unknown = [];
    for (let level = 0; level < 50_000; level++) deep = [deep];
    expect(() => evaluated('value == [value] || value == :::a:::', deep, { a: [1] })).toThrow(
      ExpressionError,
    );
    expect(() => evaluated('value.to_s', deep)).toThrow('nested too deep');
    const big = Array.from({ length: 200_000 }, () => 1);
    expect(() => evaluated('value.include?(2)', big)).toThrow('takes too long');
  });

  test.each(['(x+x+)+y', '(.*)*$', '(a|a)*b', '((x?){200}){10}x{300}', '(\\w{50}){19}[yz]'])(
    '/%s/ ends',
    (pattern) => {
      const { value, mistake } = parseEvaluation(`value =~ /${pattern}/`);
      if (mistake !== undefined) return;
      try {
        value.matches('xab,'.repeat(50_000), {}, clock);
      } catch (thrown) {
        expect(thrown).toBeInstanceOf(ExpressionError);
      }
    },
  );

  const pieces = fc.constantFrom(
    ...[
      'value',
      '.',
      '(',
      ')',
      '[',
      ']',
      '?',
      ':',
      ' ',
      '&&',
      '||',
      '!',
      'not',
      'and',
      '==',
      '=~',
      '/',
      '%w[',
      '..',
      '-',
    ],
    ...[
      '1',
      '2.5',
      "'a'",
      '"b"',
      ':a',
      'nil',
      'include?',
      'size',
      'first',
      'split',
      'Time.at',
      'Time.now',
      ',',
      '{',
      '&.',
    ],
    ...[
      ':::a:::',
      ':::b|1:::',
      '/a/i',
      '*',
      '+',
      '<',
      '#{',
      '\\',
      '\n',
      "'",
      '"',
      '%r{',
      'match',
      'to_s',
      'any?',
    ],
  );
  const text = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 60 }),
    fc.array(pieces, { maxLength: 25 }).map((some) => some.join('')),
    fc.array(pieces, { maxLength: 25 }).map((some) => some.join(' ')),
  );

  test('any text is read or is a mistake within it, and any value is judged or refused', () => {
    fc.assert(
      fc.property(text, fc.jsonValue(), fc.jsonValue(), (written, value, document) => {
        const result = parseEvaluation(written);
        if (result.mistake !== undefined) {
          expect(result.mistake.position).toBeGreaterThanOrEqual(0);
          expect(result.mistake.position).toBeLessThanOrEqual(written.length);
          expect(result.mistake.message).not.toBe('');
          return;
        }
        try {
          expect(typeof result.value.matches(value, document, clock)).toBe('boolean');
        } catch (thrown) {
          expect(thrown).toBeInstanceOf(ExpressionError);
        }
      }),
      { numRuns: RANDOM_INPUTS },
    );
  });

  test('a token is a value: whatever its text, the expression around it means the same', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (name, value) => {
        const document = { client: { name } };
        expect(evaluated("value == ':::client.name:::'", value, document)).toBe(value === name);
        expect(evaluated('value == ":::client.name:::"', name, document)).toBe(true);
        expect(evaluated('value =~ /\\A:::client.name:::\\z/', name, document)).toBe(true);
      }),
      { numRuns: RANDOM_INPUTS },
    );
  });

  test('arithmetic is Ruby’s', () => {
    const number = fc.integer({ min: -10_000, max: 10_000 });
    fc.assert(
      fc.property(
        number,
        number.filter((divisor) => divisor !== 0),
        (one, other) => {
          const quotient = Math.floor(one / other);
          expect(evaluated(`value / (${other}) == ${quotient}`, one)).toBe(true);
          expect(evaluated(`value % (${other}) == ${one - quotient * other}`, one)).toBe(true);
        },
      ),
      { numRuns: RANDOM_INPUTS },
    );
  });
});
