import { isAttributes } from '../../model/attributes.ts';
import type { ExecutedCheck } from '../../model/check.ts';
import { type RegisteredClient, RegistrationSettingsSchema } from '../../model/client.ts';
import type { Event } from '../../model/event.ts';
import { deepMerge } from '../../model/merge.ts';
import { problemsOf } from '../../model/problems.ts';
import type { Attributes } from '../../model/schema.ts';
import { type SilenceLookup, silencingOf } from './silencing.ts';

/** True when somebody wants to hear of this client's coming: a handler `registration`, or the client itself. */
export function wantsRegistration(client: RegisteredClient, hasHandler: boolean): boolean {
  return hasHandler || isAttributes(client['registration']);
}

/**
 * The event that tells of a new client. It is told once and kept nowhere, so it has no history.
 * (Sensu Core 1.9 documentation, "Client registration".)
 * @param facts.now Unix seconds
 */
export function registrationEvent(
  client: RegisteredClient,
  facts: { now: number; newId: () => string; silences: SilenceLookup | undefined },
): Event {
  const { now, newId, silences } = facts;
  const check = registrationCheck(client, now);
  const asked = { subscriptions: client.subscriptions, check: check.name, action: 'create' } as const;
  const silencedBy = silences ? silencingOf(asked, silences, now).by : [];
  return {
    id: newId(),
    client,
    check: { ...check, history: [], total_state_change: 0 },
    occurrences: 1,
    occurrences_watermark: 1,
    last_ok: null,
    action: 'create',
    timestamp: now,
    silenced: silencedBy.length > 0,
    silenced_by: silencedBy,
  };
}

function registrationCheck(client: RegisteredClient, now: number): ExecutedCheck {
  const { status, ...own } = deepMerge({ handler: 'registration', status: 1 }, settingsOf(client));
  return {
    ...own,
    status: typeof status === 'number' ? status : 1,
    name: 'registration',
    output: 'new client registration',
    issued: now,
    executed: now,
  };
}

/** What the client lays over its registration check, without what does not fit. */
function settingsOf(client: RegisteredClient): Attributes {
  const settings = client['registration'];
  if (!isAttributes(settings)) return {};
  const wrong = new Set(problemsOf(RegistrationSettingsSchema, settings).map(({ steps }) => steps[0]));
  return Object.fromEntries(Object.entries(settings).filter(([name]) => !wrong.has(name)));
}
