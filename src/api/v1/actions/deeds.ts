import { unixSeconds } from '../../../runtime/clock.ts';
import { TocsinError } from '../../../runtime/errors.ts';
import { publishAcknowledged } from '../../../state/acknowledged.ts';
import { splitStateName } from '../../../state/documents.ts';
import { removeClient, removeResult } from '../../../state/removal.ts';
import { requestCheck } from '../../../state/requesting.ts';
import { resolvingResult } from '../../../state/resolution.ts';
import {
  clearSilence,
  createSilence,
  endAfter,
  type SilenceEntry,
  silenceId,
} from '../../../state/silences.ts';
import type { V1Parts } from '../route.ts';
import type { Deed } from './book.ts';
import type { ActionName, ActionSubject, Parameters } from './wish.ts';

interface Order {
  subject: ActionSubject;
  parameters: Parameters;
  by: string | null;
}

type Maker = (parts: V1Parts, order: Order) => Deed;

/** What results say that resolve events, unless a reason was given. */
const RESOLVED = 'Resolving on request of the API';

const DEEDS: Readonly<Record<ActionName, Maker>> = {
  resolve:
    (parts, { parameters }) =>
    (name) =>
      resolve(parts, name, parameters.reason ?? RESOLVED),
  silence: (parts, order) => async (name) => {
    await createSilence(parts, entryOf(order, name));
    return 'done';
  },
  'clear-silence': (parts, order) => async (name) =>
    (await clearSilence(parts, order.subject === 'silences' ? name : silenceId(placeOf(order.subject, name))))
      ? 'done'
      : 'skipped',
  'delete-clients':
    (parts, { parameters, by }) =>
    async (name) => {
      const { invalidate = false, invalidate_seconds: seconds } = parameters;
      const options = {
        ...removal(parts, parameters, by),
        invalidate: invalidate ? { endsAtMs: endAfter(seconds, parts.clock.now()) } : undefined,
      };
      return (await removeClient(parts, name, options)) ? 'done' : 'skipped';
    },
  'delete-results':
    (parts, { parameters, by }) =>
    async (name) => {
      const { client, check } = splitStateName(name);
      return (await removeResult(parts, client, check, removal(parts, parameters, by))) ? 'done' : 'skipped';
    },
  request: (parts, order) => request(parts, order),
};

/** How one thing of an action is done. */
export function deedOf(action: ActionName, parts: V1Parts, order: Order): Deed {
  return DEEDS[action](parts, order);
}

async function resolve(parts: V1Parts, name: string, output: string): Promise<'done' | 'skipped'> {
  const { client, check } = splitStateName(name);
  const event = parts.views.state(client, check)?.event;
  if (!event) return 'skipped';
  const signature = parts.views.client(client)?.signature;
  const result = resolvingResult(event, output, signature, unixSeconds(parts.clock));
  await publishAcknowledged(parts, result, parts.limits.acknowledgeMs);
  return 'done';
}

function removal({ limits }: V1Parts, { reason, creator }: Parameters, by: string | null) {
  const who = by ?? creator;
  return {
    output: reason ?? RESOLVED,
    reason: 'asked' as const,
    why: `${reason ?? 'a bulk action'}${who === undefined ? '' : `, asked for by ${who}`}`,
    acknowledgeMs: limits.acknowledgeMs,
    resolveMs: limits.resolveMs,
  };
}

/** What a name stands for where silences are made. */
function placeOf(subject: ActionSubject, name: string): Pick<SilenceEntry, 'subscription' | 'check'> {
  if (subject === 'checks') return { check: name };
  if (subject === 'clients') return { subscription: `client:${name}` };
  const { client, check } = splitStateName(name);
  return { subscription: `client:${client}`, check };
}

function entryOf({ subject, parameters, by }: Order, name: string): SilenceEntry {
  const { reason, creator, begin, expire_seconds: expire, expire_on_resolve } = parameters;
  return { ...placeOf(subject, name), reason, creator: creator ?? by, begin, expire, expire_on_resolve };
}

/**
 * Asks the client itself, by the subscription that is its own. A check for proxy clients is asked for once as usual:
 * which agent stands for whom is written in the check.
 */
function request(parts: V1Parts, { subject, parameters, by }: Order): Deed {
  const { reason = null, creator = by } = parameters;
  const asked = new Set<string>();
  return async (name) => {
    const { client, check } = subject === 'checks' ? { client: '', check: name } : splitStateName(name);
    const definition = parts.settings.checks.get(check);
    if (!definition) throw new TocsinError('NOT_FOUND', `no check ${check} is configured here`);
    const forProxies = definition.source !== undefined || definition.proxy_requests !== undefined;
    if (forProxies && asked.has(check)) return 'done';
    asked.add(check);
    const subscribers = subject === 'checks' || forProxies ? undefined : [`client:${client}`];
    const { published } = await requestCheck(parts, definition, {
      subscribers,
      apiRequested: { reason, creator },
    });
    if (published === 0)
      throw new TocsinError('TRANSPORT_UNAVAILABLE', `check ${check} could not be asked for`);
    return 'done';
  };
}
