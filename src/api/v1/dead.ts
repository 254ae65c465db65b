import { type Static, Type } from 'typebox';
import type { DeadLetter } from '../../model/delivery.ts';
import { anyObject, timestamp } from '../../model/schema.ts';
import { unixSeconds } from '../../runtime/clock.ts';
import { update } from '../../state/update.ts';
import { empty, json, refusal } from '../answer.ts';
import type { V1Parts, V1Route } from './route.ts';
import { digits, ErrorSchema, nullable, open } from './shapes.ts';

const ParamsSchema = Type.Object({ id: Type.String({ maxLength: 100, expected: 'the id of a delivery' }) });
const QuerySchema = Type.Object({
  handler: Type.Optional(Type.String({ maxLength: 255, expected: 'the name of a handler' })),
  limit: Type.Optional(digits('a number from 1 to 1000')),
  after: Type.Optional(Type.String({ maxLength: 100, expected: 'the "next" of the page before' })),
});

const ItemSchema = open(
  {
    id: Type.String({ expected: 'the id of the delivery' }),
    handler: Type.String(),
    client: Type.String(),
    check: Type.String(),
    event_id: Type.String(),
    action: Type.String(),
    status: Type.Integer(),
    timestamp: timestamp(),
    tries: Type.Integer({ expected: 'how often it was tried' }),
    error: Type.String({ expected: 'how the last try failed' }),
    event_open: Type.Boolean({ expected: 'whether its event is still open' }),
    again: nullable(timestamp(), 'Unix seconds at which somebody asked to send it again, or null'),
  },
  'a delivery that was given up',
);
const LetterSchema = open(
  { delivery: anyObject(), record: anyObject(), timestamp: timestamp() },
  'a delivery that was given up, with its event and the record of its last try',
);
const UNKNOWN = { description: 'No dead letter has this id.', schema: ErrorSchema };

const list: V1Route = {
  method: 'GET',
  path: '/dead',
  summary: 'Dead letters: deliveries that were given up after their last try',
  schema: { querystring: QuerySchema },
  responses: {
    200: {
      description: 'A page of them, the oldest first.',
      schema: Type.Object({
        items: Type.Array(ItemSchema, { expected: 'dead letters, the oldest first' }),
        total: Type.Integer({ expected: 'how many there are, of that handler if one is named' }),
        next: nullable(Type.String(), '"after" of the next page, or null on the last one'),
      }),
    },
  },
  handle: ({ query }, parts) => {
    const { handler, limit: wanted = '100', after = '' } = query as Static<typeof QuerySchema>;
    const limit = Math.min(Math.max(Number(wanted), 1), 1000);
    const all = [...parts.views.deadLetters()].filter(
      ([, { delivery }]) => handler === undefined || delivery.handler === handler,
    );
    const behind = all.filter(([id]) => id > after).sort(byId);
    const page = behind.slice(0, limit);
    const next = behind.length > limit ? (page.at(-1)?.[0] ?? null) : null;
    return json({ items: page.map((entry) => itemOf(entry, parts)), total: all.length, next });
  },
};

const show: V1Route = {
  method: 'GET',
  path: '/dead/:id',
  summary: 'One dead letter, with its event',
  schema: { params: ParamsSchema },
  responses: { 200: { description: 'The dead letter.', schema: LetterSchema }, 404: UNKNOWN },
  handle: ({ params }, { views }) => {
    const { id } = params as Static<typeof ParamsSchema>;
    const letter = views.deadLetters().get(id);
    return letter ? json(letter) : unknown(id);
  },
};

const retry: V1Route = {
  method: 'POST',
  path: '/dead/:id/retry',
  summary: 'Send a dead letter again',
  schema: { params: ParamsSchema },
  responses: {
    202: {
      description: 'A server takes it up soon; what becomes of it is in the log of deliveries.',
      schema: Type.Object({ id: Type.String() }),
    },
    404: UNKNOWN,
  },
  writes: true,
  handle: async ({ params }, { registry, clock }) => {
    const { id } = params as Static<typeof ParamsSchema>;
    const again = unixSeconds(clock);
    const written = await update(registry, 'dead', [id], (letter) =>
      letter ? { ...letter, again } : 'keep',
    );
    return written === 0 ? unknown(id) : json({ id }, 202);
  },
};

const drop: V1Route = {
  method: 'DELETE',
  path: '/dead/:id',
  summary: 'Forget a dead letter',
  schema: { params: ParamsSchema },
  responses: { 204: { description: 'It is gone; its record stays in the log of deliveries.' }, 404: UNKNOWN },
  writes: true,
  handle: async ({ params }, { registry }) => {
    const { id } = params as Static<typeof ParamsSchema>;
    const written = await update(registry, 'dead', [id], (letter) => (letter ? undefined : 'keep'));
    return written === 0 ? unknown(id) : empty(204);
  },
};

/** Looking at, sending again and forgetting the deliveries that were given up. */
export const deadRoutes: readonly V1Route[] = [list, show, retry, drop];

function itemOf([id, { delivery, record, timestamp: at, again }]: [string, DeadLetter], parts: V1Parts) {
  const { handler, client, check, event_id, action, status } = record;
  const { tries } = delivery;
  const event_open = parts.views.state(client, check)?.event?.id === event_id;
  const error = record.failed?.error ?? '';
  return {
    ...{ id, handler, client, check, event_id, action, status, timestamp: at },
    ...{ tries, error, event_open, again: again ?? null },
  };
}

function byId([left]: [string, DeadLetter], [right]: [string, DeadLetter]): number {
  return left < right ? -1 : 1;
}

function unknown(id: string) {
  return refusal(404, `There is no dead letter ${id}.`);
}
