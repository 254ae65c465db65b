import { sleep } from '../../runtime/clock.ts';
import { errorText, TocsinError } from '../../runtime/errors.ts';
import type { Views } from '../../state/views.ts';
import { withoutSelf } from '../../state/without-self.ts';
import { type Answer, empty, refusal } from '../answer.ts';
import { filtered } from './list.ts';
import { Query } from './query.ts';
import type { Endpoint, EndpointParts, Route } from './route.ts';
import { allowed, createTable } from './table.ts';

/** A request before anything is known of it. */
export interface RawRequest {
  method: string;
  /** Path and query as they were sent. */
  url: string;
  body: unknown;
}

const NO_STORE = 'not connected to redis';
const NO_TRANSPORT = 'not connected to transport';
/** They tell of lost connections themselves. */
const ALWAYS = new Set(['/info', '/health']);
const LOOK_EVERY_MS = 50;

/** What the dispatch is handed: the views with everything in them. */
export type DispatchParts = Omit<EndpointParts, 'views'> & { views: Views };

/** Answers requests by the table of routes, in the order of Sensu Core 1.9: connections, OPTIONS, path, method. */
export function createDispatch(
  routes: readonly Route[],
  given: DispatchParts,
): (request: RawRequest) => Promise<Answer> {
  const parts = forEndpoints(given);
  const find = createTable(routes);
  return async ({ method, url, body }) => {
    const mark = url.indexOf('?');
    const path = mark === -1 ? url : url.slice(0, mark);
    const lost = ALWAYS.has(path) ? undefined : lostConnection(parts);
    if (lost !== undefined) return refusal(500, lost);
    if (method === 'OPTIONS') return empty(200);
    const found = find(path);
    if (!found) return empty(404);
    const endpoint = endpointOf(found.route, method);
    if (!endpoint) return { ...empty(405), headers: { Allow: allowed(found.route) } };
    const query = new Query(mark === -1 ? '' : url.slice(mark + 1));
    const request = { params: found.params, query, body };
    if (method === 'GET' || method === 'HEAD') return filtered(query, await endpoint(request, parts));
    return unlessLost(parts, async () => endpoint(request, parts));
  };
}

/** The settings change with a reload, so they are read anew each time. */
function forEndpoints(given: DispatchParts): EndpointParts {
  return {
    ...given,
    views: withoutSelf(given.views),
    get settings() {
      return given.settings;
    },
  };
}

/** Carries out a change, which may wait for a server; once a connection is lost that is not waited for any more. */
async function unlessLost(parts: EndpointParts, change: () => Promise<Answer>): Promise<Answer> {
  const ended = new AbortController();
  const changed = change();
  try {
    return await Promise.race([changed, connectionLost(parts, ended.signal)]);
  } finally {
    ended.abort();
    changed.catch(() => undefined);
  }
}

/** Resolves with the answer to give when a connection is lost; never after `signal` aborted. */
async function connectionLost(parts: EndpointParts, signal: AbortSignal): Promise<Answer> {
  for (;;) {
    await sleep(parts.clock, LOOK_EVERY_MS, signal);
    const lost = lostConnection(parts);
    if (lost !== undefined || signal.aborted) return refusal(500, lost ?? '');
  }
}

/** What a failed endpoint answers; undefined for a defect of ours. */
export function answerToError(error: unknown): Answer | undefined {
  if (!(error instanceof TocsinError)) return undefined;
  if (error.code.startsWith('STORE_')) return refusal(500, NO_STORE);
  if (error.code.startsWith('TRANSPORT_')) return refusal(500, NO_TRANSPORT);
  const told = error.kind === 'timeout' || error.kind === 'conflict' || error.kind === 'unavailable';
  return told ? refusal(500, errorText(error)) : undefined;
}

/** What is not connected, in words; the transport counts more. */
export function lostConnection({ transport, registry }: EndpointParts): string | undefined {
  if (!transport.connected) return NO_TRANSPORT;
  return registry.store.connected ? undefined : NO_STORE;
}

function endpointOf(route: Route, method: string): Endpoint | undefined {
  if (method === 'GET' || method === 'HEAD') return route.methods.GET;
  return method === 'POST' || method === 'DELETE' ? route.methods[method] : undefined;
}
