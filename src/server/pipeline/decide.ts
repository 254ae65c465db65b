import type { Delivery, DeliveryRecord } from '../../model/delivery.ts';
import type { Event } from '../../model/event.ts';
import { unixSeconds } from '../../runtime/clock.ts';
import type { JudgeContext } from './filters/answer.ts';
import { judge, type Verdict } from './filters.ts';
import type { HandlerPlans, Target } from './plans.ts';
import { failedRecord, filteredRecord } from './record.ts';
import type { Complaint } from './rules.ts';

/** What becomes of an event: one entry for each handler, in the order in which they were named. */
export interface Decision {
  /** Due: to be committed with the event, then carried out. */
  deliveries: Delivery[];
  /** What was held back or cannot be told, and why. */
  records: DeliveryRecord[];
  /** What somebody should mend, for the log. */
  complaints: Complaint[];
}

/** What deciding is handed of the world. */
export interface DecideContext extends JudgeContext {
  /** A new delivery id. */
  nextId: () => string;
}

/**
 * Decides who is to be told of an event, without touching anything: every handler that its check names gets either
 * a delivery or a record. Never throws for a document that has a client and a check.
 */
export function decide(event: Event, plans: HandlerPlans, context: DecideContext): Decision {
  const decision: Decision = { deliveries: [], records: [], complaints: [] };
  const now = unixSeconds(context.plugin.clock);
  for (const target of plans.targets(event.check)) decideTarget(event, target, context, now, decision);
  return decision;
}

function decideTarget(
  event: Event,
  target: Target,
  context: DecideContext,
  now: number,
  { deliveries, records, complaints }: Decision,
): void {
  const { name } = target;
  if ('failed' in target) {
    const { failed: error, unknown } = target;
    records.push(failedRecord(event, name, now, { stage: 'handler', error }));
    complaints.push({ message: unknown ? 'unknown handler' : 'handler error', handler: name, error });
    return;
  }
  if ('nobody' in target) {
    records.push(filteredRecord(event, name, now, { by: 'no handler', why: target.nobody }));
    return;
  }
  const { gate, broken } = target.plan;
  const verdict = judge(event, gate, context);
  const { filtered, trouble, notAsked } = verdict;
  if (trouble) complaints.push({ ...trouble, handler: name });
  if (filtered) {
    records.push(filteredRecord(event, name, now, filtered, { error: trouble?.error, notAsked }));
  } else if (broken) {
    const { stage, error, message } = broken;
    records.push(failedRecord(event, name, now, { stage, error }));
    complaints.push({ message, handler: name, error });
  } else deliveries.push(dueDelivery(context.nextId(), name, event, verdict));
}

function dueDelivery(id: string, handler: string, event: Event, { trouble, notAsked }: Verdict): Delivery {
  const delivery: Delivery = { id, handler, event, tries: 1 };
  if (trouble) delivery.filter_error = trouble.error;
  if (notAsked !== undefined) delivery.not_asked = notAsked;
  return delivery;
}
