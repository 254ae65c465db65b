import { Check as fits } from 'typebox/value';
import { type Client, ClientSchema, type RegisteredClient } from '../../../model/client.ts';
import { unixSeconds } from '../../../runtime/clock.ts';
import type { ClientState } from '../../../state/documents.ts';
import { removeClient } from '../../../state/removal.ts';
import { endAfter } from '../../../state/silences.ts';
import { update } from '../../../state/update.ts';
import { empty, issued, json } from '../../answer.ts';
import { readObject } from '../../body.ts';
import { clientDocument } from '../../documents.ts';
import { shown } from '../../shown.ts';
import { page, stored } from '../list.ts';
import type { Query } from '../query.ts';
import type { EndpointParts, Route } from '../route.ts';
import { RESOLVED } from './events.ts';

/** All clients, and registering one that has no agent. */
export const clients: Route = {
  path: '/clients',
  methods: {
    GET: ({ query }, { views, texts }) =>
      page(
        query,
        views.clients(),
        views.clientCount(),
        stored(query, { texts, of: (state) => state, document: clientDocument }),
      ),
    POST: async ({ body }, parts) => {
      const client = postedClient(body, parts);
      if (!client) return empty(400);
      await register(parts, client);
      return json({ name: client.name }, 201);
    },
  },
};

/** One client, and removing it with everything that is known of it. */
export const client: Route = {
  path: '/clients/:client',
  methods: {
    GET: ({ params: { client = '' } }, { views }) => {
      const state = views.client(client);
      return state ? json(clientDocument(state)) : empty(404);
    },
    DELETE: async ({ params: { client = '' }, query }, parts) => {
      const { clock, limits } = parts;
      const now = unixSeconds(clock);
      const invalidate = query.text('invalidate') ? keptAway(query, clock.now()) : undefined;
      const asked = { output: RESOLVED, reason: 'asked', why: 'removed through the API' } as const;
      const onlyIf = ({ self }: ClientState): boolean => self !== true;
      const removed = await removeClient(parts, client, { ...asked, ...limits, invalidate, onlyIf });
      if (!removed) return empty(404);
      await shown(parts);
      return issued(now);
    },
  },
};

/** Until when a client that was removed is kept away: for `invalidate_expire` seconds, or for good. */
function keptAway(query: Query, nowMs: number): { endsAtMs: number | null } {
  return { endsAtMs: endAfter(query.whole('invalidate_expire'), nowMs) };
}

/** The client in a body, with what it needs filled in; undefined when there is none. */
function postedClient(body: unknown, { version, clock }: EndpointParts): RegisteredClient | undefined {
  const posted = readObject(body);
  if (!posted) return undefined;
  const { keepalives = false, subscriptions = [] } = posted;
  const client = { ...posted, keepalives, version, timestamp: unixSeconds(clock), subscriptions };
  return fits(ClientSchema, client) ? subscribedToItself(client as Client & RegisteredClient) : undefined;
}

function subscribedToItself(client: RegisteredClient): RegisteredClient {
  const subscriptions = new Set([...client.subscriptions, `client:${client.name}`]);
  return { ...client, subscriptions: [...subscriptions] };
}

/** Puts the client in the place of what was known of it; a signature that was pinned stays, and a server's own client. */
async function register(parts: EndpointParts, client: RegisteredClient): Promise<void> {
  const { registry, clock } = parts;
  const [attendance] = await registry.read('attendance', ['keepalives']);
  await update(registry, 'client', [client.name], (known) =>
    known?.self
      ? 'keep'
      : {
          client,
          signature: known?.signature || (client.signature ?? ''),
          seenAttendedMs: attendance?.value.attendedMs ?? 0,
          seenAtMs: clock.now(),
          ...(known && !known.posted ? {} : { posted: true }),
        },
  );
  await shown(parts);
}
