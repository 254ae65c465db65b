import { turn, unixSeconds } from '../../../runtime/clock.ts';
import { publishAcknowledged } from '../../../state/acknowledged.ts';
import { type CheckState, stateName } from '../../../state/documents.ts';
import { update } from '../../../state/update.ts';
import { hasResult, type NamedState } from '../../../state/views.ts';
import { empty, issued, json } from '../../answer.ts';
import { namedResult, resultDocument } from '../../documents.ts';
import { shown } from '../../shown.ts';
import { page, pageOf, stored } from '../list.ts';
import { postedCheck } from '../posted-check.ts';
import type { Query } from '../query.ts';
import type { EndpointParts, Route } from '../route.ts';

/** Whose results are that come without a `source`. */
const API_CLIENT = 'sensu-api';
const LARGEST_RESULT_BYTES = 10 * 1024 * 1024;
/** Documents of one commit. */
const SLICE = 500;

const documentOf = (query: Query, { texts }: EndpointParts) =>
  stored(query, { texts, of: ({ state }: NamedState) => state, document: namedResult });

/** All results, and reporting one. */
export const results: Route = {
  path: '/results',
  audited: false,
  bodyLimitBytes: LARGEST_RESULT_BYTES,
  methods: {
    GET: ({ query }, parts) =>
      page(query, parts.views.results(), parts.views.resultCount(), documentOf(query, parts)),
    POST: async ({ body }, parts) => {
      const now = unixSeconds(parts.clock);
      const check = postedCheck(body, now);
      if (!check) return empty(400);
      await publishAcknowledged(parts, { client: API_CLIENT, check }, parts.limits.acknowledgeMs);
      await shown(parts);
      return issued(now);
    },
  },
};

export const clientResults: Route = {
  path: '/results/:client',
  methods: {
    GET: ({ query, params }, parts) =>
      pageOf(query, parts.views.results(params['client']), documentOf(query, parts)),
  },
};

/** One result, and forgetting it; its event stays. */
export const result: Route = {
  path: '/results/:client/:check',
  methods: {
    GET: ({ params: { client = '', check = '' } }, { views }) => {
      const state = views.state(client, check);
      return state && hasResult(state) ? json(resultDocument(client, state)) : empty(404);
    },
    DELETE: async ({ params: { client = '', check = '' } }, parts) => {
      const deleted = await deleteResults(parts, [{ client, check }]);
      return empty(deleted === 0 ? 404 : 204);
    },
  },
};

/** Forgets the results named; those that do not exist are passed over. Resolves with how many did. */
export async function deleteResults(
  parts: EndpointParts,
  names: readonly { client: string; check: string }[],
): Promise<number> {
  const { views, registry } = parts;
  let deleted = 0;
  for (let start = 0; start < names.length; start += SLICE) {
    // Of very many names most can be of nothing that is there, and looking each up takes long enough.
    if (start > 0) await turn();
    const known = names
      .slice(start, start + SLICE)
      .filter(({ client, check }) => views.state(client, check))
      .map(({ client, check }) => stateName(client, check));
    deleted += await update(registry, 'state', known, (state) =>
      state && hasResult(state) ? withoutResult(state) : 'keep',
    );
  }
  if (deleted > 0) await shown(parts);
  return deleted;
}

/** What is left of a state without its result: nothing, or the event that is open. */
export function withoutResult(state: CheckState): CheckState | undefined {
  if (!state.event) return undefined;
  // A result that is gone cannot go stale and counts in no aggregate.
  const { ttl: _ttl, ...check } = state.check;
  const { last_good: _good, aggregates: _aggregates, ...rest } = state;
  return { ...rest, check, history: [], last_ok: null };
}
