import type { Clock } from '../runtime/clock.ts';
import { sleep, unixSeconds } from '../runtime/clock.ts';
import { TocsinError } from '../runtime/errors.ts';
import type { Log } from '../runtime/log.ts';
import type { Write } from '../store/port.ts';
import type { Transport } from '../transport/port.ts';
import { publishAcknowledged } from './acknowledged.ts';
import type { LogFamily } from './documents.ts';
import { type NamedRead, type Read, type Registry, writing } from './registry.ts';
import { resolvingResult } from './resolution.ts';

export interface RemovalParts {
  registry: Registry;
  transport: Transport;
  clock: Clock;
  log: Log;
}

export interface RemovalOptions {
  /** What the results that resolve the client's events say. */
  output: string;
  /** Milliseconds to wait for the acknowledgement of these results. */
  acknowledgeMs: number;
  /** Milliseconds to wait after it until no event is open any more. */
  resolveMs: number;
}

const LOGS: readonly LogFamily[] = ['transitions', 'deliveries', 'days'];
const LOOK_EVERY_MS = 50;
const MOST_ROUNDS = 20;

/** Everything that is written to forget a client: it and the state of its checks, as they were read. */
export function removalWrites(
  client: { name: string; read: Read<'client'> | undefined },
  states: readonly NamedRead<'state'>[],
): Write[] {
  const writes = states.map(({ name, revision }) => writing('state', name, undefined, revision));
  if (client.read) writes.unshift(writing('client', client.name, undefined, client.read.revision));
  return writes;
}

/**
 * Removes a client: resolves its events, so that whoever was told of them hears that they ended, waits until they
 * are gone, and forgets it with all its results in one commit, then its logs. An event that stays open beyond the
 * bound (its agent may be alive and report it anew) goes with the client.
 * @returns false when there is no such client
 * @throws TocsinError TIMED_OUT when no server took the results that resolve; then nothing is removed. WRITE_CONFLICT
 *   when others keep changing the client, and the store's and transport's own
 */
export async function removeClient(
  parts: RemovalParts,
  name: string,
  options: RemovalOptions,
): Promise<boolean> {
  const { registry, log } = parts;
  const [client] = await registry.read('client', [name]);
  if (!client) return false;
  const open = await publishResolutions(parts, client, name, options);
  if (open > 0 && !(await resolved(parts, name, options.resolveMs))) {
    log.warn('a client is removed while events of it are open', { client: name });
  }
  await forget(registry, name);
  for (const family of LOGS) await registry.store.dropLogs(`${family}/${name}/`);
  log.info('client removed', { client: name });
  return true;
}

/** Resolves each open event; resolves with their number when all results are acknowledged. */
async function publishResolutions(
  parts: RemovalParts,
  client: Read<'client'>,
  name: string,
  options: RemovalOptions,
): Promise<number> {
  const now = unixSeconds(parts.clock);
  const states = await statesOf(parts.registry, name);
  const events = states.flatMap(({ value }) => value.event ?? []);
  const results = events.map((event) => resolvingResult(event, options.output, client.value.signature, now));
  await Promise.all(results.map((result) => publishAcknowledged(parts, result, options.acknowledgeMs)));
  return events.length;
}

/** True when no event of the client is open any more, false when that takes longer than `boundMs`. */
async function resolved(parts: RemovalParts, name: string, boundMs: number): Promise<boolean> {
  const { clock, registry } = parts;
  for (const endMs = clock.elapsed() + boundMs; ; ) {
    const states = await statesOf(registry, name);
    if (states.every(({ value }) => value.event === null)) return true;
    if (clock.elapsed() >= endMs) return false;
    await sleep(clock, LOOK_EVERY_MS);
  }
}

async function forget(registry: Registry, name: string): Promise<void> {
  for (let round = 0; round < MOST_ROUNDS; round++) {
    const [read] = await registry.read('client', [name]);
    const writes = removalWrites({ name, read }, await statesOf(registry, name));
    if (writes.length === 0) return;
    const { conflicts } = await registry.store.commit([{ writes }]);
    if (conflicts.length === 0) return;
  }
  throw new TocsinError(
    'WRITE_CONFLICT',
    `client ${name} keeps changing; stop its agent and remove it again`,
  );
}

async function statesOf(registry: Registry, name: string): Promise<NamedRead<'state'>[]> {
  const states: NamedRead<'state'>[] = [];
  for await (const state of registry.all('state', `${name}/`)) states.push(state);
  return states;
}
