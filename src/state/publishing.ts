import type { Check, CheckRequest } from '../model/check.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Counters } from '../runtime/counters.ts';
import { errorText } from '../runtime/errors.ts';
import type { Log } from '../runtime/log.ts';
import type { Transport } from '../transport/port.ts';
import type { Views } from './views.ts';

/** What asking for a check needs. */
export interface RequestingParts {
  transport: Pick<Transport, 'publishRequest'>;
  views: Pick<Views, 'clientNames' | 'client'>;
  clock: Clock;
  log: Log;
  counters: Counters;
}

/** Who asked for a check through the API, and why. */
export interface ApiRequested {
  reason: string | null;
  creator: string | null;
}

/**
 * The request for a check as it travels, with when it was issued (Unix seconds): the definition without `subscribers`
 * and `interval`, which say who is asked and when, not what is to be done.
 */
export function requestFor(check: Check, issued: number, apiRequested?: ApiRequested): CheckRequest {
  const { subscribers, interval, name, ...attributes } = check;
  if (!apiRequested) return { ...attributes, name, issued };
  const { reason, creator } = apiRequested;
  return { ...attributes, api_requested: { reason, creator }, name, issued };
}

/**
 * Hands a request to each of the subscriptions. Resolves with how many of them the transport took it for; what
 * it refuses is logged. Never rejects.
 */
export async function publish(
  parts: RequestingParts,
  request: CheckRequest,
  subscriptions: readonly string[],
): Promise<number> {
  const taken = await Promise.all(subscriptions.map((subscription) => hand(parts, request, subscription)));
  return taken.filter(Boolean).length;
}

async function hand(
  { transport, counters, log }: RequestingParts,
  request: CheckRequest,
  subscription: string,
): Promise<boolean> {
  try {
    const heard = await transport.publishRequest(subscription, request);
    counters.increment('requests_published');
    if (heard === 0) counters.increment('requests_unheard');
    return true;
  } catch (error) {
    const fields = { check: request.name, subscription, error: errorText(error) };
    log.error('could not publish check request', fields);
    return false;
  }
}
