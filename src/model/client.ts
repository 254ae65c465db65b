import { type Static, Type } from 'typebox';
import {
  type Attributes,
  anyObject,
  filledText,
  flag,
  name,
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
    socket: Type.Optional(anyObject()),
    http_socket: Type.Optional(anyObject()),
    keepalives: Type.Optional(flag()),
    keepalive: Type.Optional(KeepaliveSettingsSchema),
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
    keepalive: Type.Optional(KeepaliveSettingsSchema),
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
