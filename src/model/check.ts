import { type Static, Type } from 'typebox';
import {
  type Attributes,
  anyObject,
  filledText,
  flag,
  name,
  positive,
  seconds,
  text,
  texts,
  timestamp,
  whole,
} from './schema.ts';
import { TimeWindowsSchema } from './windows.ts';

/** Text of an aggregate's name: a name in which `:` and `|` are allowed as well. */
export const AGGREGATE_PATTERN = '^[A-Za-z0-9_.:|-]+$';
/** A client name, or one token with optional text before and behind it (`prefix:::token|default:::suffix`). */
export const SOURCE_PATTERN = '^([A-Za-z0-9_.-]+|[A-Za-z0-9_.-]*:::[A-Za-z0-9_|.-]+:::[A-Za-z0-9_.-]*)$';

const aggregateName = () => Type.String({ pattern: AGGREGATE_PATTERN, expected: 'an aggregate name' });
export const aggregate = () =>
  Type.Union([aggregateName(), Type.Boolean()], { expected: 'an aggregate name, true or false' });
export const aggregates = () => Type.Array(aggregateName(), { expected: 'an array of aggregate names' });
/** The client that a result is reported for. */
export const source = () =>
  Type.String({ pattern: SOURCE_PATTERN, expected: 'a client name, or a name with one token' });

/** A command that runs when a check ended with the status or severity it is listed under. */
export const HookSchema = Type.Object(
  { command: filledText('a shell command'), timeout: Type.Optional(seconds()), stdin: Type.Optional(flag()) },
  { additionalProperties: true, expected: 'an object with "command"' },
);

/** Attributes of a check that rules and handlers read wherever the check travels: definition, request or result. */
const shared = {
  type: Type.Optional(text()),
  command: Type.Optional(filledText('a shell command')),
  extension: Type.Optional(filledText('the name of a check that runs in process')),
  standalone: Type.Optional(flag()),
  timeout: Type.Optional(seconds()),
  stdin: Type.Optional(flag()),
  ttl: Type.Optional(positive('a whole number of seconds above 0')),
  ttl_status: Type.Optional(whole()),
  handle: Type.Optional(Type.Unknown()),
  handler: Type.Optional(filledText('a handler name')),
  handlers: Type.Optional(texts('an array of handler names')),
  source: Type.Optional(source()),
  aggregate: Type.Optional(aggregate()),
  aggregates: Type.Optional(aggregates()),
  low_flap_threshold: Type.Optional(whole()),
  high_flap_threshold: Type.Optional(whole()),
  truncate_output: Type.Optional(flag()),
  truncate_output_length: Type.Optional(positive()),
  auto_resolve: Type.Optional(Type.Unknown()),
  force_resolve: Type.Optional(Type.Unknown()),
  interval: Type.Optional(positive('a whole number of seconds above 0')),
  subscribers: Type.Optional(texts('an array of subscriptions')),
};

/** A check as configured. (Sensu Core 1.9 documentation, "Check reference".) */
export const CheckSchema = Type.Object(
  {
    ...shared,
    // Without `ttl` it means nothing, so only a rule beside `ttl` holds it to a type.
    ttl_status: Type.Optional(Type.Unknown()),
    publish: Type.Optional(flag()),
    cron: Type.Optional(filledText('a cron expression')),
    hooks: Type.Optional(Type.Record(Type.String(), HookSchema, { expected: 'an object of hooks' })),
    subdue: Type.Optional(TimeWindowsSchema),
    proxy_requests: Type.Optional(
      Type.Object(
        {
          client_attributes: anyObject(),
          splay: Type.Optional(flag()),
          splay_coverage: Type.Optional(
            Type.Integer({ minimum: 1, maximum: 99, expected: 'a whole number from 1 to 99' }),
          ),
        },
        { additionalProperties: true, expected: 'an object with "client_attributes"' },
      ),
    ),
  },
  { additionalProperties: true, expected: 'an object' },
);

/** A configured check without its name, as it stands in a file under `checks`. */
export type CheckDefinition = Static<typeof CheckSchema> & Attributes;
/** A configured check with its name. */
export type Check = CheckDefinition & { name: string };

/** A request to run a check, as it travels to agents: the definition without `subscribers` and `interval`. */
export const CheckRequestSchema = Type.Object(
  {
    name: name(),
    command: Type.Optional(filledText('a shell command')),
    extension: Type.Optional(filledText()),
    timeout: Type.Optional(seconds()),
    stdin: Type.Optional(flag()),
    source: Type.Optional(source()),
    issued: timestamp(),
  },
  { additionalProperties: true, expected: 'an object' },
);
export type CheckRequest = Static<typeof CheckRequestSchema> & Attributes;

/**
 * A check that was run: its attributes with what came of it. `executed` is when it started (Unix seconds),
 * `duration` how long it took (seconds, three decimals), `status` its exit code.
 */
export const ExecutedCheckSchema = Type.Object(
  {
    ...shared,
    // What a peer sends here can be empty or loose; only what the state machine reads is held to a type.
    command: Type.Optional(text()),
    extension: Type.Optional(text()),
    timeout: Type.Optional(Type.Unknown()),
    interval: Type.Optional(Type.Unknown()),
    subscribers: Type.Optional(Type.Unknown()),
    ttl_status: Type.Optional(Type.Unknown()),
    low_flap_threshold: Type.Optional(Type.Unknown()),
    high_flap_threshold: Type.Optional(Type.Unknown()),
    name: name(),
    status: Type.Integer({ expected: 'a whole number, the exit status' }),
    output: text('a string, what the check printed'),
    source: Type.Optional(name()),
    executed: Type.Optional(timestamp()),
    issued: Type.Optional(timestamp()),
    duration: Type.Optional(Type.Number({ expected: 'a number of seconds' })),
  },
  { additionalProperties: true, expected: 'an object' },
);
export type ExecutedCheck = Static<typeof ExecutedCheckSchema> & Attributes;

/** What an agent reports of one run of one check. */
export const CheckResultSchema = Type.Object(
  { client: name(), check: ExecutedCheckSchema, signature: Type.Optional(text()) },
  { additionalProperties: true, expected: 'an object with "client" and "check"' },
);
export type CheckResult = { client: string; check: ExecutedCheck; signature?: string };
