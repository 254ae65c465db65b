import type { ExecutedCheck } from '../../model/check.ts';
import type { RegisteredClient } from '../../model/client.ts';
import type { DeliveryRecord } from '../../model/delivery.ts';
import type { Event } from '../../model/event.ts';
import type { TakenNumber } from '../../state/documents.ts';
import { logging } from '../../state/registry.ts';
import type { Append } from '../../store/port.ts';
import { noteLate } from '../event/index.ts';
import type { Decide } from './tell.ts';

/** What is known when a late result is judged. */
export interface LateFacts {
  client: RegisteredClient;
  /** As it is judged and stored. */
  check: ExecutedCheck;
  decide: Decide;
  newId: () => string;
  nowMs: number;
}

/** What comes of a late result: entries of logs, and the numbers to remember from now on. */
export interface Late {
  taken: readonly TakenNumber[];
  appends: readonly Append[];
}

/** Characters of output that the log of transitions keeps. */
const LOGGED_OUTPUT = 500;

/**
 * Judges a result that came after a newer one of its check: that it came is told in the log, and for each handler that
 * would have been told of it then, that it was not. Nobody is told now.
 * @param agent its agent; undefined: it has no number
 */
export function judgeLate(taken: readonly TakenNumber[], agent: string | undefined, facts: LateFacts): Late {
  const { client, check, nowMs } = facts;
  const note = agent === undefined ? undefined : noteLate(taken, agent, check);
  const { before } = note ?? {};
  const log = logging('transitions', client.name, check.name, nowMs, {
    timestamp: check.executed ?? Math.floor(nowMs / 1000),
    status: check.status,
    from: before ?? null,
    action: null,
    event_id: null,
    output: check.output.slice(0, LOGGED_OUTPUT),
    late: true,
  });
  const records =
    before === undefined || before === check.status ? [] : recordsOf(eventOf(before, facts), facts);
  const appends = records.map((record) => logging('deliveries', client.name, check.name, nowMs, record));
  return { taken: note?.taken ?? taken, appends: [log, ...appends] };
}

/** The event that the result would have made, as far as can be known. */
function eventOf(before: number, { client, check, newId }: LateFacts): Event {
  const { executed = 0, status } = check;
  return {
    id: newId(),
    client,
    check: { ...check, history: [String(before), String(status)], total_state_change: 0 },
    occurrences: 1,
    occurrences_watermark: 1,
    last_ok: null,
    action: status === 0 ? 'resolve' : 'create',
    timestamp: executed,
    last_state_change: executed,
    silenced: false,
    silenced_by: [],
  };
}

/** A record for each handler that would have been told. */
function recordsOf(event: Event, { decide, nowMs }: LateFacts): DeliveryRecord[] {
  const ago = Math.max(Math.floor(nowMs / 1000) - event.timestamp, 0);
  const why = `the result came ${ago} s after it was executed, when a newer one of the check had been taken`;
  return decide(event, true).deliveries.map(({ handler }) => ({
    event_id: event.id,
    client: event.client.name,
    check: event.check.name,
    handler,
    action: event.action,
    status: event.check.status,
    occurrences: event.occurrences,
    timestamp: Math.floor(nowMs / 1000),
    outcome: 'late',
    filtered: { by: 'late', why },
  }));
}
