import { isAttributes } from '../../model/attributes.ts';
import { isName, NAME_LENGTH } from '../../model/names.ts';
import type { ResultId } from '../../model/taken.ts';

/** Where a server takes the connections of agents. */
export const AGENT_PATH = '/agent';
/**
 * Number of the protocol that is spoken here. It goes up only when an older peer could not follow any more; new members
 * and new frames leave it as it is, because whoever does not know them passes over them.
 */
export const PROTOCOL = 1;

/** The first frame of an agent. */
export interface Hello {
  type: 'hello';
  protocol: number;
  /** Of the agent's program. */
  version: string;
  client: string;
  token?: string | undefined;
  /** The agent's clock, Unix seconds with a fraction. */
  time?: number | undefined;
}

/** Frames of an agent that was let in. `number` counts up within a connection; answers name it. */
export type AgentFrame =
  | { type: 'subscribe'; number: number; client: string; subscriptions: readonly string[] }
  | { type: 'unsubscribe'; number: number }
  | { type: 'ended'; number: number; taken?: boolean | undefined }
  | {
      type: 'result';
      number: number;
      body: unknown;
      id?: ResultId | undefined;
      spooled?: true | undefined;
    }
  | { type: 'keepalive'; number: number; body: unknown };

/** What a server sends. */
export type ServerFrame =
  | {
      type: 'welcome';
      protocol: number;
      version: string;
      /** The server's clock, Unix seconds with a fraction. */
      time: number;
      /** Largest frame that is read, in bytes. */
      message_bytes: number;
    }
  | {
      type: 'refused';
      /** A sentence for the agent's operator. */
      reason: string;
      /** Seconds after which another try makes sense. */
      again_in?: number | undefined;
    }
  | { type: 'subscribed'; number: number }
  | { type: 'not_subscribed'; number: number; reason: string }
  | { type: 'unsubscribed'; number: number }
  /** `subscription` is the number of the frame that subscribed. */
  | { type: 'request'; number: number; subscription: number; body: unknown }
  | { type: 'taken'; numbers: readonly number[] }
  /** `again`: whether the same may be sent once more. */
  | { type: 'not_taken'; number: number; again: boolean; reason: string }
  /** The server ends; `spread` is over how many seconds its agents had better come back. */
  | { type: 'leaving'; spread: number };

/** A frame that could not be read. */
export interface Unreadable {
  type: 'unreadable';
  /** What it lacks: the same text for the same fault. */
  fault: string;
  /** Its number, when that could be read; then it is answered. */
  number?: number | undefined;
}

/** A frame of a type that is not known here: from a newer peer, and passed over. */
export interface Unknown {
  type: 'unknown';
}

/** Most subscriptions in one frame. */
export const MOST_SUBSCRIPTIONS = 1_000;
/** Longest name of a run of an agent's process, in characters. */
const LONGEST_BOOT = 100;
/** Longest reason that is read, in characters. */
const LONGEST_REASON = 500;

const UNKNOWN: Unknown = { type: 'unknown' };

/** Reads the first frame of an agent. Anybody may have sent it. */
export function readHello(text: string): Hello | Unreadable {
  const frame = parsed(text);
  if (frame?.['type'] !== 'hello') return unreadable('the first frame must be a hello');
  const { protocol, version, client, token, time } = frame;
  if (!isNumber(protocol)) return unreadable('"protocol" must be a whole number above 0');
  if (!isName(client)) return unreadable('"client" must be the name of a client');
  if (token !== undefined && typeof token !== 'string') return unreadable('"token" must be a string');
  return {
    type: 'hello',
    protocol,
    version: typeof version === 'string' ? version.slice(0, LONGEST_BOOT) : '',
    client,
    token,
    time: isFiniteNumber(time) ? time : undefined,
  };
}

/** Reads a frame of an agent that was let in. Anything but a JSON object, a binary frame as well, is unreadable. */
export function readAgentFrame(text: string): AgentFrame | Unknown | Unreadable {
  const frame = parsed(text);
  if (!frame) return unreadable('a frame must be a JSON object');
  switch (frame['type']) {
    case 'result':
      return readResult(frame);
    case 'keepalive':
      return numbered(frame, (number) => ({ type: 'keepalive', number, body: frame['body'] ?? null }));
    case 'ended':
      return numbered(frame, (number) => ({ type: 'ended', number, taken: frame['taken'] !== false }));
    case 'subscribe':
      return readSubscribe(frame);
    case 'unsubscribe':
      return numbered(frame, (number) => ({ type: 'unsubscribe', number }));
    default:
      return UNKNOWN;
  }
}

function readResult(frame: Record<string, unknown>): AgentFrame | Unreadable {
  const { number, id, body = null } = frame;
  if (!isNumber(number)) return unreadable('"number" must be a whole number above 0');
  const spooled = frame['spooled'] === true ? (true as const) : undefined;
  if (id === undefined) return { type: 'result', number, body, spooled };
  const read = readId(id);
  if (!read) return unreadable('"id" must hold agent, boot and number', number);
  return { type: 'result', number, body, id: read, spooled };
}

function readId(id: unknown): ResultId | undefined {
  if (!isAttributes(id)) return undefined;
  const { agent, boot, number, previous } = id;
  if (!isName(agent) || !isShort(boot, LONGEST_BOOT) || !isNumber(number)) return undefined;
  if (previous === undefined) return { agent, boot, number };
  if (!Number.isSafeInteger(previous) || (previous as number) < 0 || (previous as number) >= number)
    return undefined;
  return { agent, boot, number, previous: previous as number };
}

function readSubscribe(frame: Record<string, unknown>): AgentFrame | Unreadable {
  const { number, client, subscriptions } = frame;
  if (!isNumber(number)) return unreadable('"number" must be a whole number above 0');
  if (!isName(client)) return unreadable('"client" must be the name of a client', number);
  if (!Array.isArray(subscriptions) || subscriptions.length > MOST_SUBSCRIPTIONS)
    return unreadable(`"subscriptions" must be an array of at most ${MOST_SUBSCRIPTIONS}`, number);
  if (!subscriptions.every((one): one is string => isShort(one, NAME_LENGTH + 'roundrobin:'.length)))
    return unreadable('each of "subscriptions" must be a short text', number);
  return { type: 'subscribe', number, client, subscriptions };
}

/** Reads a frame of a server. */
export function readServerFrame(text: string): ServerFrame | Unknown | Unreadable {
  const frame = parsed(text);
  if (!frame) return unreadable('a frame must be a JSON object');
  const { reason, body } = frame;
  switch (frame['type']) {
    case 'taken': {
      const { numbers } = frame;
      if (!Array.isArray(numbers) || !numbers.every(isNumber))
        return unreadable('"numbers" must be an array of whole numbers');
      return { type: 'taken', numbers };
    }
    case 'not_taken':
      return numbered(frame, (number) => ({
        type: 'not_taken',
        number,
        again: frame['again'] !== false,
        reason: reasonOf(reason),
      }));
    case 'request':
      return numbered(frame, (number) =>
        isNumber(frame['subscription'])
          ? { type: 'request', number, subscription: frame['subscription'], body: body ?? null }
          : unreadable('"subscription" must be a whole number above 0'),
      );
    case 'subscribed':
      return numbered(frame, (number) => ({ type: 'subscribed', number }));
    case 'unsubscribed':
      return numbered(frame, (number) => ({ type: 'unsubscribed', number }));
    case 'not_subscribed':
      return numbered(frame, (number) => ({ type: 'not_subscribed', number, reason: reasonOf(reason) }));
    case 'welcome':
      return readWelcome(frame);
    case 'refused':
      return { type: 'refused', reason: reasonOf(reason), again_in: secondsOf(frame['again_in']) };
    case 'leaving':
      return { type: 'leaving', spread: secondsOf(frame['spread']) ?? 0 };
    default:
      return UNKNOWN;
  }
}

function readWelcome(frame: Record<string, unknown>): ServerFrame | Unreadable {
  const { protocol, version, time, message_bytes } = frame;
  if (!isNumber(protocol)) return unreadable('"protocol" must be a whole number above 0');
  return {
    type: 'welcome',
    protocol,
    version: typeof version === 'string' ? version.slice(0, LONGEST_BOOT) : '',
    time: isFiniteNumber(time) ? time : 0,
    message_bytes: isNumber(message_bytes) ? message_bytes : Number.POSITIVE_INFINITY,
  };
}

function numbered<Frame>(
  frame: Record<string, unknown>,
  read: (number: number) => Frame,
): Frame | Unreadable {
  const { number } = frame;
  return isNumber(number) ? read(number) : unreadable('"number" must be a whole number above 0');
}

function parsed(text: string): Record<string, unknown> | undefined {
  try {
    const frame: unknown = JSON.parse(text);
    return isAttributes(frame) ? frame : undefined;
  } catch {
    return undefined;
  }
}

function unreadable(fault: string, number?: number): Unreadable {
  return { type: 'unreadable', fault, number };
}

function isNumber(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) > 0;
}

function isFiniteNumber(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value);
}

function isShort(value: unknown, longest: number): value is string {
  return typeof value === 'string' && value.length > 0 && value.length <= longest;
}

function reasonOf(reason: unknown): string {
  return typeof reason === 'string' ? reason.slice(0, LONGEST_REASON) : 'it gave no reason';
}

/** At most an hour, whatever a peer asks for. */
function secondsOf(value: unknown): number | undefined {
  return isFiniteNumber(value) ? Math.min(Math.max(value, 0), 3_600) : undefined;
}
