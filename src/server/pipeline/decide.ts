import type { Delivery, DeliveryRecord } from '../../model/delivery.ts';
import type { Event } from '../../model/event.ts';
import type { PluginContext } from '../../plugin.ts';
import { unixSeconds } from '../../runtime/clock.ts';
import { judge } from './filters.ts';
import type { HandlerPlans, Target } from './plans.ts';
import { failedRecord, filteredRecord } from './record.ts';

/** What becomes of an event: one entry for each handler, in the order in which they were named. */
export interface Decision {
  /** Due: to be committed with the event, then carried out. */
  deliveries: Delivery[];
  /** What was held back or cannot be told, and why. */
  records: DeliveryRecord[];
}

/** What deciding is handed of the world. */
export interface DecideContext {
  /** Given to filter plugins. */
  plugin: PluginContext;
  /** A new delivery id. */
  nextId: () => string;
}

/**
 * Decides who is to be told of an event, without touching anything: every handler that its check names gets either
 * a delivery or a record. Never throws for a document that has a client and a check.
 */
export function decide(event: Event, plans: HandlerPlans, context: DecideContext): Decision {
  const decision: Decision = { deliveries: [], records: [] };
  const now = unixSeconds(context.plugin.clock);
  for (const target of plans.targets(event.check)) decideTarget(event, target, context, now, decision);
  return decision;
}

function decideTarget(
  event: Event,
  target: Target,
  context: DecideContext,
  now: number,
  decision: Decision,
): void {
  if ('failed' in target) {
    const error = target.failed;
    decision.records.push(failedRecord(event, target.name, now, { stage: 'handler', error }));
    return;
  }
  if ('nobody' in target) {
    const filtered = { by: 'no handler', why: target.nobody };
    decision.records.push(filteredRecord(event, target.name, now, filtered, undefined));
    return;
  }
  const { name, gate, broken } = target.plan;
  const { filtered, error } = judge(event, gate, context.plugin);
  if (filtered) decision.records.push(filteredRecord(event, name, now, filtered, error));
  else if (broken) decision.records.push(failedRecord(event, name, now, broken));
  else decision.deliveries.push(dueDelivery(context.nextId(), name, event, error));
}

function dueDelivery(id: string, handler: string, event: Event, filterError: string | undefined): Delivery {
  const delivery: Delivery = { id, handler, event, tries: 1 };
  if (filterError !== undefined) delivery.filter_error = filterError;
  return delivery;
}
