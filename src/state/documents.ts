import type { AuditEntry, Token, User } from '../model/access.ts';
import type { ExecutedCheck } from '../model/check.ts';
import type { RegisteredClient } from '../model/client.ts';
import type { DeadLetter, Delivery, DeliveryRecord, Transition } from '../model/delivery.ts';
import type { Event, Silence } from '../model/event.ts';
import type { Removal } from '../model/removal.ts';
import type { Attributes } from '../model/schema.ts';

/** A client and what the server knows of it. Kind `client`, named like the client. */
export interface ClientState {
  client: RegisteredClient;
  /** The signature that was pinned first; empty: none. */
  signature: string;
  /** Attended milliseconds (see `Attendance`) when the last keepalive was received. */
  seenAttendedMs: number;
  /** Unix milliseconds, by the server's clock, of the same moment; for showing. */
  seenAtMs: number;
  /** True: the API put it there before any keepalive or result, so that its registration is yet to be told. Missing otherwise. */
  posted?: true;
  /** True: nobody registered it, it was made up from a result and goes with its last one. Missing otherwise. */
  blank?: true;
  /** True: a server reports about itself under this name; see `SelfReports`. Missing otherwise. */
  self?: true;
}

/** Numbers from the first to the second, both included, among which results are that have not come. */
export type NumberRange = readonly [number, number];

/** The status of a check at a moment (Unix seconds), before results that have not come. */
export type StatusPoint = readonly [number, number];

/** The last number taken of one boot of an agent, and what is missing below it. */
export interface BootNumbers {
  boot: string;
  number: number;
  /** Lowest first; missing altogether: the agent does not tell, so nobody can know. */
  missing?: readonly NumberRange[] | undefined;
}

/** The numbers taken of one agent: its running process, and `earlierBoots`, the ones before, newest first. */
export interface TakenNumber extends BootNumbers {
  agent: string;
  /** A text alone: an older version wrote it down without its numbers. */
  earlierBoots: readonly (string | BootNumbers)[];
  /** True while all that came of this process had waited on disk: another one may be running by now. */
  spooled?: true | undefined;
  /** What late results are compared with, oldest first; missing: nothing was ever missing. */
  before?: readonly StatusPoint[] | undefined;
}

/** How many results of each severity came on one day. */
export interface DayCount {
  /** Whole days since 1970, UTC. */
  day: number;
  ok: number;
  warning: number;
  critical: number;
  unknown: number;
}

/**
 * The state of one client's one check: one unit, read together, decided purely, written together.
 * Kind `state`, named `<client>/<check>`.
 */
export interface CheckState {
  /** The last result, as it is stored: with the definition laid under it and its output cut. */
  check: ExecutedCheck;
  /** Statuses, oldest first, at most 21. Empty: the result was deleted, and only its open event is left. */
  history: number[];
  /** Unix seconds of the last OK; null: never. */
  last_ok: number | null;
  /** The last result that was OK; missing while `check` itself is, or when there was none. */
  last_good?: ExecutedCheck;
  /** The open event, or null. */
  event: Event | null;
  /** Results so far on the current day (UTC); it goes to the log when the next day begins. */
  today: DayCount;
  /** The last number taken of each agent, so that each result counts once. Most checks have one agent. */
  taken: readonly TakenNumber[];
  /** Aggregates that the last result belongs to; missing: none. */
  aggregates?: readonly string[];
  /**
   * Attended milliseconds (see `Attendance`) when the last execution was reported. Results that servers make of it
   * (past its `ttl`, resolving) change nothing here. Missing: written by an older version.
   */
  takenAttendedMs?: number | undefined;
}

/** A silence and when it ends by itself. Kind `silence`, named by its id. */
export interface SilenceState {
  silence: Silence;
  /** Unix milliseconds; from then on it counts as gone, whether it was swept away or not. Null: never. */
  endsAtMs: number | null;
}

/** What a person or program keeps with us under a path. Kind `stash`, named by its path. */
export interface Stash {
  path: string;
  content: Attributes;
  /** As in `SilenceState`. */
  endsAtMs: number | null;
}

/**
 * The signature that a client must carry which is not registered (any more): `invalidated` keeps one away for good.
 * A registered client's signature stands in its `ClientState`. Kind `signature`, named like the client.
 */
export interface KeptSignature {
  signature: string;
  /** As in `SilenceState`. */
  endsAtMs: number | null;
}

/**
 * How long servers have been taking keepalives, all in all. A client's age is the difference to what
 * stood here when its last keepalive came, so time in which nobody could hear it does not count.
 * Kind `attendance`, named `keepalives`.
 */
export interface Attendance {
  attendedMs: number;
}

/** Kind of document → its shape. */
export interface Documents {
  client: ClientState;
  state: CheckState;
  silence: SilenceState;
  stash: Stash;
  signature: KeptSignature;
  delivery: Delivery;
  /** Named by the id of its delivery. */
  dead: DeadLetter;
  attendance: Attendance;
  user: User;
  token: Token;
}

export type Kind = keyof Documents;

/** True when a document that ends by itself has ended: nobody may be shown it, and the next sweep takes it away. */
export function hasEnded(document: { endsAtMs: number | null }, nowMs: number): boolean {
  return document.endsAtMs !== null && document.endsAtMs <= nowMs;
}

/**
 * Family of logs → the shape of its entries. Logs are named `<family>/<client>/<check>`; what was removed has left no
 * client behind, so `removals` has one log, under the names `-` and `-`; so has `audit`.
 */
export interface Logs {
  transitions: Transition;
  deliveries: DeliveryRecord;
  days: DayCount;
  removals: Removal;
  audit: AuditEntry;
}

export type LogFamily = keyof Logs;

/** Name of the unit of state of a client's check. Neither name can contain `/`. */
export function stateName(client: string, check: string): string {
  return `${client}/${check}`;
}

/** Client and check of a unit's name. */
export function splitStateName(name: string): { client: string; check: string } {
  const slash = name.indexOf('/');
  return { client: name.slice(0, slash), check: name.slice(slash + 1) };
}

/** Name of the log of a family for a client's check. */
export function logName(family: LogFamily, client: string, check: string): string {
  return `${family}/${client}/${check}`;
}
