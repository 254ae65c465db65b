import { unixSeconds } from '../../../runtime/clock.ts';
import { requestCheck } from '../../../state/requesting.ts';
import { empty, issued } from '../../answer.ts';
import { listField, readFields, textField } from '../fields.ts';
import type { Route } from '../route.ts';

const FIELDS = { check: textField, subscribers: listField, reason: textField, creator: textField };

/** Asks for a check now: where it is configured to run, or at the subscribers given. */
export const request: Route = {
  path: '/request',
  methods: {
    POST: async ({ body }, parts) => {
      const fields = readFields(body, FIELDS);
      if (fields?.check === undefined) return empty(400);
      const check = parts.settings.checks.get(fields.check);
      if (!check) return empty(404);
      const now = unixSeconds(parts.clock);
      const { subscribers, reason = null, creator = null } = fields;
      await requestCheck(parts, check, {
        ...(subscribers ? { subscribers: subscribers.map(asText) } : {}),
        apiRequested: { reason, creator },
      });
      return issued(now);
    },
  },
};

/** What is no text becomes one, as peers do. */
function asText(subscriber: unknown): string {
  return typeof subscriber === 'string' ? subscriber : (JSON.stringify(subscriber) ?? '');
}
