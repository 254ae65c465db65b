import type { Event } from '../../../model/event.ts';
import { unixSeconds } from '../../../runtime/clock.ts';
import { publishAcknowledged } from '../../../state/acknowledged.ts';
import { resolvingResult } from '../../../state/resolution.ts';
import { type Answer, empty, issued, json } from '../../answer.ts';
import { readObject } from '../../body.ts';
import { eventDocument } from '../../documents.ts';
import { shown } from '../../shown.ts';
import { page, pageOf, stored } from '../list.ts';
import type { Query } from '../query.ts';
import type { Endpoint, EndpointParts, Route } from '../route.ts';

/** What the result says that resolves an event for somebody who asked for it here. */
export const RESOLVED = 'Resolving on request of the API';

const itself = (event: Event): Event => event;
const documentOf = (query: Query, { texts }: EndpointParts) =>
  stored(query, { texts, of: itself, document: eventDocument });

const list: Endpoint = ({ query }, parts) =>
  page(query, parts.views.events(), parts.views.eventCount(), documentOf(query, parts));

const listOfClient: Endpoint = ({ query, params }, parts) =>
  pageOf(query, parts.views.events(params['client']), documentOf(query, parts));

const show: Endpoint = ({ params: { client = '', check = '' } }, { views }) => {
  const event = views.state(client, check)?.event;
  return event ? json(eventDocument(event)) : empty(404);
};

const remove: Endpoint = ({ params: { client = '', check = '' } }, parts) => resolve(parts, client, check);

/** Open events, of everybody, of one client, of one check; deleting one resolves it. */
export const events: readonly Route[] = ['/events', '/incidents'].flatMap((path) => [
  { path, methods: { GET: list } },
  { path: `${path}/:client`, methods: { GET: listOfClient } },
  { path: `${path}/:client/:check`, methods: { GET: show, DELETE: remove } },
]);

/** The same as deleting an event, for those who cannot send DELETE. */
export const resolution: Route = {
  path: '/resolve',
  methods: {
    POST: ({ body }, parts) => {
      const { client, check } = readObject(body) ?? {};
      if (typeof client !== 'string' || typeof check !== 'string') return empty(400);
      return resolve(parts, client, check);
    },
  },
};

async function resolve(parts: EndpointParts, client: string, check: string): Promise<Answer> {
  const { views, clock, limits } = parts;
  const event = views.state(client, check)?.event;
  if (!event) return empty(404);
  const now = unixSeconds(clock);
  const signature = views.client(client)?.signature;
  await publishAcknowledged(parts, resolvingResult(event, RESOLVED, signature, now), limits.acknowledgeMs);
  await shown(parts);
  return issued(now);
}
