import type { ExecutedCheck } from '../model/check.ts';
import type { RegisteredClient } from '../model/client.ts';
import type { Event } from '../model/event.ts';
import { DEFAULT_REDACT, redact } from '../model/redact.ts';
import type { CheckState, ClientState } from '../state/documents.ts';
import type { NamedState } from '../state/views.ts';

/** A result as the API shows it: its check with the statuses so far, as numbers (in events they are texts). */
export interface ResultDocument {
  client: string;
  check: ExecutedCheck & { history: number[] };
}

export function resultDocument(client: string, state: CheckState): ResultDocument {
  return { client, check: { ...state.check, history: state.history } };
}

export function namedResult({ client, state }: NamedState): ResultDocument {
  return resultDocument(client, state);
}

/** A client as the API shows it: without its secrets, by its own list of them or the usual one. */
export function clientDocument(state: ClientState): RegisteredClient {
  return redact(state.client, state.client.redact ?? DEFAULT_REDACT);
}

/** An event as the 1.x API shows it: without the secrets of its client, which may have been registered with them. */
export function eventDocument(event: Event): Event {
  const { client } = event;
  return { ...event, client: redact(client, client.redact ?? DEFAULT_REDACT) };
}
