import type { Check } from '../../../model/check.ts';
import { unixSeconds } from '../../../runtime/clock.ts';
import { empty, issued, json } from '../../answer.ts';
import { page } from '../list.ts';
import type { Route } from '../route.ts';
import { deleteResults } from './results.ts';

/** Checks that servers ask for; the ones that agents run by themselves are not among them. */
export const checks: Route = {
  path: '/checks',
  methods: {
    GET: ({ query }, { settings }) => {
      const published = [...settings.checks.values()].filter(isPublished);
      return page(query, published, published.length, checkDocument);
    },
  },
};

/** One check, and forgetting its results at all clients. */
export const check: Route = {
  path: '/checks/:check',
  methods: {
    GET: ({ params: { check = '' } }, { settings }) => {
      const found = settings.checks.get(check);
      return found && isPublished(found) ? json(checkDocument(found)) : empty(404);
    },
    DELETE: async ({ params: { check = '' } }, parts) => {
      const names = parts.views.clientNames();
      await deleteResults(
        parts,
        Array.from(names, (client) => ({ client, check })),
      );
      return issued(unixSeconds(parts.clock));
    },
  },
};

function isPublished(check: Check): boolean {
  return check.standalone !== true;
}

/** The definition with its name at the end, where peers write it. */
function checkDocument({ name, ...definition }: Check) {
  return { ...definition, name };
}
