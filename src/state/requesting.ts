import type { Check } from '../model/check.ts';
import { unixSeconds } from '../runtime/clock.ts';
import { isProxyCheck, publishProxyRequests } from './proxy-requests.ts';
import { type ApiRequested, publish, type RequestingParts, requestFor } from './publishing.ts';

export { type ApiRequested, type RequestingParts, requestFor } from './publishing.ts';

/**
 * Asks for a check now, whether it is scheduled or not and whatever it is subdued by. One with `proxy_requests`
 * is asked for once for each client that has the attributes wanted, all at once.
 *
 * @param options.subscribers who is asked instead of the check's own `subscribers`
 * @param options.apiRequested who wants it and why, told to the agent
 * @returns how many requests the transport took: one for each subscriber, times the clients of a proxy check. It
 *   never rejects; what the transport refuses is logged.
 */
export async function requestCheck(
  parts: RequestingParts,
  check: Check,
  options: {
    subscribers?: readonly string[] | undefined;
    apiRequested?: ApiRequested | undefined;
  } = {},
): Promise<{ published: number }> {
  const { subscribers, apiRequested } = options;
  const asked = subscribers === undefined ? check : { ...check, subscribers: [...subscribers] };
  if (isProxyCheck(asked)) {
    const round = { gapMs: () => 0, apiRequested, told: new Set<string>() };
    return { published: await publishProxyRequests(parts, asked, round) };
  }
  parts.log.debug('publishing check request', { check: check.name, subscribers: asked.subscribers ?? [] });
  const request = requestFor(asked, unixSeconds(parts.clock), apiRequested);
  return { published: await publish(parts, request, asked.subscribers ?? []) };
}
