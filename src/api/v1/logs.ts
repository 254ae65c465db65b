import { type Static, Type } from 'typebox';
import { name } from '../../model/schema.ts';
import type { LogFamily } from '../../state/documents.ts';
import { json } from '../answer.ts';
import type { V1Route } from './route.ts';

const ParamsSchema = Type.Object({ client: name(), check: name() });
const number = (expected: string) => Type.String({ pattern: '^[0-9]{1,15}$', expected });
const QuerySchema = Type.Object({
  limit: Type.Optional(number('a number from 1 to 1000')),
  before: Type.Optional(number('the "next" of the page before')),
});

const USUAL = 100;
const MOST = 1000;

/** What was decided for the events of a client's check, and what became of it, newest first. */
export const deliveries = log('deliveries');
/** How the status of a client's check changed, newest first. */
export const transitions = log('transitions');

function log(family: Exclude<LogFamily, 'days'>): V1Route {
  return {
    method: 'GET',
    path: `/${family}/:client/:check`,
    schema: { params: ParamsSchema, querystring: QuerySchema },
    handle: async ({ params, query }, { registry }) => {
      const { client, check } = params as Static<typeof ParamsSchema>;
      const { limit: wanted, before } = query as Static<typeof QuerySchema>;
      const limit = Math.min(Math.max(Number(wanted ?? USUAL), 1), MOST);
      const options = before === undefined ? { limit } : { limit, before: Number(before) };
      const entries = await registry.log(family, client, check, options);
      const items = entries.map(({ sequence, entry }) => ({ sequence, ...entry }));
      return json({ items, next: items.length === limit ? items.at(-1)?.sequence : null });
    },
  };
}
