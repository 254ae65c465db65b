import type { RegisteredClient } from '../../model/client.ts';
import type { Event } from '../../model/event.ts';
import type { Handler } from '../../model/handler.ts';
import { errorText } from '../../runtime/errors.ts';
import { carryOut, HandlerPlans, type PipelineRules, type Tools } from '../pipeline/index.ts';

/** The check of the event that tells of blindness. */
export const BLINDNESS_CHECK = 'blindness';

/** What is known when the server goes blind, or sees again. */
export interface BlindFacts {
  /** The server's own client. */
  client: RegisteredClient;
  /** The same for both events of an episode. */
  id: string;
  output: string;
  /** Unix seconds. */
  now: number;
}

/** The event that tells that the server has gone blind (`create`), or sees again (`resolve`). It is kept nowhere. */
export function blindEvent(action: 'create' | 'resolve', { client, id, output, now }: BlindFacts): Event {
  const status = action === 'create' ? 2 : 0;
  return {
    id,
    client,
    check: {
      ...{ name: BLINDNESS_CHECK, type: 'standard', status, output, issued: now, executed: now, duration: 0 },
      history: action === 'create' ? ['2'] : ['2', '0'],
      total_state_change: 0,
    },
    ...{ occurrences: 1, occurrences_watermark: 1, last_ok: null, action, timestamp: now },
    ...{ silenced: false, silenced_by: [] },
  };
}

/** The handlers that are told when the server goes blind. */
export function blindHandlers(rules: Pick<PipelineRules, 'handlers'>): Handler[] {
  return [...rules.handlers]
    .filter(([, handler]) => handler['notify_when_blind'] === true && handler.type !== 'set')
    .map(([name, handler]) => ({ ...handler, name }));
}

/**
 * Tells these handlers of an event, past the filters, the outbox and the store: what they need is in this process.
 * Never rejects; what became of each is logged.
 */
export async function callHandlers(
  event: Event,
  rules: PipelineRules,
  tools: Tools & { newId: () => string },
): Promise<void> {
  const plans = new HandlerPlans(rules);
  await Promise.all(
    blindHandlers(rules).map(async ({ name }) => {
      const delivery = { id: tools.newId(), handler: name, event, tries: 1 };
      const fields = { handler: name, check: BLINDNESS_CHECK, action: event.action };
      try {
        const ending = await carryOut(delivery, plans.plan(name), tools);
        if (ending.outcome === 'handled')
          tools.log.info('handler output', { ...fields, output: ending.output });
        else if (ending.outcome === 'failed')
          tools.log.error('handler error', { ...fields, error: ending.error });
      } catch (error) {
        tools.log.error('handler error', { ...fields, error: errorText(error) });
      }
    }),
  );
}
