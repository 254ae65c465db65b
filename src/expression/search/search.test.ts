import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { RANDOM_INPUTS } from '../../testing/random.ts';
import { completeSearch } from './complete.ts';
import type { SearchFields } from './fields.ts';
import { parseSearch } from './index.ts';

interface Subject {
  client: Record<string, unknown> & { name: string };
  check: { name: string; status: number; issued: number; output: string };
  occurrences: number;
  silenced: boolean;
}

const NOW = new Date(2026, 0, 7, 12).getTime();
const subject: Subject = {
  client: {
    name: 'Web-1',
    region: 'EU',
    subscriptions: ['web', 'linux'],
    cpus: 8,
    free: '12',
    aws: { zone: 'a' },
    owner: null,
  },
  check: { name: 'disk root', status: 2, issued: NOW / 1000 - 7200, output: 'Connection refused by peer' },
  occurrences: 12,
  silenced: false,
};
const fields: SearchFields<Subject> = {
  fields: new Map([
    ['status', { type: 'severity', description: 'how bad it is', read: ({ check }) => check.status }],
    ['client', { type: 'text', read: ({ client }) => client.name }],
    ['check', { type: 'text', read: ({ check }) => check.name, values: ['disk root', 'cpu'] }],
    ['silenced', { type: 'flag', read: ({ silenced }) => silenced }],
    ['occurrences', { type: 'number', read: ({ occurrences }) => occurrences }],
    ['age', { type: 'duration', read: ({ check }, nowMs) => nowMs / 1000 - check.issued }],
    ['issued', { type: 'time', read: ({ check }) => check.issued }],
  ]),
  documents: new Map([
    ['client', ({ client }) => client],
    ['check', ({ check }) => check],
  ]),
  texts: ({ client, check }) => [client.name, check.name, check.output],
};

function found(text: string, document: Subject = subject): boolean {
  const { value: search, mistake } = parseSearch(text, fields);
  if (mistake !== undefined) throw new Error(`${mistake.message} at ${mistake.position} of ${text}`);
  return search.matches(document, NOW);
}

test.each<[text: string, expected: boolean]>([
  ['', true],
  ['   ', true],
  ['*', true],
  // Fields.
  ['status:critical', true],
  ['status:CRITICAL', true],
  ['status:warning', false],
  ['status:2', true],
  ['status:warning,critical', true],
  ['status:>=warning', true],
  ['status:>2', false],
  ['status:1..2', true],
  ['status:unknown', false],
  ['client:web-1', true],
  ['client:web', false],
  ['client:web*', true],
  ['client:*-1', true],
  ['client:w*b*1', true],
  ['client:w*x*1', false],
  ['client:"web*"', false],
  ['check:"disk root"', true],
  ['check:disk*', true],
  ['check:cpu,"disk root"', true],
  ['silenced:false', true],
  ['silenced:no', true],
  ['-silenced:true', true],
  ['occurrences:12', true],
  ['occurrences:=12', true],
  ['occurrences:>3', true],
  ['occurrences:>=12', true],
  ['occurrences:<12', false],
  ['occurrences:10..60', true],
  ['occurrences:12..', true],
  ['occurrences:..11', false],
  ['age:>1h', true],
  ['age:2h', true],
  ['age:<1h59m', false],
  ['age:1h..3h', true],
  ['issued:>-3h', true],
  ['issued:>-1h', false],
  ['issued:-3h..-1h', true],
  ['issued:<now', true],
  ['issued:2026-01-07', true],
  ['issued:2026-01-06', false],
  ['issued:2026-01-01..2026-01-08', true],
  ['issued:>2026-01-07T09:59', true],
  ['issued:"2026-01-07 10:00"', true],
  // Paths.
  ['client.region:eu', true],
  ['client.region:eu*', true],
  ['client.region:us', false],
  ['client.subscriptions:linux', true],
  ['client.subscriptions:windows', false],
  ['client.subscriptions.0:web', true],
  ['client.aws.zone:a', true],
  ['client.cpus:8', true],
  ['client.cpus:>4', true],
  ['client.free:10..20', true],
  ['client.region:>4', false],
  ['client.region:*', true],
  ['client.owner:*', false],
  ['client.rack:*', false],
  ['-client.rack:*', true],
  ['client.aws:a', false],
  ['client.__proto__:*', false],
  ['client.constructor:*', false],
  ['client.aws.toString:*', false],
  // Words.
  ['refused', true],
  ['REFUSED', true],
  ['"connection refused"', true],
  ['"refused connection"', false],
  ['conn*refused', true],
  ['"conn*refused"', false],
  ['web-1', true],
  ['"say \\"hi\\""', false],
  // Logic.
  ['status:critical check:disk* client.region:eu -silenced:true "connection refused"', true],
  ['status:ok OR refused', true],
  ['status:ok refused OR status:critical', true],
  ['status:ok (refused OR status:critical)', false],
  ['status:critical AND NOT (cpu OR memory)', true],
  ['NOT status:critical', false],
  ['NOT NOT status:critical', true],
  ['-(status:critical refused)', false],
])('"%s" finds it: %s', (text, expected) => {
  expect(found(text)).toBe(expected);
});

test('a severity is read of every status, and only of a status', () => {
  const odd = { ...subject, check: { ...subject.check, status: 127 } };
  expect(found('status:unknown', odd)).toBe(true);
  expect(found('status:3', odd)).toBe(false);
  expect(found('client.cpus:unknown')).toBe(false);
});

test.each([
  ['sttus:1', 0, 'no field "sttus"', 'did you mean "status"?'],
  ['clint.region:eu', 0, 'no field "clint.region"', 'did you mean "client.region"?'],
  ['a colour:red', 2, 'no field "colour"', 'known are status'],
  ['client.:eu', 0, 'no field', 'did you mean "client"?'],
  ['status:bad', 7, '"bad"', 'ok, warning, critical, unknown'],
  ['status:', 7, 'no value', 'status:*'],
  ['status:ok,', 10, 'no value', 'status:*'],
  ['status:(ok OR warning)', 7, 'parenthesis', 'status:one,two'],
  ['silenced:maybe', 9, 'neither true nor false', 'silenced:true'],
  ['occurrences:many', 12, '"many"', 'a number'],
  ['occurrences:..', 12, 'at least one end', '10..'],
  ['age:>soon', 4, '"soon"', '1h30m'],
  ['issued:2026-13-01', 7, '2026-13-01', 'a date'],
  ['client:>3', 7, 'no greater', 'client:value'],
  ['occurrences>3', 0, 'colon', 'write occurrences:>3'],
  ['status!=ok', 0, 'colon', 'write -status:ok'],
  ['(refused', 0, 'not closed', ')'],
  ['refused)', 7, 'closes nothing', 'take it away'],
  ['"refused', 0, 'not closed', '"'],
  ['refused AND', 11, 'the search ends', 'field:value'],
  ['OR refused', 0, '"OR"', 'field:value'],
  ['()', 1, '")"', 'field:value'],
])('%s is a mistake at %i', (text, position, message, hint) => {
  const { mistake } = parseSearch(text, fields);
  expect(mistake).toMatchObject({
    position,
    message: expect.stringContaining(message),
    hint: expect.stringContaining(hint),
  });
});

test('the tree shows what an index can answer', () => {
  const tree = parseSearch('status:warning,critical client:Web-1 occurrences:>=3 -refused', fields).value
    ?.tree;
  expect(tree).toMatchObject({
    kind: 'and',
    parts: [
      {
        kind: 'or',
        parts: [
          { kind: 'field', field: 'status', type: 'severity', test: { kind: 'equals', value: 'warning' } },
          { kind: 'field', field: 'status', type: 'severity', test: { kind: 'equals', value: 'critical' } },
        ],
      },
      { kind: 'field', field: 'client', type: 'text', test: { kind: 'equals', value: 'web-1' } },
      {
        kind: 'field',
        field: 'occurrences',
        test: { kind: 'range', from: { at: 3, ago: false, open: false } },
      },
      { kind: 'not', part: { kind: 'words', pieces: ['refused'] } },
    ],
  });
});

describe('what is hostile', () => {
  test.each([
    ['parentheses', '('.repeat(3000)],
    ['negations', '-'.repeat(3000)],
    ['NOTs', 'NOT '.repeat(900)],
    ['words', 'a '.repeat(1500)],
    ['letters', 'a'.repeat(5000)],
    ['values', `status:${'1,'.repeat(1000)}1`],
  ])('many %s are a mistake', (_what, text) => {
    expect(parseSearch(text, fields).mistake).toBeDefined();
  });

  test('stars upon stars end', () => {
    const output = 'a'.repeat(100_000);
    const document = { ...subject, check: { ...subject.check, output } };
    expect(found(`${'a*'.repeat(500)}b`, document)).toBe(false);
    expect(found(`check.output:${'*a'.repeat(500)}*b`, document)).toBe(false);
  });

  const pieces = fc.constantFrom(
    ...[
      'status',
      'client',
      'client.',
      'age',
      'issued',
      ':',
      ':>',
      '..',
      ',',
      '(',
      ')',
      '"',
      '-',
      '*',
      ' ',
      ' AND ',
      ' OR ',
      ' NOT ',
    ],
    ...['1', '1h', 'critical', 'true', '2026-01-01', 'web', '\\', '=', '<'],
  );
  const text = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 60 }),
    fc.array(pieces, { maxLength: 20 }).map((some) => some.join('')),
  );

  test('any text is read or is a mistake within it, and any document is judged', () => {
    fc.assert(
      fc.property(text, fc.jsonValue(), (written, client) => {
        const result = parseSearch(written, fields);
        if (result.mistake !== undefined) {
          expect(result.mistake.position).toBeGreaterThanOrEqual(0);
          expect(result.mistake.position).toBeLessThanOrEqual(written.length);
          return;
        }
        const document = { ...subject, client: { name: 'a', ...(client as object) } } as Subject;
        expect(typeof result.value.matches(document, NOW)).toBe('boolean');
        const inverted = parseSearch(`-(${written})`, fields).value;
        if (inverted !== undefined)
          expect(inverted.matches(document, NOW)).toBe(!result.value.matches(document, NOW));
      }),
      { numRuns: RANDOM_INPUTS },
    );
  });

  test('a text that was typed can be completed at every place', () => {
    fc.assert(
      fc.property(text, fc.integer({ min: -5, max: 100 }), (written, position) => {
        const { from, to, suggestions } = completeSearch(written, position, fields);
        expect(from).toBeGreaterThanOrEqual(0);
        expect(to).toBeGreaterThanOrEqual(from);
        expect(to).toBeLessThanOrEqual(written.length);
        const typed = written.slice(from, to).toLowerCase();
        for (const suggestion of suggestions)
          expect(suggestion.text.toLowerCase().startsWith(typed)).toBe(true);
      }),
      { numRuns: RANDOM_INPUTS },
    );
  });
});

test.each([
  ['st', 2, 'condition', 0, ['status:']],
  ['status:ok cl', 12, 'condition', 10, ['client:', 'client.']],
  ['-sil', 4, 'condition', 1, ['silenced:']],
  ['(cl', 3, 'condition', 1, ['client:', 'client.']],
  ['a O', 3, 'condition', 2, ['occurrences:', 'OR']],
  ['status:c', 8, 'value', 7, ['critical']],
  ['status:warning,cr', 17, 'value', 15, ['critical']],
  ['silenced:', 9, 'value', 9, ['true', 'false']],
  ['check:d', 7, 'value', 6, ['disk root']],
  ['age:', 4, 'value', 4, ['>5m', '>1h', '>1d', '<']],
  ['client.region:', 14, 'value', 14, []],
  ['nothing:', 8, 'value', 8, []],
  ['"status:', 8, 'text', 0, []],
])('completing %s at %i', (text, position, kind, from, suggestions) => {
  const completion = completeSearch(text, position, fields);
  expect(completion).toMatchObject({ kind, from, to: position });
  expect(completion.suggestions.map((suggestion) => suggestion.text)).toEqual(suggestions);
});
