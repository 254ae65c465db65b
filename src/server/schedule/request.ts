import type { Check, CheckRequest } from '../../model/check.ts';

/** True when the server publishes requests for the check by itself. */
export function isPublished(check: Check): check is Check & { interval: number } {
  return check.standalone !== true && check.publish !== false && check.interval !== undefined;
}

/**
 * The request for a check as it travels, with when it was issued: the definition without `subscribers` and `interval`,
 * which say who is asked and when, not what is to be done.
 */
export function requestFor(check: Check, issued: number): CheckRequest {
  const { subscribers, interval, name, ...attributes } = check;
  return { ...attributes, name, issued };
}
