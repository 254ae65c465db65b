import type { ClientState } from './documents.ts';

/** How far the clock of a client is ahead of ours; below 0: behind. Whole seconds. */
export interface Skew {
  client: string;
  seconds: number;
}

/**
 * What the last keepalive of a client tells of its clock: when it was sent by that clock, against when it was received
 * by ours. Undefined for a client that sends none, or has sent none since `sinceMs` (Unix milliseconds).
 */
export function skewOf({ client, seenAtMs }: ClientState, sinceMs: number): Skew | undefined {
  if (client.keepalives === false || seenAtMs < sinceMs) return undefined;
  return { client: client.name, seconds: client.timestamp - Math.floor(seenAtMs / 1000) };
}
