import { type Static, type TSchema, Type } from 'typebox';
import { name, timestamp } from '../../model/schema.ts';
import { json } from '../answer.ts';
import type { V1Route } from './route.ts';
import { digits, nullable, open } from './shapes.ts';

const ParamsSchema = Type.Object({ client: name(), check: name() });
const QuerySchema = Type.Object({
  limit: Type.Optional(digits('a number from 1 to 1000')),
  before: Type.Optional(digits('the "next" of the page before')),
});

const TransitionSchema = open(
  {
    sequence: Type.Integer(),
    timestamp: timestamp(),
    status: Type.Integer(),
    from: nullable(Type.Integer(), 'the status before, or null for the first result of all'),
    action: nullable(Type.String(), 'create, resolve, flapping, or null'),
    event_id: nullable(Type.String(), 'the id of the event, or null'),
    output: Type.String(),
  },
  'a change of status',
);
const DeliverySchema = open(
  {
    sequence: Type.Integer(),
    event_id: Type.String(),
    client: Type.String(),
    check: Type.String(),
    handler: Type.String(),
    action: Type.String(),
    status: Type.Integer(),
    occurrences: Type.Integer(),
    timestamp: timestamp(),
    outcome: Type.String({ expected: 'handled, filtered, failed, superseded, dead or late' }),
  },
  'what was decided for an event at a handler, and what became of it',
);

const USUAL = 100;
const MOST = 1000;

/** What was decided for the events of a client's check, and what became of it, newest first. */
export const deliveries = log(
  'deliveries',
  'What became of the events of a check at each handler',
  DeliverySchema,
);
/** How the status of a client's check changed, newest first. */
export const transitions = log('transitions', 'How the status of a check changed', TransitionSchema);

function log(family: 'deliveries' | 'transitions', summary: string, entry: TSchema): V1Route {
  const PageSchema = Type.Object({
    items: Type.Array(entry, { expected: 'entries, newest first' }),
    next: nullable(Type.Integer(), '"before" of the next page, or null on the last one'),
  });
  return {
    method: 'GET',
    path: `/${family}/:client/:check`,
    summary,
    schema: { params: ParamsSchema, querystring: QuerySchema },
    responses: { 200: { description: 'A page of the log, newest first.', schema: PageSchema } },
    handle: async ({ params, query }, { registry }) => {
      const { client, check } = params as Static<typeof ParamsSchema>;
      const { limit: wanted, before } = query as Static<typeof QuerySchema>;
      const limit = Math.min(Math.max(Number(wanted ?? USUAL), 1), MOST);
      const options = before === undefined ? { limit } : { limit, before: Number(before) };
      const entries = await registry.log(family, client, check, options);
      const items = entries.map(({ sequence, entry }) => ({ sequence, ...entry }));
      return json({ items, next: items.length === limit ? (items.at(-1)?.sequence ?? null) : null });
    },
  };
}
