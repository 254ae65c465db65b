import { type AttributesPlan, planAttributes } from '../expression/index.ts';
import type { Check } from '../model/check.ts';
import type { Attributes } from '../model/schema.ts';
import { substituteTokens } from '../model/tokens.ts';
import { sleep, turn, unixSeconds } from '../runtime/clock.ts';
import { type ApiRequested, publish, type RequestingParts, requestFor } from './publishing.ts';

/** A check that is run once for each client with certain attributes, and reported for that client. */
export type ProxyCheck = Check & { proxy_requests: NonNullable<Check['proxy_requests']> };

/** True when the check is one that is run for other clients. */
export function isProxyCheck(check: Check): check is ProxyCheck {
  return check.proxy_requests !== undefined;
}

/** How one round of requests goes out. */
export interface Round {
  /** Milliseconds from one request to the next, for so many clients; 0: all at once. */
  gapMs(clients: number): number;
  apiRequested?: ApiRequested | undefined;
  /** Ends the round; what is left of it is not sent. */
  signal?: AbortSignal | undefined;
  /** Causes that were logged already; what is wrong once more for the same reason is not told again. */
  told: Set<string>;
}

/** Other work gets a turn after so many clients, or after so long. */
const SLICE_CLIENTS = 50;
const SLICE_MS = 5;
/** Waking costs more than sending: requests that are due this close together go out together. */
const SHORTEST_WAIT_MS = 10;
/** Most causes that are remembered as told; what is wrong beyond them is counted only. */
const MOST_CAUSES = 100;

/**
 * Asks for a check once for each client that has the attributes wanted (`proxy_requests`). The tokens of every string
 * are filled in with the client's attributes, and the result will be reported for the client unless the check
 * says otherwise (`source`). Resolves with how many requests the transport took, when all are out or the round
 * was ended. Never rejects. (Sensu Core 1.9 documentation, "Proxy requests".)
 */
export async function publishProxyRequests(
  parts: RequestingParts,
  check: ProxyCheck,
  round: Round,
): Promise<number> {
  const { clock } = parts;
  const clients = await matchingClients(parts, check, round);
  const gapMs = round.gapMs(clients.length);
  const beganMs = clock.elapsed();
  let published = 0;
  for (let next = 0; next < clients.length && !round.signal?.aborted; ) {
    const due = gapMs > 0 ? Math.floor((clock.elapsed() - beganMs) / gapMs) + 1 : clients.length;
    const end = Math.min(due, next + SLICE_CLIENTS, clients.length);
    const slice = clients.slice(next, end).map((client) => publishFor(parts, check, client, round));
    for (const count of await Promise.all(slice)) published += count;
    next = end;
    if (next >= due && next < clients.length) {
      const waitMs = beganMs + next * gapMs - clock.elapsed();
      await sleep(clock, Math.max(waitMs, SHORTEST_WAIT_MS), round.signal);
    } else await turn();
  }
  return published;
}

/** Names of the clients that have the attributes wanted; none when none are wanted. */
async function matchingClients(
  { views, clock, log }: RequestingParts,
  check: ProxyCheck,
  { signal, told }: Round,
): Promise<string[]> {
  const plan = planOf(check.proxy_requests.client_attributes);
  if (!plan) return [];
  const matching: string[] = [];
  let sliceMs = clock.elapsed();
  for (const [index, name] of [...views.clientNames()].entries()) {
    if (signal?.aborted) return [];
    if (index % SLICE_CLIENTS === 0 || clock.elapsed() - sliceMs > SLICE_MS) {
      await turn();
      sliceMs = clock.elapsed();
    }
    const client = views.client(name)?.client;
    if (!client) continue;
    const match = plan.match(client, clock);
    if (match.matched) matching.push(name);
    else if (match.error !== undefined && isNew(told, match.error)) {
      const fields = { check: check.name, client: name, error: match.error };
      log.error('a condition of client_attributes cannot be decided, so the client is left out', fields);
    }
  }
  return matching;
}

const PLANS = new WeakMap<Attributes, AttributesPlan>();

/** The plan for attributes, made when they are first met; undefined when no attributes are wanted. */
function planOf(wanted: Attributes): AttributesPlan | undefined {
  if (Object.keys(wanted).length === 0) return undefined;
  const known = PLANS.get(wanted);
  if (known) return known;
  const { plan } = planAttributes(wanted);
  PLANS.set(wanted, plan);
  return plan;
}

/** Asks for the check for one client, as that is now. */
async function publishFor(
  parts: RequestingParts,
  check: ProxyCheck,
  name: string,
  { apiRequested, told }: Round,
): Promise<number> {
  const client = parts.views.client(name)?.client;
  if (!client) return 0;
  const { value, unmatched } = substituteTokens(check, client);
  if (unmatched.length > 0) {
    parts.counters.increment('proxy_requests_unmatched');
    if (isNew(told, `tokens ${unmatched.join(', ')}`)) {
      const fields = { check: check.name, client: name, unmatched_tokens: unmatched };
      parts.log.warn(
        'a proxy request was not made, because the client has no value for a token; more of this cause are only counted',
        fields,
      );
    }
    return 0;
  }
  const request = requestFor(
    { ...value, name: check.name, source: value.source ?? name },
    unixSeconds(parts.clock),
    apiRequested,
  );
  parts.log.debug('publishing check request', { check: check.name, source: request.source });
  return publish(parts, request, value.subscribers ?? []);
}

function isNew(told: Set<string>, cause: string): boolean {
  if (told.has(cause) || told.size >= MOST_CAUSES) return false;
  told.add(cause);
  return true;
}
