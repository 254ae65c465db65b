import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RANDOM_INPUTS } from '../testing/random.ts';
import { DEEPEST_JSON, parseJson, tidyJson } from './json.ts';
import { postedCheck, postedCheckProblem } from './posted-check.ts';

const NOW = 1_800_000_000;
const least = { name: 'backup', output: 'done' };

describe('a posted check', () => {
  it('is complete with a name and an output', () => {
    expect(postedCheck(least, NOW)).toEqual({ ...least, status: 0, executed: NOW, issued: NOW });
  });

  it('keeps what it says and what nobody knows; only the time of asking is ours', () => {
    const posted = { ...least, status: 300, executed: 7, issued: 8, duration: 0.5, team: { on: ['call'] } };
    expect(postedCheck(posted, NOW)).toEqual({ ...posted, issued: NOW });
  });

  it('may give nothing for what it knows', () => {
    const nulls = { status: null, executed: null, handlers: null, source: null, ttl: null, team: null };
    expect(postedCheck({ ...least, ...nulls }, NOW)).toEqual({
      ...least,
      status: 0,
      executed: NOW,
      issued: NOW,
      team: null,
    });
  });

  it.each([
    ['an empty name', { name: '' }, 'name'],
    ['a space in its name', { name: 'a b' }, 'name'],
    ['a line end in its name', { name: 'a\nb' }, 'name'],
    ['a line end behind its name', { name: 'a\n' }, 'name'],
    ['a source that is no name', { source: 's p' }, 'source'],
    ['an empty source', { source: '' }, 'source'],
    ['a line end in its source', { source: 'a\nb' }, 'source'],
    ['an output that is no text', { output: 1234 }, 'output'],
    ['no output', { output: undefined }, 'output'],
    ['a status that is a text', { status: '2' }, 'status'],
    ['half a status', { status: 1.5 }, 'status'],
    ['a time that is a text', { executed: '1431361723' }, 'executed'],
    ['a ttl that is a text', { ttl: '30' }, 'ttl'],
    ['a ttl below 0', { ttl: -1 }, 'ttl'],
    ['a ttl of 0', { ttl: 0 }, 'ttl'],
    ['a ttl_status that is a text', { ttl: 30, ttl_status: '2' }, 'ttl_status'],
    [
      'a flap threshold that is a text',
      { low_flap_threshold: '25', high_flap_threshold: 50 },
      'low_flap_threshold',
    ],
    ['one flap threshold', { low_flap_threshold: 25 }, 'high_flap_threshold'],
    ['the other flap threshold', { high_flap_threshold: 25 }, 'low_flap_threshold'],
    ['handlers that are no list', { handlers: 'mail' }, 'handlers'],
    ['a handler that is no text', { handler: 1 }, 'handler'],
    ['an aggregate with a space', { aggregate: 'a b' }, 'aggregate'],
    ['aggregates that are no list', { aggregates: 'a' }, 'aggregates'],
    ['a length that is no number', { truncate_output_length: 'x' }, 'truncate_output_length'],
    ['truncation that is neither true nor false', { truncate_output: 'x' }, 'truncate_output'],
  ])('cannot have %s', (_, wrong, path) => {
    expect(postedCheck({ ...least, ...wrong }, NOW)).toBeUndefined();
    expect(postedCheckProblem({ ...least, ...wrong }, NOW).path).toBe(path);
  });

  it('is an object', () => {
    for (const value of [5, 's', null, true, [], [least], undefined]) {
      expect(postedCheck(value, NOW)).toBeUndefined();
      expect(postedCheckProblem(value, NOW).expected).toContain('an object');
    }
  });

  it('may have a ttl_status of any kind as long as no ttl gives it a meaning', () => {
    expect(postedCheck({ ...least, ttl_status: 'x' }, NOW)).toMatchObject({ ttl_status: 'x' });
  });

  it('is judged without harm, whatever JSON it is; what is refused has a reason', () => {
    const names = [
      'name',
      'output',
      'status',
      'executed',
      'ttl',
      'source',
      'handlers',
      '__proto__',
      'toString',
    ];
    const near = fc.dictionary(
      fc.constantFrom(...names),
      fc.oneof(fc.jsonValue(), fc.constantFrom('ok', 1, null)),
    );
    fc.assert(
      fc.property(fc.oneof(fc.jsonValue(), near), (posted) => {
        const before = JSON.stringify(posted);
        const check = postedCheck(posted, NOW);
        expect(JSON.stringify(posted)).toBe(before);
        if (check) expect([typeof check.name, typeof check.output]).toEqual(['string', 'string']);
        else expect(postedCheckProblem(posted, NOW).expected).not.toBe('');
      }),
      { numRuns: RANDOM_INPUTS },
    );
  });
});

describe('JSON from outside', () => {
  it('loses the members that would reach into our objects', () => {
    const parsed = parseJson('{"__proto__":{"a":1},"b":[{"__proto__":2,"c":3}]}');
    expect(tidyJson(parsed?.value)).toBe(true);
    expect(JSON.stringify(parsed?.value)).toBe('{"b":[{"c":3}]}');
  });

  it('may be nested so deep and no deeper, and a text that is none is no value', () => {
    const nested = (depth: number): unknown => parseJson('['.repeat(depth) + ']'.repeat(depth))?.value;
    expect(tidyJson(nested(DEEPEST_JSON))).toBe(true);
    expect(tidyJson(nested(DEEPEST_JSON + 1))).toBe(false);
    expect(tidyJson(nested(100_000))).toBe(false);
    expect(tidyJson(5)).toBe(true);
    expect(parseJson('{"a":')).toBeUndefined();
    expect(parseJson('')).toBeUndefined();
  });
});
