import { type Static, Type } from 'typebox';
import { aggregate, aggregates, source } from './check.ts';
import {
  type Attributes,
  filledText,
  flag,
  name,
  port,
  positive,
  text,
  texts,
  timestamp,
  whole,
} from './schema.ts';

/** Ages in seconds at which a client without keepalives becomes a warning and a critical event. */
export const ThresholdsSchema = Type.Object(
  {
    warning: Type.Optional(positive('a whole number of seconds above 0')),
    critical: Type.Optional(positive('a whole number of seconds above 0')),
  },
  { additionalProperties: true, expected: 'an object with "warning" and "critical"' },
);

/** Check attributes that a client lays over its own keepalive check. */
export const KeepaliveSettingsSchema = Type.Object(
  {
    handler: Type.Optional(filledText()),
    handlers: Type.Optional(texts()),
    thresholds: Type.Optional(ThresholdsSchema),
    remove_after: Type.Optional(positive('a whole number of seconds above 0')),
  },
  { additionalProperties: true, expected: 'an object' },
);

/** What a client may lay over its own keepalive check, held to the rules for those attributes of a check. */
export const ClientKeepaliveSchema = Type.Object(
  {
    ...KeepaliveSettingsSchema.properties,
    source: Type.Optional(source()),
    aggregate: Type.Optional(aggregate()),
    aggregates: Type.Optional(aggregates()),
    low_flap_threshold: Type.Optional(whole()),
    high_flap_threshold: Type.Optional(whole()),
  },
  { additionalProperties: true, expected: 'an object' },
);

/** Where an agent takes results from programs on its machine, over TCP and UDP. */
export const SocketSchema = Type.Object(
  {
    enabled: Type.Optional(flag()),
    bind: Type.Optional(filledText('an address to listen on')),
    port: Type.Optional(port()),
  },
  { additionalProperties: true, expected: 'an object' },
);

/** Where an agent answers HTTP on its machine. */
export const HttpSocketSchema = Type.Object(
  {
    ...SocketSchema.properties,
    user: Type.Optional(text()),
    password: Type.Optional(text()),
    protect_all_endpoints: Type.Optional(flag()),
  },
  { additionalProperties: true, expected: 'an object' },
);

/** Check attributes that a client lays over its registration or deregistration check. */
export const RegistrationSettingsSchema = Type.Object(
  { handler: Type.Optional(filledText()), handlers: Type.Optional(texts()), status: Type.Optional(whole()) },
  { additionalProperties: true, expected: 'an object' },
);

/**
 * A client: a machine or a thing that is monitored, as its configuration describes it. Unknown attributes
 * are kept and travel in keepalives and events. (Sensu Core 1.9 documentation, "Client reference".)
 */
export const ClientSchema = Type.Object(
  {
    name: name(),
    address: text(),
    subscriptions: texts(),
    safe_mode: Type.Optional(flag()),
    redact: Type.Optional(texts()),
    socket: Type.Optional(SocketSchema),
    http_socket: Type.Optional(HttpSocketSchema),
    keepalives: Type.Optional(flag()),
    keepalive: Type.Optional(ClientKeepaliveSchema),
    signature: Type.Optional(text()),
    registration: Type.Optional(RegistrationSettingsSchema),
    deregister: Type.Optional(Type.Unknown()),
    deregistration: Type.Optional(RegistrationSettingsSchema),
  },
  { additionalProperties: true, expected: 'an object' },
);

/** A client as configured. */
export type Client = Static<typeof ClientSchema> & Attributes;

/** A client as its agent reports it: its configuration, redacted, with version and time of sending. */
export const KeepaliveSchema = Type.Object(
  {
    name: name(),
    address: Type.Optional(text()),
    subscriptions: texts(),
    keepalives: Type.Optional(flag()),
    // Whoever lays them over a check judges them one by one: a slip in one must not leave the client unwatched.
    keepalive: Type.Optional(Type.Unknown()),
    registration: Type.Optional(Type.Unknown()),
    signature: Type.Optional(text()),
    redact: Type.Optional(texts()),
    version: Type.Optional(text()),
    timestamp: timestamp(),
    type: Type.Optional(text()),
  },
  { additionalProperties: true, expected: 'an object' },
);

/** What travels as a keepalive, and what the registry keeps of a client. */
export type RegisteredClient = Static<typeof KeepaliveSchema> & Attributes;
