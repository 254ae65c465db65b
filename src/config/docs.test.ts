import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TSchema } from 'typebox';
import { expect, test } from 'vitest';
import { CheckRequestSchema, CheckResultSchema, CheckSchema, ExecutedCheckSchema } from '../model/check.ts';
import { ClientSchema, HttpSocketSchema, KeepaliveSchema } from '../model/client.ts';
import { CORE_HANDLER_SCHEMAS, FilterSchema, MutatorSchema } from '../model/handler.ts';
import { problemsOf } from '../model/problems.ts';
import { DEFAULT_REDACT } from '../model/redact.ts';
import { defineCheck, defineHandler, Type } from '../plugin.ts';
import { loadDocument } from '../testing/config-files.ts';
import { membersOf } from './definition.ts';
import { ApiSchema, ExtensionSchema, SECTIONS, TocsinSchema } from './sections.ts';

const page = (name: string): string => readFileSync(join(import.meta.dirname, '../../docs', name), 'utf8');
const examples = (text: string): unknown[] =>
  [...text.matchAll(/```json\n(.*?)```/gs)].map(([, json]) => JSON.parse(json ?? ''));

const http = defineCheck({
  name: 'http',
  options: Type.Object({ url: Type.String() }),
  run: async () => ({ status: 0, output: '' }),
});
const webhook = defineHandler({
  name: 'webhook',
  options: Type.Object({ url: Type.String() }),
  run: async () => '',
});

test('the example of the configuration page works, without a warning but that nobody is its default', async () => {
  const loaded = await loadDocument(examples(page('configuration.md'))[0], [http, webhook]);
  expect(loaded.problems).toBeUndefined();
  expect(loaded.warnings).toEqual([]);
});

test.each<[string, TSchema]>([
  ['client', ClientSchema],
  ['http_socket', HttpSocketSchema],
  ['checks', CheckSchema],
  ['pipe', CORE_HANDLER_SCHEMAS.pipe],
  ['tcp', CORE_HANDLER_SCHEMAS.tcp],
  ['set', CORE_HANDLER_SCHEMAS.set],
  ['filters', FilterSchema],
  ['mutators', MutatorSchema],
  ['api', ApiSchema],
  ['tocsin', TocsinSchema],
  ['extensions', ExtensionSchema],
])('the configuration page names every attribute of %s', (_what, schema) => {
  const text = page('configuration.md');
  // `tocsin.store` is told by its members.
  const missing = membersOf(schema).filter((name) => !new RegExp(`\`(store\\.)?${name}[\`.]`).test(text));
  // Not for users to set: it is what the API sends to resolve an event.
  expect(missing.filter((name) => name !== 'force_resolve')).toEqual([]);
});

test('the configuration page names every section and every secret', () => {
  const text = page('configuration.md');
  const silent = ['tessen', 'deregistration'];
  expect(SECTIONS.filter((name) => !silent.includes(name) && !text.includes(`\`${name}\``))).toEqual([]);
  expect(DEFAULT_REDACT.filter((name) => !text.includes(`\`${name}\``))).toEqual([]);
});

test('the examples of the documents page fit their schemas', async () => {
  const [client, check, request, result, event, silence, configured, record] = examples(
    page('documents.md'),
  ) as [unknown, unknown, unknown, unknown, { client: unknown; check: unknown }, object, object, object];
  const fits: [TSchema, unknown][] = [
    [KeepaliveSchema, client],
    [CheckSchema, check],
    [CheckRequestSchema, request],
    [CheckResultSchema, result],
    [KeepaliveSchema, event.client],
    [ExecutedCheckSchema, event.check],
  ];
  for (const [schema, value] of fits) expect(problemsOf(schema, value)).toEqual([]);
  expect((await loadDocument(configured)).problems).toBeUndefined();
  expect(silence).toMatchObject({ id: 'web:disk', subscription: 'web', check: 'disk' });
  expect(record).toMatchObject({ outcome: 'filtered', filtered: { by: 'production' } });
});
