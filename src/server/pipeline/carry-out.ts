import type { Delivery, DeliveryRecord } from '../../model/delivery.ts';
import { unixSeconds } from '../../runtime/clock.ts';
import { errorText } from '../../runtime/errors.ts';
import type { HandlerPlan } from './plans.ts';
import { firstCharacters, recordOf } from './record.ts';
import type { Ending, Tools } from './rules.ts';

/** Mutates the event and tells the handler. Never rejects: a defect of ours fails this delivery alone. */
export async function carryOut(
  delivery: Delivery,
  plan: HandlerPlan | undefined,
  tools: Tools,
): Promise<Ending> {
  if (!plan) return { ...failed('no handler of this name is configured any more'), final: true };
  if (plan.broken) {
    const { stage, error } = plan.broken;
    return { outcome: 'failed', stage, error, final: true };
  }
  const work = { event: delivery.event, deliveryId: delivery.id };
  try {
    const mutated = await plan.mutate(work, tools);
    return 'ending' in mutated ? mutated.ending : await plan.way({ ...work, data: mutated.data }, tools);
  } catch (error) {
    return failed(errorText(error));
  }
}

function failed(error: string): Extract<Ending, { outcome: 'failed' }> {
  return { outcome: 'failed', stage: 'handler', error };
}

/** The record of a delivery that was carried out. */
export function recordEnding(
  delivery: Delivery,
  ending: Exclude<Ending, { outcome: 'left' }>,
  begunMs: number,
  clock: Tools['clock'],
): DeliveryRecord {
  const record = recordOf(delivery.event, delivery.handler, unixSeconds(clock), ending.outcome);
  record.duration = Math.round(clock.elapsed() - begunMs) / 1000;
  if (delivery.filter_error !== undefined) record.failed = { stage: 'filter', error: delivery.filter_error };
  if (ending.outcome === 'failed') {
    record.failed = { stage: ending.stage, error: firstCharacters(ending.error) };
  }
  if (delivery.not_asked !== undefined) record.not_asked = delivery.not_asked;
  if (ending.output) record.output = firstCharacters(ending.output);
  if (delivery.tries > 1) record.tries = delivery.tries;
  return record;
}
