import { type Static, type TObject, Type } from 'typebox';
import { isAttributes } from '../model/attributes.ts';
import { ThresholdsSchema } from '../model/client.ts';
import { problemAt } from '../model/problems.ts';
import { anyObject, filledText, flag, port, positive, text, texts } from '../model/schema.ts';
import { credentialsOf } from './client.ts';
import {
  API_BIND,
  API_PORT,
  AUDIT_DAYS,
  AUDIT_ENTRIES,
  CORS,
  DAY_COUNT_DAYS,
  DEFAULT_TIMEOUT_SECONDS,
  KEEPALIVE_THRESHOLDS,
  LOG_DAYS,
  LOG_ENTRIES,
  OUTPUT_LIMIT_BYTES,
  RESULT_RETENTION_SECONDS,
  SPAWN_LIMIT,
} from './defaults.ts';
import { judge, type Rule, type Validation } from './definition.ts';
import { rabbitmqOf } from './rabbitmq.ts';
import { REACHING, reachingOf, tlsBelongsTogether } from './reaching.ts';
import type { Settings } from './settings.ts';

const open = { additionalProperties: true, expected: 'an object' };
const closed = { additionalProperties: false, expected: 'an object' };

const SpawnSchema = Type.Object({ limit: Type.Optional(positive()) }, open);

const SensuServerSchema = Type.Object(
  {
    results_pipe: Type.Optional(filledText()),
    keepalives_pipe: Type.Optional(filledText()),
    max_message_size: Type.Optional(positive('a whole number of bytes above 0')),
  },
  open,
);

/** The section `sensu`. (Sensu Core 1.9 documentation, "Sensu configuration".) */
export const SensuSchema = Type.Object(
  {
    spawn: Type.Optional(SpawnSchema),
    keepalives: Type.Optional(
      Type.Object(
        {
          thresholds: Type.Optional(ThresholdsSchema),
          handler: Type.Optional(filledText('a handler name')),
          handlers: Type.Optional(texts('an array of handler names')),
          remove_after: Type.Optional(positive('a whole number of seconds above 0')),
        },
        open,
      ),
    ),
    server: Type.Optional(SensuServerSchema),
    global_error_handler: Type.Optional(flag()),
  },
  open,
);

/** A header's value: text that cannot begin another header. */
const headerValue = () =>
  Type.Union([Type.String({ pattern: '^[\\t\\u0020-\\u007e]*$' }), Type.Boolean(), Type.Integer()], {
    expected: 'the value of a header, in printable ASCII characters',
  });

const HEADER_NAME = /^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/;

/** The members of `cors` are parts of names of headers (RFC 9110, "Tokens"). */
const headerNames: Rule = ({ cors }, at) => {
  const wrong = isAttributes(cors) ? Object.keys(cors).find((name) => !HEADER_NAME.test(name)) : undefined;
  if (wrong === undefined) return undefined;
  return problemAt([...at, 'cors', wrong], 'the end of a header’s name, like "Origin"', wrong);
};

/** The section `api`. (Sensu Core 1.9 documentation, "API configuration".) */
export const ApiSchema = Type.Object(
  {
    host: Type.Optional(text()),
    bind: Type.Optional(filledText('an address to listen on')),
    port: Type.Optional(port()),
    user: Type.Optional(text()),
    password: Type.Optional(text()),
    cors: Type.Optional(
      Type.Record(Type.String(), headerValue(), {
        expected: 'an object: the end of a header’s name → its value',
      }),
    ),
    endpoints: Type.Optional(Type.Array(anyObject(), { expected: 'an array of objects' })),
  },
  open,
);

const LogSchema = Type.Object(
  {
    entries: Type.Optional(positive()),
    days: Type.Optional(Type.Number({ exclusiveMinimum: 0, expected: 'a number of days above 0' })),
  },
  closed,
);

/** The section `tocsin`: what Sensu has no words for. Closed, so that a slip of the finger is told. */
export const TocsinSchema = Type.Object(
  {
    default_timeout: Type.Optional(Type.Number({ minimum: 0, expected: 'a number of seconds, 0 for never' })),
    output_limit: Type.Optional(positive('a whole number of bytes above 0')),
    store: Type.Optional(
      Type.Object(
        {
          sync: Type.Optional(
            Type.Union([Type.Literal('process'), Type.Literal('power')], {
              expected: '"process" or "power"',
            }),
          ),
          logs: Type.Optional(
            Type.Object(
              {
                transitions: Type.Optional(LogSchema),
                deliveries: Type.Optional(LogSchema),
                days: Type.Optional(LogSchema),
                removals: Type.Optional(LogSchema),
                audit: Type.Optional(LogSchema),
              },
              closed,
            ),
          ),
        },
        closed,
      ),
    ),
    retention: Type.Optional(
      Type.Object(
        { results: Type.Optional(Type.Number({ minimum: 0, expected: 'a number of seconds, 0 for ever' })) },
        closed,
      ),
    ),
    ...REACHING,
  },
  closed,
);

/** The section `transport`. */
export const TransportSchema = Type.Object(
  { name: Type.Optional(filledText('the name of a transport')), reconnect_on_error: Type.Optional(flag()) },
  open,
);

/** An entry of `extensions`: a module of plugins, or what a Ruby process would load. */
export const ExtensionSchema = Type.Object(
  {
    module: Type.Optional(filledText('a path or a package name')),
    gem: Type.Optional(text()),
    version: Type.Optional(text()),
  },
  open,
);

/** Sections that mean something to us or to Sensu; others are for plugins. */
export const SECTIONS: readonly string[] = [
  'client',
  'checks',
  'handlers',
  'filters',
  'mutators',
  'extensions',
  'rabbitmq',
  'redis',
  'transport',
  'api',
  'sensu',
  'tocsin',
  'tessen',
  'deregistration',
];

const MS_PER_DAY = 86_400_000;

/** The parts of the settings that come from sections with a single definition. */
export type SectionSettings = Pick<
  Settings,
  | 'spawn'
  | 'keepalives'
  | 'api'
  | 'store'
  | 'retention'
  | 'server'
  | 'tls'
  | 'agent'
  | 'rabbitmq'
  | 'limits'
  | 'blindness'
>;

/**
 * Validates `sensu`, `api`, `tocsin`, `transport` and `rabbitmq`, in which the built-in defaults stand already. Undefined when
 * there is a problem in one of them.
 */
export function sectionsOf(validation: Validation, hostname: string): SectionSettings | undefined {
  const before = validation.problems.length;
  const sensu = sectionOf(validation, 'sensu', SensuSchema);
  const api = sectionOf(validation, 'api', ApiSchema, [credentialsOf, headerNames]);
  const tocsin = sectionOf(validation, 'tocsin', TocsinSchema, [tlsBelongsTogether]);
  sectionOf(validation, 'transport', TransportSchema);
  const rabbitmq = rabbitmqOf(validation);
  if (validation.problems.length > before) return undefined;
  return {
    spawn: {
      limit: sensu.spawn?.limit ?? SPAWN_LIMIT,
      defaultTimeoutMs: (tocsin.default_timeout ?? DEFAULT_TIMEOUT_SECONDS) * 1000,
      outputLimitBytes: tocsin.output_limit ?? OUTPUT_LIMIT_BYTES,
    },
    keepalives: { check: keepalivesOf(sensu) },
    api: apiOf(api),
    store: storeOf(tocsin),
    retention: { resultsMs: (tocsin.retention?.results ?? RESULT_RETENTION_SECONDS) * 1000 },
    ...reachingOf(tocsin, serverNameOf(hostname)),
    rabbitmq,
  };
}

/** What this machine is called, with what names of clients cannot hold replaced. */
function serverNameOf(hostname: string): string {
  return hostname.replaceAll(/[^\w.-]/g, '-') || 'server';
}

function sectionOf<Schema extends TObject>(
  validation: Validation,
  name: string,
  schema: Schema,
  rules: readonly Rule[] = [],
): Static<Schema> {
  // Whoever uses it looks first whether it was found valid.
  return (judge(validation, [name], validation.document[name] ?? {}, schema, { rules }) ??
    {}) as Static<Schema>;
}

function keepalivesOf(sensu: Static<typeof SensuSchema>): Settings['keepalives']['check'] {
  const { thresholds, ...attributes } = sensu.keepalives ?? {};
  return { ...attributes, thresholds: { ...KEEPALIVE_THRESHOLDS, ...thresholds } };
}

function apiOf(api: Static<typeof ApiSchema>): Settings['api'] {
  const cors = Object.entries(api.cors ?? CORS).map(([suffix, value]) => [suffix, String(value)]);
  return {
    bind: api.bind ?? API_BIND,
    port: api.port ?? API_PORT,
    user: api.user,
    password: api.password,
    cors: Object.fromEntries(cors),
  };
}

function storeOf(tocsin: Static<typeof TocsinSchema>): Settings['store'] {
  const logs = tocsin.store?.logs ?? {};
  const retention = (log: Static<typeof LogSchema> = {}, days = LOG_DAYS, entries = LOG_ENTRIES) => ({
    entries: log.entries ?? entries,
    ageMs: (log.days ?? days) * MS_PER_DAY,
  });
  return {
    sync: tocsin.store?.sync ?? 'process',
    logs: {
      transitions: retention(logs.transitions),
      deliveries: retention(logs.deliveries),
      days: retention(logs.days, DAY_COUNT_DAYS),
      removals: retention(logs.removals),
      audit: retention(logs.audit, AUDIT_DAYS, AUDIT_ENTRIES),
    },
  };
}
