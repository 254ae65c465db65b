import type { ExecutedCheck } from './check.ts';
import type { RegisteredClient } from './client.ts';

/** What an event asks for: open (or go on with) a problem, close it, or tell that it flaps. */
export type EventAction = 'create' | 'resolve' | 'flapping';

/** A check in an event: as it was run, with its statuses so far, oldest first and this one included. */
export type EventCheck = ExecutedCheck & { history: string[]; total_state_change: number };

/**
 * What a result means: the document that filters read and handlers are given.
 * Times are Unix seconds; `last_ok` is null when the check was never OK. Members stand in the order in which
 * Sensu Core 1.9 writes them.
 */
export interface Event {
  /** UUID of the problem: the same from its first event to its resolve. */
  id: string;
  client: RegisteredClient;
  check: EventCheck;
  /** How often in a row the check has had this status. */
  occurrences: number;
  /** The highest `occurrences` since the event began. */
  occurrences_watermark: number;
  last_ok: number | null;
  action: EventAction;
  timestamp: number;
  last_state_change?: number;
  silenced: boolean;
  /** Ids of the silences that apply. */
  silenced_by: string[];
}

/** A silence: events of a subscription, a check, or both are not told to anybody. */
export interface Silence {
  /** `<subscription or *>:<check or *>` */
  id: string;
  subscription: string | null;
  check: string | null;
  reason: string | null;
  creator: string | null;
  /** Unix seconds from which it counts; null: at once. */
  begin: number | null;
  /** True: the silence ends with the event that it hides. */
  expire_on_resolve: boolean;
  timestamp: number;
}
