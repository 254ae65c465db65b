import { type Static, Type } from 'typebox';
import { type Attributes, anyObject, filledText, flag, seconds, texts, whole } from './schema.ts';
import { SEVERITIES } from './severity.ts';

/**
 * A handler as configured: who is told of an event and how. `type` is `pipe`, `tcp`, `udp`, `set`, or the name of
 * a handler plugin (`webhook`, `mail` …) whose options stand in the member named like it.
 * (Sensu Core 1.9 documentation, "Handler reference".)
 */
export const HandlerSchema = Type.Object(
  {
    type: filledText('"pipe", "tcp", "udp", "set" or the name of a handler plugin'),
    command: Type.Optional(filledText('a shell command')),
    socket: Type.Optional(
      Type.Object(
        { host: filledText('a host name or address'), port: whole('a port number') },
        { additionalProperties: true, expected: 'an object with "host" and "port"' },
      ),
    ),
    pipe: Type.Optional(anyObject()),
    handlers: Type.Optional(texts('an array of handler names')),
    filter: Type.Optional(filledText('a filter name')),
    filters: Type.Optional(texts('an array of filter names')),
    severities: Type.Optional(
      Type.Array(Type.Union(SEVERITIES.map((severity) => Type.Literal(severity))), {
        expected: 'an array of "ok", "warning", "critical", "unknown"',
      }),
    ),
    mutator: Type.Optional(filledText('a mutator name')),
    timeout: Type.Optional(seconds()),
    handle_silenced: Type.Optional(flag()),
    handle_flapping: Type.Optional(flag()),
  },
  { additionalProperties: true, expected: 'an object' },
);
export type HandlerDefinition = Static<typeof HandlerSchema> & Attributes;
/** A configured handler with its name. */
export type Handler = HandlerDefinition & { name: string };

/** A filter as configured: which events pass. (Sensu Core 1.9 documentation, "Filter reference".) */
export const FilterSchema = Type.Object(
  {
    attributes: anyObject('an object of event attributes'),
    negate: Type.Optional(flag()),
    when: Type.Optional(anyObject('an object with "days"')),
  },
  { additionalProperties: true, expected: 'an object with "attributes"' },
);
export type Filter = Static<typeof FilterSchema> & Attributes;

/** A mutator as configured: a command that turns an event into what its handler is given. */
export const MutatorSchema = Type.Object(
  { command: filledText('a shell command'), timeout: Type.Optional(seconds()) },
  { additionalProperties: true, expected: 'an object with "command"' },
);
export type Mutator = Static<typeof MutatorSchema> & Attributes;
