import type { Delivery, DeliveryOutcome, DeliveryRecord, FilteredBy } from '../../model/delivery.ts';
import type { Event } from '../../model/event.ts';

/** Characters of a text that a record keeps. */
export const KEPT_CHARACTERS = 1000;
const LONGEST_FIRST_LINE = 200;
/** Longest name of a handler in a record; what a check names can be anything. */
const LONGEST_NAME = 255;

/** The beginning of a text, as a text of its own that does not keep the whole one in memory. */
export function firstCharacters(text: string, most = KEPT_CHARACTERS): string {
  return text.length <= most ? text : Buffer.from(text.slice(0, most)).toString();
}

/** The first line of what a command printed, for a sentence. */
export function firstLine(output: string): string {
  const text = output.trimStart();
  const end = text.indexOf('\n');
  return firstCharacters(end < 0 ? text : text.slice(0, end), LONGEST_FIRST_LINE).trimEnd();
}

/** A value as a record keeps it: plain JSON of bounded size, whatever a plugin says it saw. */
export function keptValue(value: unknown): unknown {
  if (typeof value === 'string') return firstCharacters(value);
  if (value === null || typeof value === 'boolean') return value;
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  try {
    const text = JSON.stringify(value);
    if (text === undefined) return typeof value === 'undefined' ? null : `a ${typeof value}`;
    return text.length <= KEPT_CHARACTERS ? JSON.parse(text) : firstCharacters(text);
  } catch {
    return `a ${typeof value} that JSON cannot say`;
  }
}

/** The record of an event at a handler, without why. */
export function recordOf(
  event: Event,
  handler: string,
  timestamp: number,
  outcome: DeliveryOutcome,
): DeliveryRecord {
  return {
    event_id: event.id,
    client: event.client.name,
    check: event.check.name,
    handler: firstCharacters(handler, LONGEST_NAME),
    action: event.action,
    status: event.check.status,
    occurrences: event.occurrences,
    timestamp,
    outcome,
  };
}

export function filteredRecord(
  event: Event,
  handler: string,
  timestamp: number,
  filtered: FilteredBy,
  told: { error?: string | undefined; notAsked?: string | undefined } = {},
): DeliveryRecord {
  const record = recordOf(event, handler, timestamp, 'filtered');
  record.filtered = filtered;
  if (told.error !== undefined) record.failed = { stage: 'filter', error: told.error };
  if (told.notAsked !== undefined) record.not_asked = told.notAsked;
  return record;
}

export function failedRecord(
  event: Event,
  handler: string,
  timestamp: number,
  failed: NonNullable<DeliveryRecord['failed']>,
): DeliveryRecord {
  const record = recordOf(event, handler, timestamp, 'failed');
  record.failed = failed;
  return record;
}

/** The record of a delivery that waited for another try, or behind one that did, when its event was resolved. */
export function supersededRecord(delivery: Delivery, timestamp: number): DeliveryRecord {
  const { event, handler, tries, failures = 0, last_error: error } = delivery;
  const record = recordOf(event, handler, timestamp, 'superseded');
  if (error !== undefined) record.failed = { stage: 'handler', error: firstCharacters(error) };
  if (delivery.not_asked !== undefined) record.not_asked = delivery.not_asked;
  // Of a delivery that has failed, `tries` is the number of the one that is left out.
  if (failures > 0 && tries > 2) record.tries = tries - 1;
  return record;
}
