import type { TSchema } from 'typebox';
import { isAttributes, pathText, type Step, valueAt } from '../model/attributes.ts';
import { nearestName } from '../model/nearest.ts';
import { expectedText } from '../model/problems.ts';
import { looksSecret, REDACTED } from '../model/redact.ts';
import type { Attributes } from '../model/schema.ts';
import type { Plugin } from '../plugin.ts';
import { TocsinError } from '../runtime/errors.ts';
import type { ClientDefaults } from './client.ts';
import {
  API_BIND,
  API_PORT,
  AUDIT_DAYS,
  AUDIT_ENTRIES,
  CANARY_SECONDS,
  CLIENT_LIMITS,
  DEFAULT_TIMEOUT_SECONDS,
  LOG_DAYS,
  LOG_ENTRIES,
  OUTPUT_LIMIT_BYTES,
  RESULT_RETENTION_SECONDS,
  SPOOL_BYTES,
} from './defaults.ts';
import type { ConfigDocument } from './document.ts';
import { SECTION_SCHEMAS } from './json-schema.ts';
import { meaningOf } from './meanings.ts';
import type { Origin } from './origin.ts';
import { secretsOf, shownDocument } from './shown.ts';

/** A place in a file, or a variable. */
export interface Place {
  file?: string | undefined;
  line?: number | undefined;
  variable?: string | undefined;
}

/** Where a value comes from and what it means; secrets are replaced. */
export interface Explanation {
  path: string;
  /** Undefined when it is not set and has no default. */
  value: unknown;
  /** Where the value in force was written: several places when objects or arrays were joined. */
  from: 'default' | 'not set' | Place[];
  /** What earlier sources said and no longer counts. */
  overrode: (Place & { value: unknown })[];
  meaning?: string | undefined;
  /** What kind of value it takes. */
  type?: string | undefined;
}

/** Defaults that do not stand in the merged document. */
const DEFAULTS: Readonly<Record<string, unknown>> = {
  'api.bind': API_BIND,
  'api.port': API_PORT,
  'tocsin.default_timeout': DEFAULT_TIMEOUT_SECONDS,
  'tocsin.output_limit': OUTPUT_LIMIT_BYTES,
  'tocsin.store.sync': 'process',
  'tocsin.store.logs.transitions.entries': LOG_ENTRIES,
  'tocsin.store.logs.transitions.days': LOG_DAYS,
  'tocsin.store.logs.deliveries.entries': LOG_ENTRIES,
  'tocsin.store.logs.deliveries.days': LOG_DAYS,
  'tocsin.store.logs.audit.entries': AUDIT_ENTRIES,
  'tocsin.store.logs.audit.days': AUDIT_DAYS,
  'tocsin.retention.results': RESULT_RETENTION_SECONDS,
  'tocsin.agent.spool.bytes': SPOOL_BYTES,
  'tocsin.limits.results_per_second': CLIENT_LIMITS.results_per_second,
  'tocsin.limits.bytes_per_second': CLIENT_LIMITS.bytes_per_second,
  'tocsin.limits.message_bytes': CLIENT_LIMITS.message_bytes,
  'tocsin.limits.checks': CLIENT_LIMITS.checks,
  'tocsin.blindness.canary': CANARY_SECONDS,
};

/**
 * Explains the value at a path as problems show it: `checks.disk.interval`, `checks["disk root"].handlers[0]`.
 * Throws USAGE for text that is no path, NOT_FOUND (with the nearest name) where nothing of that name is or may be.
 */
export function explain(
  path: string,
  read: ConfigDocument,
  { defaults, plugins }: { defaults: ClientDefaults; plugins: ReadonlyMap<string, Plugin> },
): Explanation {
  const steps = parsePath(path);
  const value = valueAt(read.document, steps) ?? defaultAt(steps, defaults);
  const schema = schemaAt(steps, plugins);
  const there = steps.every((_, index) => isThere(steps.slice(0, index + 1), read.document));
  if (value === undefined && (!schema || !there)) throw notFound(steps, read.document);
  const sayings = read.origins.sayings(steps);
  const origin = sayings.length === 0 ? read.origins.of(steps) : undefined;
  const written = sayings.filter(({ counts }) => counts).map(placeOf);
  const from =
    written.length > 0 ? written : (onlyItem(steps, origin) ?? (value === undefined ? 'not set' : 'default'));
  const shown = (one: unknown): unknown => shownValue(one, steps, read.document);
  const meaning = meaningOf(steps);
  const type = schema ? expectedText(schema) : undefined;
  return {
    path: pathText(steps),
    value: shown(value),
    from,
    overrode: sayings
      .filter(({ counts }) => !counts)
      .map((saying) => ({ ...placeOf(saying), value: shown(saying.value) })),
    ...(meaning === undefined ? {} : { meaning }),
    ...(type === undefined ? {} : { type }),
  };
}

/** The items of arrays have one place each. */
function onlyItem(steps: readonly Step[], origin: Origin | undefined): Place[] | undefined {
  return origin && steps.some((step) => typeof step === 'number') ? [placeOf(origin)] : undefined;
}

function placeOf({ file, line, variable }: Origin): Place {
  return variable === undefined ? { file, line } : { variable };
}

function shownValue(value: unknown, steps: readonly Step[], document: Attributes): unknown {
  const secrets = [...secretsOf(document), ...(steps[0] === 'tocsin' ? ['token'] : [])];
  const hidden = steps.some(
    (step) => typeof step === 'string' && (secrets.includes(step) || looksSecret(step)),
  );
  return hidden && value !== undefined ? REDACTED : shownDocument(value, secrets);
}

function defaultAt(steps: readonly Step[], { hostname, address }: ClientDefaults): unknown {
  const defaults = new Map([
    ...Object.entries(DEFAULTS),
    ['client.name', hostname],
    ['client.address', address],
  ]);
  return defaults.get(steps.join('.'));
}

/** Steps of a path as it is shown and written. */
export function parsePath(path: string): Step[] {
  const steps: Step[] = [];
  const step = /\.?([A-Za-z0-9_-]+)|\.?\[(\d+)\]|\.?\[("(?:[^"\\]|\\.)*")\]/y;
  while (step.lastIndex < path.length) {
    const at = step.lastIndex;
    const [, plain, index, named] = step.exec(path) ?? [];
    if (plain !== undefined) steps.push(plain);
    else if (index !== undefined) steps.push(Number(index));
    else if (named !== undefined) steps.push(nameIn(named, path));
    else throw notAPath(path, at);
  }
  if (steps.length === 0) throw notAPath(path, 0);
  return steps;
}

function nameIn(quotedName: string, path: string): string {
  try {
    return String(JSON.parse(quotedName));
  } catch {
    throw notAPath(path, path.indexOf(quotedName));
  }
}

function notAPath(path: string, at: number): TocsinError {
  const example = 'write it like checks.disk.interval or checks["disk root"].handlers[0]';
  return new TocsinError('USAGE', `${JSON.stringify(path)} is no path, at character ${at + 1}; ${example}`);
}

function sectionSchema(section: Step | undefined): TSchema | undefined {
  const name = String(section);
  return Object.hasOwn(SECTION_SCHEMAS, name) ? SECTION_SCHEMAS[name] : undefined;
}

function schemaAt(steps: readonly Step[], plugins: ReadonlyMap<string, Plugin>): TSchema | undefined {
  const [section, ...rest] = steps;
  let schema = sectionSchema(section);
  for (const [depth, step] of rest.entries()) {
    const options = depth === 1 ? plugins.get(String(step))?.options : undefined;
    schema = memberSchema(schema, step) ?? (options as TSchema | undefined);
    if (!schema) return undefined;
  }
  return schema;
}

function memberSchema(schema: TSchema | undefined, step: Step): TSchema | undefined {
  const node = schema as
    | { properties?: Record<string, TSchema>; patternProperties?: Record<string, TSchema>; items?: TSchema }
    | undefined;
  if (typeof step === 'number') return node?.items;
  const own = node?.properties;
  if (own && Object.hasOwn(own, step)) return own[step];
  return Object.values(node?.patternProperties ?? {})[0];
}

function notFound(steps: readonly Step[], document: Attributes): TocsinError {
  const wrong = steps.findIndex((_, index) => !isThere(steps.slice(0, index + 1), document));
  const known = namesAt(steps.slice(0, wrong), document);
  const near = nearestName(String(steps[wrong]), known);
  const corrected =
    near === undefined ? undefined : pathText([...steps.slice(0, wrong), near, ...steps.slice(wrong + 1)]);
  const help = corrected === undefined ? listed(known) : `; did you mean ${corrected}?`;
  return new TocsinError('NOT_FOUND', `nothing in the configuration is called ${pathText(steps)}${help}`);
}

function isThere(steps: readonly Step[], document: Attributes): boolean {
  if (valueAt(document, steps) !== undefined) return true;
  const named = steps.length === 2 && isAttributes(document[String(steps[0])]);
  // Under `checks` and its like any name would fit the schema.
  const free = named && Object.keys(sectionSchema(steps[0]) ?? {}).includes('patternProperties');
  return !free && schemaAt(steps, new Map()) !== undefined;
}

/** Names that may stand at a place: those that are written there, and those that mean something. */
function namesAt(steps: readonly Step[], document: Attributes): string[] {
  const value = steps.length === 0 ? document : valueAt(document, steps);
  const written = isAttributes(value) ? Object.keys(value) : [];
  if (steps.length === 0) return [...new Set([...written, ...Object.keys(SECTION_SCHEMAS)])];
  const schema = schemaAt(steps, new Map()) as { properties?: object } | undefined;
  return [...new Set([...written, ...Object.keys(schema?.properties ?? {})])];
}

function listed(known: readonly string[]): string {
  const most = 12;
  if (known.length === 0) return '';
  return `; there is ${known.slice(0, most).join(', ')}${known.length > most ? ' …' : ''}`;
}
