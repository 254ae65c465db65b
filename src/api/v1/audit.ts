import { type Static, Type } from 'typebox';
import { timestamp } from '../../model/schema.ts';
import { json } from '../answer.ts';
import type { V1Route } from './route.ts';
import { digits, nullable, open } from './shapes.ts';

const QuerySchema = Type.Object({
  limit: Type.Optional(digits('a number from 1 to 1000')),
  before: Type.Optional(digits('the "next" of the page before')),
});

const EntrySchema = open(
  {
    sequence: Type.Integer(),
    timestamp: timestamp(),
    who: nullable(
      Type.String(),
      'a user, "token:<name>", "agent:<client>", or null when nobody had to say who it is',
    ),
    how: Type.Enum(['password', 'token', 'certificate', 'none'], {
      expected: 'password, token, certificate or none',
    }),
    address: nullable(Type.String(), 'where it came from, or null for this process itself'),
    what: Type.String({ expected: 'what was asked for, or what happened' }),
    target: Type.String({ expected: 'to what' }),
    result: Type.String({ expected: 'the status of the answer, or what became of it' }),
  },
  'who did what',
);

const USUAL = 100;
const MOST = 1000;

/** Who changed what and when, newest first. */
export const audit: V1Route = {
  method: 'GET',
  path: '/audit',
  summary: 'Who changed what and when, and who was refused',
  schema: { querystring: QuerySchema },
  responses: {
    200: {
      description: 'A page of the log, newest first.',
      schema: Type.Object({
        items: Type.Array(EntrySchema, { expected: 'entries, newest first' }),
        next: nullable(Type.Integer(), '"before" of the next page, or null on the last one'),
      }),
    },
  },
  role: 'admin',
  handle: async ({ query }, { access }) => {
    const { limit: wanted, before } = query as Static<typeof QuerySchema>;
    const limit = Math.min(Math.max(Number(wanted ?? USUAL), 1), MOST);
    const options = before === undefined ? { limit } : { limit, before: Number(before) };
    const entries = await access.audit.read(options);
    const items = entries.map(({ sequence, entry }) => ({ sequence, ...entry }));
    return json({ items, next: items.length === limit ? (items.at(-1)?.sequence ?? null) : null });
  },
};
