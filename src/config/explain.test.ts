import fc from 'fast-check';
import type { TSchema } from 'typebox';
import { expect, test } from 'vitest';
import { isAttributes, pathText } from '../model/attributes.ts';
import { TocsinError } from '../runtime/errors.ts';
import { loadFiles } from '../testing/config-files.ts';
import { RANDOM_INPUTS } from '../testing/random.ts';
import { explain, parsePath } from './explain.ts';
import { SECTION_SCHEMAS, schemaOf } from './json-schema.ts';
import { loadingSteps } from './loading.ts';
import { meaningOf } from './meanings.ts';

const FILES = {
  'a.json':
    '{"checks": {"disk": {"command": "df",\n"interval": 60,\n"subscribers": ["a"]}},\n"mail": {"password": "x"}}',
  'b.json': '{"checks": {"disk": {\n"interval": 30, "subscribers": ["b"]}}}',
};
const PARTS = { defaults: { hostname: 'h', address: 'a' }, plugins: new Map() };

async function explained(path: string, environment = {}) {
  const { read } = await loadFiles(FILES, [], environment);
  const { from, overrode, ...rest } = explain(path, read, PARTS);
  const short = <P extends { file?: string | undefined }>({ file, ...place }: P) => ({
    ...place,
    ...(file === undefined ? {} : { file: file.replace(/.*\//, '') }),
  });
  return { ...rest, from: typeof from === 'string' ? from : from.map(short), overrode: overrode.map(short) };
}

test('a value is told with its place, what it replaced, and what it means', async () => {
  expect(await explained('checks.disk.interval')).toEqual({
    path: 'checks.disk.interval',
    value: 30,
    from: [{ file: 'b.json', line: 2 }],
    overrode: [{ file: 'a.json', line: 2, value: 60 }],
    meaning: 'seconds from one run to the next',
    type: 'a whole number of seconds above 0',
  });
});

test('arrays that were joined come from several places, an item from one', async () => {
  const { from, value } = await explained('checks.disk.subscribers');
  expect([value, from]).toEqual([
    ['a', 'b'],
    [
      { file: 'a.json', line: 3 },
      { file: 'b.json', line: 2 },
    ],
  ]);
  expect(await explained('checks.disk.subscribers[1]')).toMatchObject({
    value: 'b',
    from: [{ file: 'b.json' }],
  });
});

test('defaults, what is not set, variables and secrets', async () => {
  expect(await explained('sensu.spawn.limit')).toMatchObject({ value: 12, from: 'default' });
  expect(await explained('api.port')).toMatchObject({ value: 4567, from: 'default' });
  expect(await explained('client.name')).toMatchObject({ value: 'h', from: 'default' });
  expect(await explained('checks.disk.ttl')).toMatchObject({ value: undefined, from: 'not set' });
  const environment = { SENSU_API_PORT: '5' };
  expect(await explained('api.port', environment)).toMatchObject({
    value: 5,
    from: [{ variable: 'SENSU_API_PORT' }],
  });
  expect(await explained('mail.password')).toMatchObject({ value: 'REDACTED' });
  expect(await explained('mail')).toMatchObject({ value: { password: 'REDACTED' } });
});

test.each([
  ['checks.disk.intervall', 'NOT_FOUND', 'did you mean checks.disk.interval?'],
  ['checks.dsk.interval', 'NOT_FOUND', 'did you mean checks.disk.interval?'],
  ['chekcs', 'NOT_FOUND', 'did you mean checks?'],
  ['checks disk', 'USAGE', 'character 7'],
  ['', 'USAGE', 'character 1'],
])('%s is refused: %s', async (path, code, message) => {
  const { read } = await loadFiles(FILES);
  try {
    explain(path, read, PARTS);
    expect.unreachable();
  } catch (error) {
    expect(error).toBeInstanceOf(TocsinError);
    expect([(error as TocsinError).code, (error as TocsinError).message]).toEqual([
      code,
      expect.stringContaining(message),
    ]);
  }
});

test('any path is read back as it was shown, and any text is a path or refused', () => {
  const step = fc.oneof(
    fc.string({ maxLength: 40 }).filter((text) => !/[^ -~]/.test(text)),
    fc.nat(99),
  );
  fc.assert(
    fc.property(fc.array(step, { minLength: 1 }), (steps) => {
      expect(parsePath(pathText(steps))).toEqual(steps);
    }),
    { numRuns: RANDOM_INPUTS },
  );
  fc.assert(
    fc.property(fc.string(), (text) => {
      try {
        expect(parsePath(text).length).toBeGreaterThan(0);
      } catch (error) {
        expect((error as TocsinError).code).toBe('USAGE');
      }
    }),
    { numRuns: RANDOM_INPUTS },
  );
});

function membersWithoutMeaning(schema: TSchema, steps: string[]): string[] {
  const node = schema as {
    properties?: Record<string, TSchema>;
    patternProperties?: Record<string, TSchema>;
  };
  const inner: [string, TSchema][] = Object.entries(node.properties ?? {});
  const [any] = Object.values(node.patternProperties ?? {});
  const named = any && isAttributes((any as { properties?: unknown }).properties);
  if (named) inner.push(['*', any]);
  return inner.flatMap(([name, member]) => {
    // Windows are told by their days.
    if (steps.at(-1) === 'days' && steps.length > 2) return [];
    const path = [...steps, name];
    return [
      ...(meaningOf(path) === undefined ? [path.join('.')] : []),
      ...membersWithoutMeaning(member, path),
    ];
  });
}

test('every attribute of every section has a meaning', () => {
  const missing = Object.entries(SECTION_SCHEMAS).flatMap(([name, schema]) =>
    membersWithoutMeaning(schema, [name]),
  );
  expect(missing).toEqual([]);
});

test('the schema for editors is plain JSON Schema with descriptions, and demands nothing that another file may add', () => {
  const text = JSON.stringify(schemaOf(new Map()));
  expect(text).not.toContain('"expected"');
  expect(text).not.toContain('"required"');
  const schema = JSON.parse(text);
  expect(schema.$schema).toBe('https://json-schema.org/draft/2020-12/schema');
  const interval = schema.properties.checks.additionalProperties.properties.interval;
  expect(interval).toMatchObject({ type: 'integer', description: expect.stringContaining('from one run') });
  expect(schema.properties.handlers.additionalProperties.properties.type.examples).toContain('pipe');
});

test('what a later file changed is told, without secrets', async () => {
  const { read } = await loadFiles({
    'a.json': { checks: { a: { interval: 1 } }, x: { password: 'one' } },
    'b.json': { checks: { a: { interval: 2, ttl: 5 } }, x: { password: 'two' } },
  });
  const [first, second] = loadingSteps(read);
  expect(first).not.toHaveProperty('changes');
  expect(second?.changes).toEqual({
    checks: { a: { interval: [1, 2], ttl: [null, 5] } },
    x: { password: 'REDACTED' },
  });
});

test.each([
  '__proto__',
  'constructor',
  'toString',
  'checks.__proto__',
  'checks.disk.constructor',
  'api.toString',
])('what every object has is no part of the configuration: %s', async (path) => {
  await expect(explained(path)).rejects.toThrow(/nothing in the configuration is called/);
  expect(meaningOf(path.split('.').slice(-1))).toBeUndefined();
});
