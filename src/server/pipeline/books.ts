import type { Delivery, DeliveryRecord } from '../../model/delivery.ts';
import type { Event } from '../../model/event.ts';
import type { Counters } from '../../runtime/counters.ts';
import { type Log, type LogFields, logs } from '../../runtime/log.ts';
import type { Decision } from './decide.ts';
import { firstCharacters } from './record.ts';
import type { Complaint } from './rules.ts';

/** Causes that are remembered as told; names of handlers come from outside, so there can be any number. */
const MOST_CAUSES = 1000;
/** Characters of a handler's output in one line; the record keeps fewer. */
const LOGGED_CHARACTERS = 100_000;

/** Texts of Sensu Core 1.9 for what held an event back. */
const FILTERED_TEXTS: Readonly<Record<string, string>> = {
  handle: 'event handling disabled for event',
  flapping: 'handler does not handle action',
  severities: 'handler does not handle event severity',
  silenced: 'handler is silenced',
};

/**
 * Says in log and counters what became of events, in the words and at the levels that log pipelines for Sensu Core look
 * for. Lines that come with every event are made only when somebody keeps them.
 */
export class Books {
  readonly #log: Log;
  readonly #counters: Counters;
  readonly #told = new Set<string>();

  constructor(parts: { log: Log; counters: Counters }) {
    this.#log = parts.log;
    this.#counters = parts.counters;
  }

  /** A decision. It is not counted: what is decided may yet be decided again. */
  decided(event: Event, { records, complaints }: Decision): void {
    const level = event.check.type === 'metric' ? 'debug' : 'info';
    if (logs(this.#log, level)) this.#log[level]('processing event', fieldsOfEvent(event));
    for (const complaint of complaints) this.#complain(event, complaint);
    if (records.length === 0 || !logs(this.#log, 'info')) return;
    for (const record of records) {
      if (record.filtered) this.#filtered(record, record.filtered);
    }
  }

  /** A delivery that was carried out. */
  ended(delivery: Delivery, record: DeliveryRecord, output: string): void {
    const handled = record.outcome === 'handled';
    this.#counters.increment(handled ? 'deliveries_handled' : 'deliveries_failed');
    const level = handled ? 'info' : 'error';
    if (!logs(this.#log, level)) return;
    const fields: LogFields = {
      ...fieldsOf(record),
      delivery: delivery.id,
      output: firstCharacters(output, LOGGED_CHARACTERS),
    };
    if (handled) {
      this.#log.info('handler output', fields);
      return;
    }
    const { stage, error } = record.failed ?? { stage: 'handler', error: '' };
    const printed = stage === 'handler' && record.output !== undefined;
    const message = stage === 'mutator' ? 'mutator error' : printed ? 'handler output' : 'handler error';
    this.#log.error(message, { ...fields, error });
  }

  /** Every cause is news again: the rules are others. */
  forget(): void {
    this.#told.clear();
  }

  #filtered(record: DeliveryRecord, { by, why }: NonNullable<DeliveryRecord['filtered']>): void {
    this.#log.info(FILTERED_TEXTS[by] ?? 'event was filtered', { ...fieldsOf(record), filter: by, why });
  }

  /** At `error` the first time, at `debug` from then on. */
  #complain(event: Event, { message, handler, error }: Complaint): void {
    const cause = firstCharacters(`${message}\n${handler}\n${error}`, 300);
    const isNew = !this.#told.has(cause) && this.#told.size < MOST_CAUSES;
    if (isNew) this.#told.add(cause);
    const level = isNew ? 'error' : 'debug';
    if (logs(this.#log, level)) this.#log[level](message, { ...fieldsOfEvent(event), handler, error });
  }
}

function fieldsOf(record: DeliveryRecord): LogFields {
  const { handler, client, check, event_id, action, status } = record;
  return { handler, client, check, event_id, action, status };
}

function fieldsOfEvent({ id, client, check, action, occurrences }: Event): LogFields {
  const { name, status } = check;
  return { client: client.name, check: name, event_id: id, action, status, occurrences };
}
