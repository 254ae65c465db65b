import type { QueueStatistics, TransportStatistics } from '../port.ts';
import { onOwnChannel } from './exchanges.ts';
import type { Session } from './session.ts';
import { durableName, type Kind } from './wire.ts';

const NOTHING: QueueStatistics = { messages: 0, consumers: 0 };
const NOT_FOUND = 404;

/** Asks the broker how much waits, in the queues that Sensu uses and in the durable ones. */
export async function statisticsOf(session: Session): Promise<TransportStatistics> {
  const [keepalives, results] = await Promise.all([both(session, 'keepalives'), both(session, 'results')]);
  return { keepalives, results };
}

/** A server of ours consumes both queues, one of Sensu's the transient one alone. */
async function both(session: Session, kind: Kind): Promise<QueueStatistics> {
  const [transient, durable] = await Promise.all([depth(session, kind), depth(session, durableName(kind))]);
  return {
    messages: transient.messages + durable.messages,
    consumers: Math.max(transient.consumers, durable.consumers),
  };
}

async function depth(session: Session, queue: string): Promise<QueueStatistics> {
  try {
    const found = await onOwnChannel(session, (channel) => channel.checkQueue(queue));
    return { messages: found.messageCount, consumers: found.consumerCount };
  } catch (error) {
    if ((error as { code?: unknown } | null)?.code === NOT_FOUND) return NOTHING;
    throw error;
  }
}
