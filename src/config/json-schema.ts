import { type TSchema, Type } from 'typebox';
import { isAttributes } from '../model/attributes.ts';
import { CheckSchema } from '../model/check.ts';
import { ClientKeepaliveSchema, ClientSchema } from '../model/client.ts';
import { CORE_HANDLER_SCHEMAS, FilterSchema, HandlerSchema, MutatorSchema } from '../model/handler.ts';
import type { Attributes } from '../model/schema.ts';
import type { Plugin } from '../plugin.ts';
import { meaningOf } from './meanings.ts';
import { RabbitmqSchema } from './rabbitmq.ts';
import { ApiSchema, ExtensionSchema, SensuSchema, TocsinSchema, TransportSchema } from './sections.ts';

const DIALECT = 'https://json-schema.org/draft/2020-12/schema';

/** The shapes of the sections, by name; the one place that knows which schema belongs to which. */
export const SECTION_SCHEMAS: Readonly<Record<string, TSchema>> = {
  client: Type.Object(
    { ...Type.Partial(ClientSchema).properties, keepalive: Type.Optional(ClientKeepaliveSchema) },
    { additionalProperties: true },
  ),
  checks: Type.Record(Type.String(), CheckSchema),
  handlers: Type.Record(Type.String(), HandlerSchema),
  filters: Type.Record(Type.String(), FilterSchema),
  mutators: Type.Record(Type.String(), MutatorSchema),
  extensions: Type.Record(Type.String(), ExtensionSchema),
  api: ApiSchema,
  sensu: SensuSchema,
  tocsin: TocsinSchema,
  transport: TransportSchema,
  rabbitmq: RabbitmqSchema,
};

/**
 * The JSON Schema (2020-12) of a whole configuration file, for editors. A file may hold any part of the configuration,
 * so nothing that another file can add is demanded.
 */
export function schemaOf(plugins: ReadonlyMap<string, Plugin>): Attributes {
  const properties: Attributes = { $schema: { type: 'string', description: 'the schema of this file' } };
  for (const [name, schema] of Object.entries(SECTION_SCHEMAS)) properties[name] = described(schema, [name]);
  for (const name of ['redis', 'tessen', 'deregistration'])
    properties[name] = { description: meaningOf([name]) };
  addPlugins(properties, plugins);
  return {
    $schema: DIALECT,
    title: 'Tocsin configuration',
    type: 'object',
    properties,
    additionalProperties: true,
  };
}

/** The schema as plain JSON, with what each member means instead of what we say when it does not fit. */
function described(schema: TSchema, steps: readonly string[]): Attributes {
  const node = JSON.parse(JSON.stringify(schema)) as Attributes;
  return describe(node, steps);
}

function describe(node: Attributes, steps: readonly string[]): Attributes {
  const { expected, required: _, patternProperties, properties, items, ...rest } = node;
  const meaning = meaningOf(steps);
  const text = [meaning, expected].filter((part) => typeof part === 'string' && part !== '').join(' — ');
  const shown: Attributes = { ...(text === '' ? {} : { description: text }), ...rest };
  if (Array.isArray(rest.anyOf))
    shown.anyOf = rest.anyOf.map((one) => (isAttributes(one) ? describeChoice(one, steps) : one));
  if (isAttributes(properties)) shown.properties = members(properties, (name) => [...steps, name]);
  // A record of TypeBox: whatever the members are called.
  const [any] = isAttributes(patternProperties) ? Object.values(patternProperties) : [];
  if (isAttributes(any)) shown.additionalProperties = describe(any, [...steps, '*']);
  if (isAttributes(items)) shown.items = describe(items, []);
  return shown;
}

function members(properties: Attributes, stepsOf: (name: string) => readonly string[]): Attributes {
  return Object.fromEntries(
    Object.entries(properties).map(([name, member]) => [
      name,
      isAttributes(member) ? describe(member, stepsOf(name)) : member,
    ]),
  );
}

/** One of several forms of a value, whose description stands above them. */
function describeChoice({ expected: _, ...rest }: Attributes, steps: readonly string[]): Attributes {
  return isAttributes(rest.properties) ? describe(rest, steps) : rest;
}

/** Options of plugins stand in a member that is named like the plugin. */
function addPlugins(properties: Attributes, plugins: ReadonlyMap<string, Plugin>): void {
  const optionsOf = (kind: Plugin['kind']): [string, Attributes][] =>
    [...plugins.values()]
      .filter((plugin) => plugin.kind === kind)
      .map((plugin) => [plugin.name, described(plugin.options as TSchema, [])]);
  const definitionOf = (section: string): Attributes =>
    (properties[section] as { additionalProperties: Attributes }).additionalProperties;
  const check = definitionOf('checks');
  const checks = optionsOf('check');
  check.properties = { ...Object.fromEntries(checks), ...(check.properties as Attributes) };
  suggest(
    check,
    'extension',
    checks.map(([name]) => name),
  );
  const handler = definitionOf('handlers');
  const handlers = optionsOf('handler');
  handler.properties = { ...Object.fromEntries(handlers), ...(handler.properties as Attributes) };
  suggest(handler, 'type', [...Object.keys(CORE_HANDLER_SCHEMAS), ...handlers.map(([name]) => name)]);
}

/** Values that an editor offers; others are allowed, since extensions bring more. */
function suggest(definition: Attributes, member: string, examples: readonly string[]): void {
  const node = (definition.properties as Record<string, Attributes>)[member];
  if (node) node.examples = examples;
}
