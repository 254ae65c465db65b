import { type Static, type TProperties, Type } from 'typebox';
import { type Attributes, anyObject, filledText, flag, port, positive, seconds, texts } from './schema.ts';
import { SEVERITIES, type Severity } from './severity.ts';
import { TimeWindowsSchema } from './windows.ts';

const LONGEST_PAUSE_SECONDS = 86_400;
/** Deliveries a second: one an hour. */
const SLOWEST_RATE = 0.000_27;

const socket = () =>
  Type.Object(
    { host: filledText('a host name or address'), port: port() },
    { additionalProperties: true, expected: 'an object with "host" and "port"' },
  );
const pipe = () =>
  Type.Object(
    {
      type: Type.Union([Type.Literal('direct'), Type.Literal('fanout'), Type.Literal('topic')], {
        expected: '"direct", "fanout" or "topic"',
      }),
      name: filledText('the name of an exchange or queue'),
      options: Type.Optional(anyObject()),
    },
    { additionalProperties: true, expected: 'an object with "type" and "name"' },
  );
const command = () => filledText('a shell command');
const handlerNames = () => texts('an array of handler names');
const type = () => filledText('"pipe", "tcp", "udp", "set" or the name of a handler plugin');

/** How often and when a delivery that failed is tried again. */
const retry = () =>
  Type.Union(
    [
      positive('a whole number of tries above 0'),
      Type.Object(
        {
          tries: positive('a whole number of tries above 0'),
          pause: Type.Optional(pause()),
          longest_pause: Type.Optional(pause()),
        },
        { additionalProperties: false, expected: 'an object with "tries"' },
      ),
    ],
    { expected: 'a whole number of tries above 0, or an object with "tries", "pause" and "longest_pause"' },
  );
const pause = () =>
  Type.Number({
    exclusiveMinimum: 0,
    maximum: LONGEST_PAUSE_SECONDS,
    expected: 'a number of seconds above 0, a day at most',
  });

/**
 * What decides which events a handler is given, in what form, how often and how fast; a set leaves that to its members.
 */
const selection = {
  filter: Type.Optional(filledText('a filter name')),
  filters: Type.Optional(texts('an array of filter names')),
  severities: Type.Optional(
    Type.Array(Type.Unsafe<Severity>(Type.Union(SEVERITIES.map((severity) => Type.Literal(severity)))), {
      expected: 'an array of "ok", "warning", "critical", "unknown"',
    }),
  ),
  mutator: Type.Optional(filledText('a mutator name')),
  timeout: Type.Optional(seconds()),
  handle_silenced: Type.Optional(flag()),
  handle_flapping: Type.Optional(flag()),
  retry: Type.Optional(retry()),
  concurrency: Type.Optional(positive()),
  rate: Type.Optional(
    Type.Number({
      minimum: SLOWEST_RATE,
      expected: 'a number of deliveries a second, at least 0.00027 (one an hour)',
    }),
  ),
  notify_when_blind: Type.Optional(flag()),
};

const handler = <Members extends TProperties>(members: Members) =>
  Type.Object({ type: type(), ...members }, { additionalProperties: true, expected: 'an object' });

/**
 * A handler as configured: who is told of an event and how. `type` is `pipe`, `tcp`, `udp`, `transport`, `set`, or
 * the name of a handler plugin (`webhook`, `mail` …) whose options stand in the member named like it.
 * (Sensu Core 1.9 documentation, "Handler reference".)
 */
export const HandlerSchema = handler({
  ...selection,
  command: Type.Optional(command()),
  socket: Type.Optional(socket()),
  pipe: Type.Optional(pipe()),
  handlers: Type.Optional(handlerNames()),
});

/** What each type of the core asks for; attributes that mean nothing to a type are not held to a shape. */
export const CORE_HANDLER_SCHEMAS = {
  pipe: handler({ ...selection, command: command() }),
  tcp: handler({ ...selection, socket: socket() }),
  udp: handler({ ...selection, socket: socket() }),
  transport: handler({ ...selection, pipe: pipe() }),
  set: handler({ handlers: handlerNames() }),
} as const;
/** What a handler of a plugin's type asks for beside its options. */
export const PluginHandlerSchema = handler(selection);

export type CoreHandlerType = keyof typeof CORE_HANDLER_SCHEMAS;
/** Attributes that decide which events a handler is given; without effect on a set. */
export const SELECTION_ATTRIBUTES: readonly string[] = Object.keys(selection);

export type HandlerDefinition = Static<typeof HandlerSchema> & Attributes;
/** A configured handler with its name. */
export type Handler = HandlerDefinition & { name: string };

/**
 * A filter as configured: which events pass. It has `attributes` (values, and Ruby expressions behind `eval:`) or an
 * `expression` (CEL over `client`, `check` and `event`). (Sensu Core 1.9 documentation, "Filter reference";
 * `docs/filters.md`.)
 */
export const FilterSchema = Type.Object(
  {
    attributes: Type.Optional(anyObject('an object of event attributes')),
    expression: Type.Optional(filledText('a CEL expression')),
    negate: Type.Optional(flag()),
    when: Type.Optional(TimeWindowsSchema),
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
