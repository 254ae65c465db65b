import type { Check, CheckRequest } from '../../model/check.ts';

/** What stays at home: it says who is asked and when, not what is to be done. */
const AT_HOME = new Set(['subscribers', 'interval']);

/** True when the server publishes requests for the check by itself. */
export function isPublished(check: Check): check is Check & { interval: number } {
  return check.standalone !== true && check.publish !== false && check.interval !== undefined;
}

/** The request for a check as it travels: the definition without `subscribers` and `interval`, and when it was issued. */
export function requestFor(check: Check, issued: number): CheckRequest {
  const attributes = Object.fromEntries(
    Object.entries(check).filter(([key]) => !AT_HOME.has(key) && key !== 'name'),
  );
  return { ...attributes, name: check.name, issued };
}
