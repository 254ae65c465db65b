import type { Delivery, DeliveryRecord } from '../../model/delivery.ts';
import type { Event } from '../../model/event.ts';
import type { CounterName, Counters } from '../../runtime/counters.ts';
import { type Log, type LogFields, logs } from '../../runtime/log.ts';
import { CANARY_HANDLER } from '../../state/self-reports.ts';
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
    this.#counters.increment(COUNTED[record.outcome] ?? 'deliveries_failed');
    const level = !handled ? 'error' : record.handler === CANARY_HANDLER ? 'debug' : 'info';
    if (!logs(this.#log, level)) return;
    const fields: LogFields = {
      ...fieldsOf(record),
      delivery: delivery.id,
      output: firstCharacters(output, LOGGED_CHARACTERS),
    };
    if (handled) {
      this.#log[level]('handler output', fields);
      return;
    }
    const { stage, error } = record.failed ?? { stage: 'handler', error: '' };
    const printed = stage === 'handler' && record.output !== undefined;
    const message = stage === 'mutator' ? 'mutator error' : printed ? 'handler output' : 'handler error';
    this.#log.error(message, { ...fields, error });
    if (record.outcome !== 'dead') return;
    this.#log.error('delivery was given up and is kept as a dead letter', fieldsOfDelivery(delivery));
  }

  /** A delivery whose try has failed and that will be tried again; it is as it will be then. */
  postponed(delivery: Delivery, restMs: number): void {
    this.#counters.increment('deliveries_retried');
    if (!logs(this.#log, 'warn')) return;
    const { tries, last_error: error } = delivery;
    this.#log.warn('handler failed and will be told again', {
      ...fieldsOfDelivery(delivery),
      ...{ try: tries, in_seconds: restMs / 1000, error },
    });
  }

  /** A delivery that was left out because its event was resolved while it waited for another try. */
  superseded(delivery: Delivery): void {
    this.#counters.increment('deliveries_superseded');
    this.#log.info('delivery was superseded, its event is resolved', fieldsOfDelivery(delivery));
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

/** Outcome of what was carried out → its counter. */
const COUNTED: Readonly<Record<string, CounterName>> = {
  handled: 'deliveries_handled',
  dead: 'deliveries_dead',
};

function fieldsOfDelivery({ id, handler, event }: Delivery): LogFields {
  const { action, check, client } = event;
  return {
    ...{ handler, client: client.name, check: check.name, event_id: event.id, action },
    ...{ status: check.status, delivery: id },
  };
}

function fieldsOf(record: DeliveryRecord): LogFields {
  const { handler, client, check, event_id, action, status } = record;
  return { handler, client, check, event_id, action, status };
}

function fieldsOfEvent({ id, client, check, action, occurrences }: Event): LogFields {
  const { name, status } = check;
  return { client: client.name, check: name, event_id: id, action, status, occurrences };
}
