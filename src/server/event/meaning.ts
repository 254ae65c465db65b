import type { ExecutedCheck } from '../../model/check.ts';
import type { RegisteredClient } from '../../model/client.ts';
import type { Transition } from '../../model/delivery.ts';
import type { Event, EventAction } from '../../model/event.ts';
import { severityOf } from '../../model/severity.ts';
import type { CheckState, DayCount, TakenNumber } from '../../state/documents.ts';
import { aggregatesOf } from './aggregates.ts';
import { extendHistory, isFlapping, totalStateChange } from './history.ts';
import { storedResult } from './output.ts';
import { canBeSilenced, type SilenceLookup, type Silencing, silencingOf } from './silencing.ts';

/** What the decision needs beside the state: all that the result says and the world at this moment. */
export interface Facts {
  client: RegisteredClient;
  /** The result's check, with the configured definition laid under it. */
  check: ExecutedCheck;
  /** Unix seconds. */
  now: number;
  /** True for a result that tells how old the last execution is: what it changes, it changes now. */
  stale?: boolean | undefined;
  /** Gives the id of a new event. */
  newId: () => string;
  /** Numbers taken, this result's included. */
  taken: readonly TakenNumber[];
  /** When the execution was reported, as in `CheckState`; undefined: not known. */
  takenAttendedMs?: number | undefined;
  /** The silences in force; undefined when there are none at all. */
  silences?: SilenceLookup | undefined;
}

/** What a result means. */
export interface Meaning {
  state: CheckState;
  /** The event for the handlers; null when nobody is to be told of anything. */
  event: Event | null;
  /** What changed, for the log; null when the status stayed the same. */
  transition: Transition | null;
  /** The day that ended with this result, for the log; null on the same day. */
  day: DayCount | null;
  /** Ids of silences that end with the event. */
  silencesEnded: readonly string[];
}

/** What is to be done with the event that was built. */
type Ending = 'keep' | 'remove' | 'pass' | 'nothing';

/** Characters of output that the log of transitions keeps. */
const LOGGED_OUTPUT = 500;
const DAY_SECONDS = 86_400;

/** Decides what a result means. Pure but for `newId`. The rules are those of `docs/events.md`. */
export function applyResult(before: CheckState | undefined, facts: Facts): Meaning {
  const { check, now } = facts;
  const history = extendHistory(before?.history ?? [], check.status);
  const stateChange = totalStateChange(history);
  const flapping = isFlapping(
    stateChange,
    { low: check.low_flap_threshold, high: check.high_flap_threshold },
    before?.event?.action === 'flapping',
  );
  const lastOk = check.status === 0 ? (check.executed ?? now) : (before?.last_ok ?? null);
  const action = actionOf(check, before?.event ?? null, flapping);
  const ending = endingOf(check, action);
  const silencing = ending === 'nothing' ? NOT_SILENCED : silencingFor(facts, action);
  const event =
    ending === 'nothing'
      ? null
      : buildEvent(before?.event ?? null, facts, {
          history,
          stateChange,
          flapping,
          action,
          lastOk,
          silencedBy: silencing.by,
        });
  const count = countDay(before?.today, check.status, now);
  const state = nextState(before, facts, { history, lastOk, event, ending, today: count.today });
  const transition = transitionOf(before, facts, event);
  return { state, event, transition, day: count.ended, silencesEnded: silencing.ended };
}

const NOT_SILENCED: Readonly<{ by: readonly string[]; ended: readonly string[] }> = { by: [], ended: [] };

function silencingFor(facts: Facts, action: EventAction): typeof NOT_SILENCED | Silencing {
  const { client, check, silences, now } = facts;
  if (!silences || !canBeSilenced(action, check.status)) return NOT_SILENCED;
  return silencingOf({ subscriptions: client.subscriptions, check: check.name, action }, silences, now);
}

function nextState(
  before: CheckState | undefined,
  facts: Facts,
  next: { history: number[]; lastOk: number | null; event: Event | null; ending: Ending; today: DayCount },
): CheckState {
  const good = before?.check.status === 0 ? before.check : before?.last_good;
  const state: CheckState = {
    check: storedResult(facts.check),
    history: next.history,
    last_ok: next.lastOk,
    ...(facts.check.status !== 0 && good ? { last_good: good } : {}),
    event: next.ending === 'keep' ? next.event : next.ending === 'remove' ? null : (before?.event ?? null),
    today: next.today,
    taken: facts.taken,
    takenAttendedMs: facts.takenAttendedMs,
  };
  const aggregates = aggregatesOf(facts.check);
  if (aggregates.length > 0) state.aggregates = aggregates;
  return state;
}

function actionOf(check: ExecutedCheck, open: Event | null, flapping: boolean): EventAction {
  if (flapping) return 'flapping';
  return check.status === 0 && open ? 'resolve' : 'create';
}

function endingOf(check: ExecutedCheck, action: EventAction): Ending {
  const forced = check.force_resolve === true;
  if (check.status !== 0 || (action === 'flapping' && !forced)) return 'keep';
  if (action === 'flapping') return 'remove';
  if (action === 'resolve' && (check.auto_resolve !== false || forced)) return 'remove';
  return check.type === 'metric' ? 'pass' : 'nothing';
}

function buildEvent(
  open: Event | null,
  facts: Facts,
  found: {
    history: number[];
    stateChange: number;
    flapping: boolean;
    action: EventAction;
    lastOk: number | null;
    silencedBy: readonly string[];
  },
): Event {
  const { client, check, now } = facts;
  const count = countOccurrences(open, found.history, check.status !== 0 || found.flapping);
  const changed = count.changed || found.action === 'resolve';
  const lastStateChange = changed ? now : open?.last_state_change;
  return {
    id: open?.id ?? facts.newId(),
    client,
    check: { ...check, history: found.history.map(String), total_state_change: found.stateChange },
    occurrences: count.occurrences,
    occurrences_watermark: count.watermark,
    last_ok: found.lastOk,
    action: found.action,
    timestamp: now,
    ...(lastStateChange === undefined ? {} : { last_state_change: lastStateChange }),
    silenced: found.silencedBy.length > 0,
    silenced_by: [...found.silencedBy],
  };
}

function countOccurrences(
  open: Event | null,
  history: readonly number[],
  problem: boolean,
): { occurrences: number; watermark: number; changed: boolean } {
  const occurrences = open?.occurrences ?? 1;
  const watermark = open?.occurrences_watermark ?? occurrences;
  if (!problem) return { occurrences, watermark, changed: false };
  if (history.at(-1) !== history.at(-2)) return { occurrences: 1, watermark, changed: true };
  return { occurrences: occurrences + 1, watermark: Math.max(watermark, occurrences + 1), changed: false };
}

function transitionOf(before: CheckState | undefined, facts: Facts, event: Event | null): Transition | null {
  const { check, now } = facts;
  const from = before?.history.at(-1) ?? null;
  const turned = event !== null && event.action !== before?.event?.action && event.action !== 'create';
  if (from === check.status && !turned) return null;
  return {
    timestamp: facts.stale ? now : (check.executed ?? now),
    status: check.status,
    from,
    action: event?.action ?? null,
    event_id: event?.id ?? null,
    output: check.output.slice(0, LOGGED_OUTPUT),
  };
}

function countDay(
  today: DayCount | undefined,
  status: number,
  now: number,
): { today: DayCount; ended: DayCount | null } {
  const day = Math.floor(now / DAY_SECONDS);
  // A clock that is put right by hours around midnight does not end a day twice.
  const same = today !== undefined && (today.day === day || today.day === day + 1);
  const count = same ? { ...today } : { day, ok: 0, warning: 0, critical: 0, unknown: 0 };
  count[severityOf(status)]++;
  return { today: count, ended: same ? null : (today ?? null) };
}
