import type { Options } from 'amqplib';
import type { ResultId } from '../../model/taken.ts';
import type { Outgoing } from '../port.ts';

/**
 * Exchanges, queues and properties as Sensu Core 1.9 has them on the wire; peers that declare them otherwise are refused
 * by the broker. What Sensu has no place for travels in `message_id` and headers, which its processes pass over.
 */

/** What servers consume: the name of an exchange and of the queue that is bound to it. */
export type Kind = 'results' | 'keepalives';

/** How an exchange is declared. */
export const TRANSIENT_EXCHANGE = { durable: false, autoDelete: false, internal: false } as const;
export const DURABLE_EXCHANGE = { durable: true, autoDelete: false, internal: false } as const;
/** How a queue is declared that goes with its last consumer. */
export const TRANSIENT_QUEUE = { durable: false, autoDelete: true, exclusive: false } as const;

/** Most messages that wait in a durable queue; the broker refuses more, and agents keep them. */
export const DURABLE_LIMIT = 1_000_000;

/** The queue, and exchange, in which the messages of a kind outlive the broker. */
export function durableName(kind: Kind): string {
  return `tocsin.${kind}`;
}

/** Its arguments are a part of its identity: a process that declares others is refused. */
export function durableQueue(limit: number): Options.AssertQueue {
  return {
    durable: true,
    autoDelete: false,
    exclusive: false,
    arguments: { 'x-max-length': limit, 'x-overflow': 'reject-publish' },
  };
}

/** Bindings and messages have this routing key. */
export const ROUTING_KEY = '';

/** What the captured messages of Sensu Core 1.9 carry, and nothing else. */
export const PROPERTIES = {
  contentType: 'application/octet-stream',
  deliveryMode: 1,
  priority: 0,
} as const satisfies Options.Publish;

/** AMQP's short texts have at most so many bytes. */
const LONGEST_MESSAGE_ID = 255;
const LONGEST_BOOT = 100;

/** What travels beside a result: its number as `message_id`, the rest as headers. */
export function besideOf({ id, spooled }: Pick<Outgoing, 'id' | 'spooled'>): Options.Publish {
  const messageId = id === undefined ? undefined : `${id.agent}/${id.boot}/${id.number}`;
  if (id === undefined || messageId === undefined || Buffer.byteLength(messageId) > LONGEST_MESSAGE_ID)
    return spooled ? { headers: { spooled } } : {};
  const headers = {
    ...(id.previous === undefined ? {} : { previous: id.previous }),
    ...(spooled ? { spooled } : {}),
  };
  return Object.keys(headers).length === 0 ? { messageId } : { messageId, headers };
}

/** Reads what `besideOf` wrote; what makes no sense counts as not there. */
export function readBeside(properties: { messageId?: unknown; headers?: unknown }): {
  id: ResultId | undefined;
  spooled: true | undefined;
} {
  const headers = (properties.headers ?? {}) as Record<string, unknown>;
  return {
    id: idOf(properties.messageId, headers['previous']),
    spooled: headers['spooled'] === true ? true : undefined,
  };
}

function idOf(messageId: unknown, previous: unknown): ResultId | undefined {
  if (typeof messageId !== 'string') return undefined;
  const [first, last] = [messageId.indexOf('/'), messageId.lastIndexOf('/')];
  if (first < 1 || last === first) return undefined;
  const agent = messageId.slice(0, first);
  const boot = messageId.slice(first + 1, last);
  const digits = messageId.slice(last + 1);
  const number = /^[1-9]\d{0,15}$/.test(digits) ? Number(digits) : Number.NaN;
  if (!Number.isSafeInteger(number) || boot === '' || boot.length > LONGEST_BOOT) return undefined;
  const before = Number.isSafeInteger(previous) ? (previous as number) : -1;
  return before >= 0 && before < number ? { agent, boot, number, previous: before } : { agent, boot, number };
}

/** The document in a message; what is no JSON is handed on as the text that it is, for its receiver to refuse. */
export function bodyOf(content: Buffer): unknown {
  const text = content.toString('utf8');
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
