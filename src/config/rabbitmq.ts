import { isAbsolute, resolve } from 'node:path';
import { type Static, Type } from 'typebox';
import { isAttributes, memberOf, type Step } from '../model/attributes.ts';
import { problemAt } from '../model/problems.ts';
import { type Attributes, filledText, flag, text } from '../model/schema.ts';
import { judge, type Rule, type Validation } from './definition.ts';
import type { BrokerSettings, RabbitmqSettings, Settings } from './settings.ts';

const open = { additionalProperties: true, expected: 'an object' };
const file = () => filledText('a path to a PEM file');
const MECHANISMS = ['PLAIN', 'EXTERNAL'] as const;
const EXPECTED = 'an object, an array of objects, or an address like "amqp://user:password@host:5672/vhost"';

const SslSchema = Type.Object(
  {
    cert_chain_file: Type.Optional(file()),
    private_key_file: Type.Optional(file()),
    ca_file: Type.Optional(file()),
    verify_peer: Type.Optional(flag()),
    sni_hostname: Type.Optional(filledText('a host name')),
  },
  open,
);

/** One broker in the section `rabbitmq`. (Sensu Core 1.9 documentation, "RabbitMQ configuration".) */
export const BrokerSchema = Type.Object(
  {
    host: Type.Optional(filledText('a host name or an address')),
    port: Type.Optional(
      Type.Integer({ minimum: 1, maximum: 65535, expected: 'a port number from 1 to 65535' }),
    ),
    vhost: Type.Optional(filledText('the name of a vhost')),
    user: Type.Optional(filledText()),
    username: Type.Optional(filledText()),
    password: Type.Optional(text()),
    pass: Type.Optional(text()),
    auth_mechanism: Type.Optional(
      Type.Union([Type.Literal('PLAIN'), Type.Literal('EXTERNAL')], { expected: '"PLAIN" or "EXTERNAL"' }),
    ),
    heartbeat: Type.Optional(
      Type.Integer({ minimum: 0, maximum: 65535, expected: 'a whole number of seconds, 0 for the broker’s' }),
    ),
    prefetch: Type.Optional(
      Type.Integer({ minimum: 1, maximum: 65535, expected: 'a whole number from 1 to 65535' }),
    ),
    frame_max: Type.Optional(
      Type.Integer({ minimum: 4096, maximum: 2 ** 31 - 1, expected: 'a whole number of bytes from 4096' }),
    ),
    durable: Type.Optional(flag()),
    ssl: Type.Optional(SslSchema),
  },
  open,
);

/** The section as a whole, for editors. */
export const RabbitmqSchema = Type.Union(
  [BrokerSchema, Type.Array(Type.Unknown(), { minItems: 1 }), Type.String({ pattern: '^amqps?://' })],
  { expected: EXPECTED },
);

type BrokerDocument = Static<typeof BrokerSchema>;

const keyBelongsToCertificate: Rule = ({ ssl }, at) => {
  if (!isAttributes(ssl)) return undefined;
  if ((ssl.cert_chain_file === undefined) === (ssl.private_key_file === undefined)) return undefined;
  return problemAt([...at, 'ssl'], 'both "cert_chain_file" and "private_key_file", or neither', ssl);
};

/**
 * Validates the section `rabbitmq`. Undefined when another transport is used, or when there is a problem in it, which
 * has been told then.
 */
export function rabbitmqOf(validation: Validation): Settings['rabbitmq'] {
  const section = validation.document.rabbitmq ?? undefined;
  const before = validation.problems.length;
  const documents = documentsOf(validation, section ?? {});
  if (validation.problems.length > before || documents.length === 0) return undefined;
  if ((validation.document.transport as { name?: unknown } | undefined)?.name !== 'rabbitmq')
    return undefined;
  const prefetch = Math.max(...documents.map((one) => one.prefetch ?? 0));
  const settings: RabbitmqSettings = {
    brokers: documents.map(brokerOf),
    durable: documents.some((one) => one.durable === true),
    prefetch: prefetch === 0 ? undefined : prefetch,
    pipes: pipesOf(validation),
  };
  return settings;
}

/** What does not fit is told with the section that it stands in. */
function pipesOf({ document }: Validation): RabbitmqSettings['pipes'] {
  const server = memberOf(document.sensu, 'server');
  const pipe = (name: string): string | undefined => {
    const value = memberOf(server, name);
    return typeof value === 'string' ? value : undefined;
  };
  return { results: pipe('results_pipe'), keepalives: pipe('keepalives_pipe') };
}

function documentsOf(validation: Validation, section: unknown): BrokerDocument[] {
  if (!Array.isArray(section)) return oneOf(validation, ['rabbitmq'], section);
  if (section.length === 0) validation.problems.push(problemAt(['rabbitmq'], EXPECTED, section));
  return section.flatMap((one, index) => oneOf(validation, ['rabbitmq', index], one));
}

function oneOf(validation: Validation, at: readonly Step[], given: unknown): BrokerDocument[] {
  const value = typeof given === 'string' ? fromAddress(given) : given;
  if (!isAttributes(value)) {
    validation.problems.push(problemAt(at, EXPECTED, typeof given === 'string' ? 'another text' : given));
    return [];
  }
  const judged = judge(validation, at, value, BrokerSchema, { rules: [keyBelongsToCertificate] });
  return judged ? [judged as BrokerDocument] : [];
}

/** What an AMQP URI says; undefined when it is none. (RabbitMQ, "URI specification" and "URI query parameters".) */
function fromAddress(address: string): BrokerDocument | undefined {
  const url = URL.canParse(address) ? new URL(address) : undefined;
  const encrypted = url?.protocol === 'amqps:';
  if (!url || !(encrypted || url.protocol === 'amqp:')) return undefined;
  try {
    const host = decodeURIComponent(url.hostname).replace(/^\[|\]$/g, '');
    const heartbeat = url.searchParams.get('heartbeat');
    const mechanism = url.searchParams.get('auth_mechanism')?.toUpperCase();
    return withoutEmpty({
      host,
      port: url.port === '' ? (encrypted ? 5671 : 5672) : Number(url.port),
      vhost: decodeURIComponent(url.pathname.slice(1)),
      user: decodeURIComponent(url.username),
      password: decodeURIComponent(url.password),
      heartbeat: heartbeat === null ? undefined : Number(heartbeat),
      auth_mechanism: MECHANISMS.find((one) => one === mechanism),
      durable: url.searchParams.get('durable') === 'true' ? true : undefined,
      ssl: encrypted ? sslOf(url.searchParams) : undefined,
    });
  } catch {
    // A percent sign that stands for nothing.
    return undefined;
  }
}

function sslOf(parameters: URLSearchParams): Attributes {
  return withoutEmpty({
    ca_file: parameters.get('cacertfile') ?? undefined,
    cert_chain_file: parameters.get('certfile') ?? undefined,
    private_key_file: parameters.get('keyfile') ?? undefined,
    verify_peer: parameters.get('verify') === 'verify_none' ? false : undefined,
  });
}

/** What an address does not say is left to the defaults. */
function withoutEmpty(members: Attributes): Attributes {
  return Object.fromEntries(
    Object.entries(members).filter(([, value]) => value !== undefined && value !== ''),
  );
}

function brokerOf(one: BrokerDocument): BrokerSettings {
  const { ssl } = one;
  return {
    host: one.host ?? '127.0.0.1',
    port: one.port ?? 5672,
    vhost: one.vhost ?? '/',
    user: one.user ?? one.username ?? 'guest',
    password: one.password ?? one.pass ?? 'guest',
    mechanism: one.auth_mechanism ?? 'PLAIN',
    heartbeatSeconds: one.heartbeat ?? 0,
    frameMax: one.frame_max ?? 131_072,
    tls: ssl && {
      certificate: absolute(ssl.cert_chain_file),
      key: absolute(ssl.private_key_file),
      authority: absolute(ssl.ca_file),
      verify: ssl.verify_peer ?? true,
      serverName: ssl.sni_hostname,
    },
  };
}

function absolute(path: string | undefined): string | undefined {
  return path === undefined || isAbsolute(path) ? path : resolve(path);
}
