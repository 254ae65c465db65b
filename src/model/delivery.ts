import type { Event, EventAction } from './event.ts';

/**
 * A delivery that is due: one event for one handler. It is committed together with the state that
 * made it due and leaves the store when it has been carried out.
 */
export interface Delivery {
  /** Unique; the texts sort in the order in which the deliveries came up. */
  id: string;
  handler: string;
  event: Event;
  /** Number of the try that runs or comes next. Each one before may have told the handler, also one that a death cut off. */
  tries: number;
  /** How many tries have failed; missing: none. */
  failures?: number;
  /** Unix seconds, with a fraction, before which it is not tried again. */
  next_try?: number;
  /** How the last try failed. */
  last_error?: string;
  /** The server that has it in hand, when that is not the one whose mark ends its id. */
  holder?: string;
  /** Why a filter could not judge the event, which passed therefore. */
  filter_error?: string;
  /** Filters that did not apply, and why, as a sentence: the event came outside their times. */
  not_asked?: string;
}

/** Why an event did not reach a handler: what held it back and the value that was seen. */
export interface FilteredBy {
  /** `handle`, `flapping`, `severities`, `silenced`, `no handler`, or the name of the filter. */
  by: string;
  /** A sentence for a person. */
  why: string;
  /** Path of the attribute that decided, and the value found there. */
  seen?: { attribute: string; value: unknown };
}

/**
 * What became of a delivery. `superseded`: it waited for another try when its event was resolved. `dead`: its last try
 * failed, and it is kept as a dead letter. `late`: it came of a result that was spooled, and nobody was told.
 */
export type DeliveryOutcome = 'handled' | 'filtered' | 'failed' | 'superseded' | 'dead' | 'late';

/** The one record of what was decided for an event at a handler, and why. It outlives the event. */
export interface DeliveryRecord {
  event_id: string;
  client: string;
  check: string;
  handler: string;
  action: EventAction;
  status: number;
  occurrences: number;
  /** Unix seconds. */
  timestamp: number;
  outcome: DeliveryOutcome;
  filtered?: FilteredBy;
  /** Where it failed, and how. Beside another outcome: a filter that could not judge, so that the event passed it. */
  failed?: { stage: 'handler' | 'mutator' | 'filter'; error: string };
  /** As in `Delivery`. */
  not_asked?: string;
  /** First characters of what the handler printed. */
  output?: string;
  /** Seconds from its first instruction to its end, three decimals. */
  duration?: number;
  /** How often it was tried, when that was more than once: the handler may have been told as often. */
  tries?: number;
}

/** A delivery that was given up after its last try, kept for a person to look at and to send again. */
export interface DeadLetter {
  delivery: Delivery;
  /** The record of its last try. */
  record: DeliveryRecord;
  /** Unix seconds at which it was given up. */
  timestamp: number;
  /** Unix seconds at which somebody asked to send it again; a server takes it up soon after. */
  again?: number;
}

/** One change of a check's state at a client; kept in a bounded log that outlives the event. */
export interface Transition {
  /** Unix seconds of the execution. */
  timestamp: number;
  status: number;
  /** Null for the first result of all. */
  from: number | null;
  action: EventAction | null;
  event_id: string | null;
  /** First characters of the output. */
  output: string;
  /** True for a result that came after a newer one: it changed nothing. */
  late?: true;
}
