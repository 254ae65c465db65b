import { type TSchema, Type } from 'typebox';

/** The documents that many routes of this API take and answer, as schemas: OpenAPI is made from the same ones. */

/** A refusal, with a sentence for a person. */
export const ErrorSchema = Type.Object(
  { error: Type.String({ expected: 'a sentence that says what is wrong' }) },
  { additionalProperties: true },
);

/** A mistake: in a search with its place, in another parameter without. */
export const MistakeSchema = Type.Object({
  error: Type.String({ expected: 'a sentence that says what is wrong' }),
  position: Type.Optional(
    Type.Integer({ expected: 'index of the mistake in the text of the search, from 0' }),
  ),
  hint: Type.Optional(Type.String({ expected: 'what would probably mend it' })),
});

/** A document in the field's words, whose further members are kept. */
export const open = (properties: Record<string, TSchema>, expected: string) =>
  Type.Object(properties, { additionalProperties: true, expected });

export const nullable = (schema: TSchema, expected: string) =>
  Type.Union([schema, Type.Null()], { expected });

/** How many results of each severity, and how many open events. */
export const StandingSchema = Type.Object(
  {
    ok: Type.Integer(),
    warning: Type.Integer(),
    critical: Type.Integer(),
    unknown: Type.Integer(),
    events: Type.Integer(),
  },
  { expected: 'results by severity, and open events' },
);

/** Text of a whole number in a query. */
export const digits = (expected: string) => Type.String({ pattern: '^[0-9]{1,15}$', expected });
