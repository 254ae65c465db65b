import type { Delivery, DeliveryRecord } from '../../model/delivery.ts';
import type { Counters } from '../../runtime/counters.ts';
import type { Log, LogFields } from '../../runtime/log.ts';
import type { Decision } from './decide.ts';
import { firstCharacters } from './record.ts';

/** Causes that are remembered as told; names of handlers come from outside, so there can be any number. */
const MOST_CAUSES = 1000;

/** Texts of Sensu Core 1.9 for what held an event back. */
const FILTERED_TEXTS: Readonly<Record<string, string>> = {
  handle: 'event handling disabled for event',
  flapping: 'handler does not handle action',
  severities: 'handler does not handle event severity',
  silenced: 'handler is silenced',
};

/** Says in log and counters what became of events, in the words that log pipelines for Sensu Core look for. */
export class Books {
  readonly #log: Log;
  readonly #counters: Counters;
  readonly #told = new Set<string>();

  constructor(parts: { log: Log; counters: Counters }) {
    this.#log = parts.log;
    this.#counters = parts.counters;
  }

  /** A decision. It is not counted: what is decided may yet be decided again. */
  decided({ deliveries, records }: Decision): void {
    for (const { handler, filter_error: error } of deliveries) {
      if (error !== undefined) this.#once('filter error', { handler, error });
    }
    for (const record of records) {
      if (record.failed) this.#failedEarly(record);
      if (record.filtered) this.#filtered(record, record.filtered);
    }
  }

  /** A delivery that was carried out. */
  ended(delivery: Delivery, record: DeliveryRecord): void {
    const fields: LogFields = { ...fieldsOf(record), delivery: delivery.id, output: record.output ?? '' };
    if (record.outcome === 'handled') {
      this.#counters.increment('deliveries_handled');
      this.#log.info('handler output', fields);
      return;
    }
    this.#counters.increment('deliveries_failed');
    const { stage, error } = record.failed ?? { stage: 'handler', error: '' };
    const printed = stage === 'handler' && record.output !== undefined;
    const message = stage === 'mutator' ? 'mutator error' : printed ? 'handler output' : 'handler error';
    this.#log.error(message, { ...fields, error });
  }

  #failedEarly(record: DeliveryRecord): void {
    const { handler } = record;
    const { stage, error } = record.failed ?? { stage: 'handler', error: '' };
    const message = stage === 'handler' ? 'unknown handler' : `${stage} error`;
    this.#once(message, { ...fieldsOf(record), handler, error });
  }

  #filtered(record: DeliveryRecord, { by, why }: NonNullable<DeliveryRecord['filtered']>): void {
    this.#log.debug(FILTERED_TEXTS[by] ?? 'event was filtered', { ...fieldsOf(record), filter: by, why });
  }

  /** At `error` the first time, at `debug` from then on. */
  #once(message: string, fields: LogFields & { handler: string; error: string }): void {
    const cause = firstCharacters(`${message}\n${fields.handler}\n${fields.error}`, 300);
    const isNew = !this.#told.has(cause) && this.#told.size < MOST_CAUSES;
    if (isNew) this.#told.add(cause);
    this.#log[isNew ? 'error' : 'debug'](message, fields);
  }
}

function fieldsOf(record: DeliveryRecord): LogFields {
  const { handler, client, check, event_id, action, status } = record;
  return { handler, client, check, event_id, action, status };
}
