import type { Delivery, DeliveryRecord } from '../../model/delivery.ts';
import type { Event } from '../../model/event.ts';
import type { Counters } from '../../runtime/counters.ts';
import { logging, writing } from '../../state/registry.ts';
import type { Append, Write } from '../../store/port.ts';

/** What becomes of an event: the deliveries that are due, and the records of those that are held back. */
export interface DeliveryDecision {
  deliveries: readonly Delivery[];
  records: readonly DeliveryRecord[];
}

/**
 * Decides, without touching anything, who is to be told of an event.
 * @param quietly nobody will be told, whatever is decided, so the log says nothing of it
 */
export type Decide = (event: Event, quietly?: boolean) => DeliveryDecision;

/** What comes of events once they are committed: deliveries to carry out, and figures for the books. */
export interface Telling {
  deliveries: Delivery[];
  events: number;
  filtered: number;
  failed: number;
}

/** Adds what an event makes due to what is written and logged with it. When the decision throws, nothing is added. */
export function tell(
  event: Event,
  facts: { decide: Decide; nowMs: number },
  telling: Telling,
  writes: Write[],
  appends: Append[],
): void {
  const { deliveries, records } = facts.decide(event);
  telling.events++;
  for (const delivery of deliveries) {
    writes.push(writing('delivery', delivery.id, delivery, 'absent'));
    telling.deliveries.push(delivery);
  }
  for (const record of records) {
    appends.push(logging('deliveries', event.client.name, event.check.name, facts.nowMs, record));
    if (record.outcome === 'filtered') telling.filtered++;
    else telling.failed++;
  }
}

/** Counts the events of a change that was committed. */
export function bookTelling(counters: Counters, { events, filtered, failed }: Telling): void {
  counters.increment('events', events);
  counters.increment('deliveries_filtered', filtered);
  counters.increment('deliveries_failed', failed);
}
