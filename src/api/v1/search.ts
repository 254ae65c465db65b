import { type Static, type TSchema, Type } from 'typebox';
import { DEFAULT_REDACT, redact } from '../../model/redact.ts';
import {
  completion,
  type Hit,
  keepaliveAgeOf,
  type Mistake,
  type Moment,
  type SearchIndex,
  type Show,
  SUBJECTS,
  type Subject,
  silencesOf,
  sortsOf,
} from '../../state/search/index.ts';
import { type Answer, json, refusal } from '../answer.ts';
import { clientDocument, resultDocument } from '../documents.ts';
import type { V1Route } from './route.ts';
import { digits, ErrorSchema, MistakeSchema, nullable, open, StandingSchema } from './shapes.ts';

const USUAL = 100;
const MOST = 1000;
/** Characters of an item beside its output, about. */
const BESIDE_OUTPUT = 1_000;

const QuerySchema = Type.Object({
  q: Type.Optional(Type.String({ expected: 'a search; empty or missing means everything' })),
  sort: Type.Optional(Type.String({ expected: 'a field to sort by, "-" before it for the other way round' })),
  limit: Type.Optional(digits('a number from 1 to 1000')),
  cursor: Type.Optional(Type.String({ expected: 'the "next" of the page before' })),
  counts: Type.Optional(Type.String({ expected: 'fields whose values are counted, separated by commas' })),
});

const EventSchema = open(
  {
    id: Type.String(),
    client: open({ name: Type.String() }, 'the client, without its secrets'),
    check: open(
      {
        name: Type.String(),
        status: Type.Integer(),
        output: Type.String(),
        history: Type.Array(Type.String()),
      },
      'the check as it was run, with its last statuses',
    ),
    occurrences: Type.Integer(),
    action: Type.String({ expected: 'create or flapping' }),
    timestamp: Type.Integer(),
    silenced: Type.Boolean({ expected: 'true when a silence hides it now' }),
    silenced_by: Type.Array(Type.String(), { expected: 'ids of the silences that hide it now' }),
  },
  'an open event',
);
const ResultSchema = open(
  {
    client: Type.String(),
    check: open(
      {
        name: Type.String(),
        status: Type.Integer(),
        output: Type.String(),
        history: Type.Array(Type.Integer()),
      },
      'the check as it was run, with its last statuses',
    ),
  },
  'a result',
);
const ClientItemSchema = Type.Object(
  {
    client: open({ name: Type.String() }, 'the client, without its secrets'),
    summary: Type.Object(
      {
        ...StandingSchema.properties,
        keepalive_seconds: nullable(
          Type.Number(),
          'seconds since its last keepalive; null when it sends none',
        ),
        silenced: Type.Boolean({ expected: 'true when a silence hides all its events now' }),
      },
      { expected: 'how its checks stand' },
    ),
  },
  { expected: 'a client, and how it stands' },
);
const ITEMS: Readonly<Record<Subject, TSchema>> = {
  clients: ClientItemSchema,
  events: EventSchema,
  results: ResultSchema,
};

const SHOWS: Readonly<Record<Subject, Show<unknown>>> = {
  clients: clientItem,
  events: eventItem,
  results: resultItem,
};

/** `GET /search/clients`, `/search/events` and `/search/results`. */
export function searchRoutes(index: SearchIndex): V1Route[] {
  return SUBJECTS.map((subject) => searchRoute(subject, index));
}

function searchRoute(subject: Subject, { searcher, freshness }: SearchIndex): V1Route {
  const PageSchema = Type.Object({
    items: Type.Array(ITEMS[subject], { expected: 'what was found, in the order asked for' }),
    total: Type.Integer({ expected: 'how many there are on all pages' }),
    counts: Type.Record(Type.String(), Type.Record(Type.String(), Type.Integer()), {
      expected: 'for each field asked for: how often each value occurs, the most frequent 100',
    }),
    next: nullable(Type.String(), '"cursor" of the next page, or null on the last one'),
    behind_ms: Type.Number({ expected: 'milliseconds that this is behind the store' }),
  });
  return {
    method: 'GET',
    path: `/search/${subject}`,
    summary: `Search ${subject}; sorted by ${sortsOf(subject).join(', ')}`,
    schema: { querystring: QuerySchema },
    responses: {
      200: { description: 'A page of what was found.', schema: PageSchema },
      400: {
        description: 'A mistake in the search, with its place, or in another parameter.',
        schema: MistakeSchema,
      },
      503: { description: 'Too many searches are running.', schema: ErrorSchema },
      504: { description: 'The search took too long.', schema: ErrorSchema },
    },
    handle: async ({ query }) => {
      const { q = '', sort, limit, cursor, counts = '' } = query as Static<typeof QuerySchema>;
      const question = {
        ...{ subject, q, sort, cursor },
        limit: Math.min(Math.max(Number(limit ?? USUAL), 1), MOST),
        counts: counts.split(',').filter((name) => name !== ''),
      };
      const behindMs = freshness.behindMs();
      const { value, mistake } = await searcher.page(question, SHOWS[subject]);
      return mistake ? mistaken(mistake) : json({ ...value, behind_ms: Math.round(behindMs) });
    },
  };
}

/** 400 with the place of a mistake in a search. */
export function mistaken({ message, position, hint }: Mistake): Answer {
  const body: Static<typeof MistakeSchema> = { error: message, position };
  return json(hint === undefined ? body : { ...body, hint }, 400);
}

const CompleteQuerySchema = Type.Object({
  q: Type.String({ expected: 'a search as far as it is written' }),
  position: Type.Optional(digits('the place of the cursor in it, from 0')),
  subject: Type.Enum([...SUBJECTS], { expected: `one of ${SUBJECTS.join(', ')}` }),
});
const CompletionSchema = open(
  {
    kind: Type.String({ expected: 'condition, value or text' }),
    from: Type.Integer(),
    to: Type.Integer({ expected: 'with "from": the part of the search that a suggestion replaces' }),
    suggestions: Type.Array(Type.Object({ text: Type.String(), description: Type.Optional(Type.String()) })),
  },
  'what may be written at the place of the cursor',
);

/** `GET /search/complete`, for fields to type a search into. */
export const completeRoute: V1Route = {
  method: 'GET',
  path: '/search/complete',
  summary: 'What may be written next in a search',
  schema: { querystring: CompleteQuerySchema },
  responses: { 200: { description: 'Suggestions.', schema: CompletionSchema } },
  handle: ({ query }) => {
    const { q, position, subject } = query as Static<typeof CompleteQuerySchema>;
    if (q.length > LONGEST_SEARCH) return refusal(400, `A search has at most ${LONGEST_SEARCH} characters.`);
    return json(completion(subject, q, position === undefined ? q.length : Number(position)));
  },
};

const LONGEST_SEARCH = 4_000;

function eventItem({ state }: Hit, moment: Moment) {
  const event = state?.event;
  if (!event) return { item: {}, length: 0 };
  const silencedBy = [...silencesOf(event, moment)];
  const document = { ...event, silenced: silencedBy.length > 0, silenced_by: silencedBy };
  const secrets = event.client.redact ?? DEFAULT_REDACT;
  return { item: redact(document, secrets), length: event.check.output.length + 2 * BESIDE_OUTPUT };
}

function resultItem({ client, state, known }: Hit) {
  if (!state) return { item: {}, length: 0 };
  const document = resultDocument(client, state);
  const secrets = known?.client.redact ?? DEFAULT_REDACT;
  return { item: redact(document, secrets), length: state.check.output.length + BESIDE_OUTPUT };
}

function clientItem({ known, standing }: Hit, moment: Moment) {
  if (!known) return { item: {}, length: 0 };
  const keepalive_seconds = keepaliveAgeOf(known, moment) ?? null;
  const silenced = moment.silencing.ofClient(known.client).length > 0;
  const item = { client: clientDocument(known), summary: { ...standing, keepalive_seconds, silenced } };
  return { item, length: BESIDE_OUTPUT };
}
