import { SEVERITIES, type Severity } from '../../../model/severity.ts';
import { unixSeconds } from '../../../runtime/clock.ts';
import {
  aggregateResults,
  deleteAggregate,
  groupAggregate,
  summarizeAggregate,
} from '../../../state/aggregates.ts';
import { type Answer, empty, json } from '../../answer.ts';
import { shown } from '../../shown.ts';
import { page, pageOf } from '../list.ts';
import type { EndpointParts, EndpointRequest, Route } from '../route.ts';

/** All aggregates. */
export const aggregates: Route = {
  path: '/aggregates',
  methods: { GET: ({ query }, { views }) => pageOf(query, views.aggregates(), (name) => ({ name })) },
};

/** One aggregate in numbers, and taking its members out. */
export const aggregate: Route = {
  path: '/aggregates/:aggregate',
  methods: {
    GET: (request, parts) => {
      const summary = summarizeAggregate(parts.views, nameIn(request), freshSince(request, parts));
      return summary ? json(summary) : empty(404);
    },
    DELETE: async (request, parts) => {
      const deleted = await deleteAggregate(parts, nameIn(request));
      if (deleted) await shown(parts);
      return empty(deleted ? 204 : 404);
    },
  },
};

export const aggregateClients: Route = {
  path: '/aggregates/:aggregate/clients',
  methods: {
    GET: (request, { views }) =>
      groups(request, groupAggregate(views, nameIn(request), 'client'), (name, checks) => ({ name, checks })),
  },
};

export const aggregateChecks: Route = {
  path: '/aggregates/:aggregate/checks',
  methods: {
    GET: (request, { views }) =>
      groups(request, groupAggregate(views, nameIn(request), 'check'), (name, clients) => ({
        name,
        clients,
      })),
  },
};

/** What the results of one severity said, by check. */
export const aggregateSeverity: Route = {
  path: '/aggregates/:aggregate/results/:severity',
  methods: {
    GET: (request, parts) => {
      const severity = SEVERITIES.find((known) => known === request.params['severity']);
      return severity ? resultsOf(severity, request, parts) : empty(400);
    },
  },
};

function resultsOf(severity: Severity, request: EndpointRequest, parts: EndpointParts): Answer {
  const since = freshSince(request, parts);
  const results = aggregateResults(parts.views, nameIn(request), severity, since);
  return results ? page(request.query, results, results.length, (result) => result) : empty(404);
}

function groups(
  { query }: EndpointRequest,
  found: Map<string, string[]>,
  document: (name: string, others: string[]) => unknown,
): Answer {
  if (found.size === 0) return json([], 404);
  return page(query, found, found.size, ([name, others]) => document(name, others));
}

function nameIn({ params }: EndpointRequest): string {
  return params['aggregate'] ?? '';
}

/** Unix seconds before which results are stale, by `max_age`. */
function freshSince({ query }: EndpointRequest, { clock }: EndpointParts): number | undefined {
  const maxAge = query.whole('max_age');
  return maxAge === undefined ? undefined : unixSeconds(clock) - maxAge;
}
