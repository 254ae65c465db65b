import fc from 'fast-check';
import { Type } from 'typebox';
import { Check } from 'typebox/value';
import { expect, test } from 'vitest';
import { valueAt } from './attributes.ts';
import { CheckResultSchema, CheckSchema } from './check.ts';
import { ClientSchema, KeepaliveSchema } from './client.ts';
import { HandlerSchema, MutatorSchema } from './handler.ts';
import { foundText, NOTHING, problemsOf } from './problems.ts';

test('every problem is told at its own path, all at once', () => {
  const check = {
    interval: '60',
    handlers: 'mail',
    subscribers: ['web', ''],
    timeout: -1,
    hooks: { ok: {} },
  };
  const problems = problemsOf(CheckSchema, check, ['checks', 'disk']);
  expect(problems.map(({ path, expected, found, hint }) => [path, expected, found, hint])).toEqual([
    ['checks.disk.timeout', 'a number of seconds', '-1', undefined],
    ['checks.disk.handlers', 'an array of handler names', '"mail"', 'write it in brackets: ["mail"]'],
    ['checks.disk.interval', 'a whole number of seconds above 0', '"60"', 'leave out the quotes'],
    ['checks.disk.subscribers[1]', 'a string that is not empty', '""', undefined],
    ['checks.disk.hooks.ok.command', 'a shell command', NOTHING, undefined],
  ]);
});

test('a missing member is told with the misspelt one that may be meant', () => {
  const [problem] = problemsOf(MutatorSchema, { comand: 'cut' });
  expect(problem).toMatchObject({ path: 'command', found: NOTHING });
  expect(problem?.hint).toBe('there is "comand": did you mean "command"?');
});

test('an unknown member of a closed object is told with the known ones', () => {
  const schema = Type.Object(
    { limit: Type.Optional(Type.Integer()), kind: Type.Optional(Type.String()) },
    { additionalProperties: false },
  );
  expect(problemsOf(schema, { limt: 1 })).toMatchObject([
    { path: 'limt', expected: 'one of "limit", "kind"', found: '"limt"', hint: 'did you mean "limit"?' },
  ]);
});

test('a schema without words of its own is put into words', () => {
  const schema = Type.Object({
    a: Type.Union([Type.Literal('x'), Type.Literal('y')]),
    b: Type.Number(),
    c: Type.Boolean({ description: 'a switch' }),
  });
  const told = problemsOf(schema, { a: 'z', b: 'z', c: 'z' }).map((problem) => problem.expected);
  expect(told).toEqual(['"x" or "y"', 'a number', 'a switch']);
});

test('what is found is short, and secrets and control characters are not shown', () => {
  expect(foundText('x'.repeat(500)).length).toBeLessThan(70);
  expect(foundText('\u001b[31m\u009b1m\u202e')).toBe('"\\u001b[31m\\u009b1m\\u202e"');
  expect(foundText('hunter2', ['api', 'password'])).toBe('a string (not shown)');
  expect(foundText(5, ['webhook', 'slack_token'])).toBe('a number (not shown)');
  expect(foundText('https://me:hunter2@example.org/')).toBe('"https://REDACTED@example.org/"');
  expect(foundText({ password: 'hunter2' })).toBe('an object');
  const closed = Type.Object({ password: Type.Array(Type.String()) });
  expect(JSON.stringify(problemsOf(closed, { password: 'hunter2' }))).not.toContain('hunter2');
});

test('a hint that takes off quotes or adds brackets gives something that fits', () => {
  const number = Type.Object({ a: Type.Number() });
  expect(problemsOf(number, { a: '007' })[0]?.hint).toBe('leave out the quotes');
  expect(problemsOf(number, { a: '7 s' })[0]?.hint).toBeUndefined();
  expect(problemsOf(Type.Object({ a: Type.Boolean() }), { a: 'true' })[0]?.hint).toBe('leave out the quotes');
});

test('nonsense without end gives a bounded number of problems', () => {
  const check = { name: 'x', status: 0, output: '', handlers: Array.from({ length: 100_000 }, () => 1) };
  expect(problemsOf(CheckResultSchema, { client: 'a', check })).toHaveLength(100);
});

test('there are problems exactly when the value does not fit, and each path leads somewhere', () => {
  const schemas = [
    CheckSchema,
    CheckResultSchema,
    ClientSchema,
    KeepaliveSchema,
    HandlerSchema,
    MutatorSchema,
  ];
  const members = [...new Set(schemas.flatMap((schema) => Object.keys(schema.properties)))];
  const document = fc.oneof(
    fc.jsonValue(),
    fc.dictionary(fc.constantFrom(...members), fc.oneof(fc.jsonValue(), fc.string(), fc.nat(), fc.boolean())),
  );
  fc.assert(
    fc.property(fc.constantFrom(...schemas), document, (schema, value) => {
      const problems = problemsOf(schema, value);
      expect(problems.length === 0).toBe(Check(schema, value));
      for (const { steps, found, expected } of problems) {
        if (found === NOTHING) expect(valueAt(value, steps.slice(0, -1))).toBeTypeOf('object');
        else expect(valueAt(value, steps)).toBeDefined();
        expect(found.length).toBeLessThan(200);
        expect(expected).not.toBe('another value');
      }
    }),
    { numRuns: 500 },
  );
});
