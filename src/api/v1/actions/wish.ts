import { type Static, Type } from 'typebox';
import { filledText, flag, positive, timestamp } from '../../../model/schema.ts';

/** What can be done to many things at once. */
export const ACTIONS = [
  'resolve',
  'silence',
  'clear-silence',
  'delete-clients',
  'delete-results',
  'request',
] as const;
export type ActionName = (typeof ACTIONS)[number];

/** What things can be named or searched for. */
export const ACTION_SUBJECTS = ['clients', 'events', 'results', 'checks', 'silences'] as const;
export type ActionSubject = (typeof ACTION_SUBJECTS)[number];

/** Which subjects each action is for; the first is meant when none is given. */
export const SUITS: Readonly<Record<ActionName, readonly ActionSubject[]>> = {
  resolve: ['events'],
  silence: ['events', 'results', 'clients', 'checks'],
  'clear-silence': ['silences', 'events', 'results', 'clients', 'checks'],
  'delete-clients': ['clients'],
  'delete-results': ['results'],
  request: ['results', 'events', 'checks'],
};

const words = <Word extends string>(choices: readonly Word[]) =>
  Type.Enum([...choices], { expected: `one of ${choices.join(', ')}` });

const ParametersSchema = Type.Object(
  {
    reason: Type.Optional(Type.String({ maxLength: 4_096, expected: 'a text: why' })),
    creator: Type.Optional(Type.String({ maxLength: 255, expected: 'a text: who' })),
    begin: Type.Optional(timestamp()),
    expire_seconds: Type.Optional(positive('a whole number of seconds above 0')),
    expire_on_resolve: Type.Optional(flag()),
    invalidate: Type.Optional(flag()),
    invalidate_seconds: Type.Optional(positive('a whole number of seconds above 0')),
  },
  { additionalProperties: false, expected: 'an object' },
);

/** Body of `POST /actions`. */
export const WishSchema = Type.Object(
  {
    action: words(ACTIONS),
    subject: Type.Optional(words(ACTION_SUBJECTS)),
    q: Type.Optional(Type.String({ expected: 'a search; "" means all' })),
    names: Type.Optional(
      Type.Array(filledText(), { maxItems: 100_000, expected: 'an array of at most 100,000 names' }),
    ),
    parameters: Type.Optional(ParametersSchema),
    dry_run: Type.Optional(flag()),
    hold_seconds: Type.Optional(
      Type.Number({ minimum: 0, maximum: 60, expected: 'a number of seconds from 0 to 60' }),
    ),
  },
  { additionalProperties: false, expected: 'an object' },
);

export type Parameters = Static<typeof ParametersSchema>;
export type Wish = Static<typeof WishSchema>;
