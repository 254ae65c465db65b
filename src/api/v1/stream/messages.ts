import type { RegisteredClient } from '../../../model/client.ts';
import type { DeliveryRecord, Transition } from '../../../model/delivery.ts';
import type { Event } from '../../../model/event.ts';
import { DEFAULT_REDACT, redact } from '../../../model/redact.ts';
import type { Removal } from '../../../model/removal.ts';
import {
  type CheckState,
  type ClientState,
  type SilenceState,
  type Stash,
  splitStateName,
} from '../../../state/documents.ts';
import { hasResult } from '../../../state/views.ts';
import type { FeedItem } from '../../../store/port.ts';
import { clientDocument, resultDocument } from '../../documents.ts';

/** What a reader can ask to be told of. */
export const SUBJECTS = [
  'client',
  'result',
  'event',
  'silence',
  'stash',
  'delivery',
  'transition',
  'removal',
] as const;
export type Subject = (typeof SUBJECTS)[number];

/** One thing that the stream tells: `type` is the event's name on the wire. */
export interface Message {
  /** Which wish it answers; a removal answers the one for what was removed. */
  subject: Subject;
  type: Subject | 'removed';
  /** Makes the document that is told; only called when somebody reads. */
  data: () => unknown;
}

/** The client of a name, by whose rules attributes of its results are secret. */
type ClientNamed = (name: string) => ClientState | undefined;
type DocumentItem = Extract<FeedItem, { type: 'document' }>;
type LogItem = Extract<FeedItem, { type: 'log' }>;

/**
 * Makes changes of the store into what readers are told. It remembers which events are open, since a state that has
 * none does not say whether it had one before.
 */
export class MessageMaker {
  /** name of the unit of state → its open event, as told last */
  #open: Map<string, Event>;
  readonly #clientNamed: ClientNamed;

  constructor(open: Iterable<Event>, clientNamed: ClientNamed) {
    this.#open = byState(open);
    this.#clientNamed = clientNamed;
  }

  /** After a gap in the feed: only these events are open. */
  restart(open: Iterable<Event>): void {
    this.#open = byState(open);
  }

  /** What a change means to readers; none for what is only of our own concern. */
  messagesOf(item: DocumentItem | LogItem): Message[] {
    if (item.type === 'log') return logMessages(item);
    if (item.kind === 'client') return clientMessages(item.name, item.value as ClientState | undefined);
    if (item.kind === 'silence') return silenceMessages(item.name, item.value as SilenceState | undefined);
    if (item.kind === 'stash') return stashMessages(item.name, item.value as Stash | undefined);
    if (item.kind === 'state') return this.#stateMessages(item.name, item.value as CheckState | undefined);
    return [];
  }

  #stateMessages(name: string, state: CheckState | undefined): Message[] {
    const names = splitStateName(name);
    const result: Message =
      state && hasResult(state)
        ? { subject: 'result', type: 'result', data: () => this.#result(names.client, state) }
        : removed('result', names);
    const event = this.#eventMessage(name, state?.event ?? null);
    return event ? [result, event] : [result];
  }

  #result(client: string, state: CheckState): unknown {
    return withoutSecrets(resultDocument(client, state), this.#clientNamed(client)?.client);
  }

  #eventMessage(name: string, event: Event | null): Message | undefined {
    const before = this.#open.get(name);
    if (event === (before ?? null)) return undefined;
    if (event) {
      this.#open.set(name, event);
      return { subject: 'event', type: 'event', data: () => withoutSecrets(event, event.client) };
    }
    this.#open.delete(name);
    return removed('event', { ...splitStateName(name), id: before?.id });
  }
}

/** As a search shows it: by the client's own list of what is secret, or the usual one. */
function withoutSecrets(document: unknown, client: Pick<RegisteredClient, 'redact'> | undefined): unknown {
  return redact(document, client?.redact ?? DEFAULT_REDACT);
}

function clientMessages(name: string, state: ClientState | undefined): Message[] {
  if (!state) return [removed('client', { client: name })];
  return [{ subject: 'client', type: 'client', data: () => clientDocument(state) }];
}

function silenceMessages(name: string, state: SilenceState | undefined): Message[] {
  if (!state) return [removed('silence', { id: name })];
  const data = () => ({ ...state.silence, ends_at: secondsOf(state.endsAtMs) });
  return [{ subject: 'silence', type: 'silence', data }];
}

function stashMessages(name: string, stash: Stash | undefined): Message[] {
  if (!stash) return [removed('stash', { path: name })];
  const { path, content, endsAtMs } = stash;
  const data = () => ({ path, content, ends_at: secondsOf(endsAtMs) });
  return [{ subject: 'stash', type: 'stash', data }];
}

/** Unix seconds; a message may be read long after it was made, so it names a time and not what is left of it. */
function secondsOf(endsAtMs: number | null): number | null {
  return endsAtMs === null ? null : Math.floor(endsAtMs / 1000);
}

/** Logs are named `<family>/<client>/<check>`. */
function logMessages({ log, entry }: LogItem): Message[] {
  const slash = log.indexOf('/');
  const family = log.slice(0, slash);
  if (family === 'deliveries') {
    return [{ subject: 'delivery', type: 'delivery', data: () => entry as DeliveryRecord }];
  }
  if (family === 'removals') {
    return [{ subject: 'removal', type: 'removal', data: () => entry as Removal }];
  }
  if (family !== 'transitions') return [];
  const data = () => ({ ...splitStateName(log.slice(slash + 1)), ...(entry as Transition) });
  return [{ subject: 'transition', type: 'transition', data }];
}

function removed(subject: Subject, names: Record<string, unknown>): Message {
  return { subject, type: 'removed', data: () => ({ kind: subject, ...names }) };
}

function byState(events: Iterable<Event>): Map<string, Event> {
  return new Map(Array.from(events, (event) => [`${event.client.name}/${event.check.name}`, event]));
}
