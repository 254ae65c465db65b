import type { Removal, RemovalReason } from '../model/removal.ts';
import { type Clock, sleep, unixSeconds } from '../runtime/clock.ts';
import { TocsinError } from '../runtime/errors.ts';
import type { Log } from '../runtime/log.ts';
import type { Change, Write } from '../store/port.ts';
import type { Transport } from '../transport/port.ts';
import { publishAcknowledged } from './acknowledged.ts';
import { type CheckState, type ClientState, type LogFamily, splitStateName, stateName } from './documents.ts';
import { logging, type NamedRead, type Read, type Registry, writing } from './registry.ts';
import { resolvingResult } from './resolution.ts';
import { update } from './update.ts';
import { hasResult, type Views } from './views.ts';

export interface RemovalParts {
  registry: Registry;
  /** Tells which states a client has; the store would have to bring the names of all of them into order. */
  views: Pick<Views, 'states' | 'shown'>;
  transport: Transport;
  clock: Clock;
  log: Log;
}

export interface RemovalOptions {
  /** What the results that resolve open events say. */
  output: string;
  /** For the record in the log of removals: the kind of reason, and a sentence for a person. */
  reason: RemovalReason;
  why: string;
  /** Milliseconds to wait for the acknowledgement of the results that resolve. */
  acknowledgeMs: number;
  /** Milliseconds to wait after it until no event is open any more. */
  resolveMs: number;
}

export interface ClientRemovalOptions extends RemovalOptions {
  /** Keeps the client away: its keepalives and results are dropped until then (Unix milliseconds; null: for ever). */
  invalidate?: { endsAtMs: number | null } | undefined;
  /**
   * Looked at before anything is done and again before anything is forgotten, with how many states of checks there are:
   * false leaves the client alone.
   */
  onlyIf?: ((client: ClientState, states: number) => boolean) | undefined;
}

export interface ResultRemovalOptions extends RemovalOptions {
  /** As for a client; it sees the state once more after its event was resolved. */
  onlyIf?: ((state: CheckState) => boolean) | undefined;
}

/** The signature of a client that is kept away. (Sensu Core 1.9 documentation, "Clients API".) */
export const INVALIDATED = 'invalidated';
/** Families of logs that go with the client they tell of. */
export const CLIENT_LOGS: readonly LogFamily[] = ['transitions', 'deliveries', 'days'];
/** Both names of the one log of removals: what was removed has left nothing to name it by. */
export const REMOVALS = '-';

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
 * are gone, and forgets it with all its results in one commit that also records the removal, then its logs. An event
 * that stays open beyond the bound (its agent may be alive and report it anew) goes with the client.
 * @returns false when there is no such client, or `onlyIf` does not hold (any more)
 * @throws TocsinError TIMED_OUT when no server took the results that resolve; then nothing is removed. WRITE_CONFLICT
 *   when others keep changing the client, and the store's and transport's own
 */
export async function removeClient(
  parts: RemovalParts,
  name: string,
  options: ClientRemovalOptions,
): Promise<boolean> {
  const { registry } = parts;
  const states = await statesOf(parts, name);
  const [client] = await registry.read('client', [name]);
  if (!client || options.onlyIf?.(client.value, states.length) === false) return false;
  if (!options.invalidate) return resolveAndForget(parts, name, client.value.signature, options);
  // From here on nothing the client sends is taken; what resolves its events carries the new signature.
  await sign(registry, name, INVALIDATED);
  try {
    return await resolveAndForget(parts, name, INVALIDATED, options);
  } catch (error) {
    await sign(registry, name, client.value.signature);
    throw error;
  }
}

/**
 * Forgets the last result of one check of a client and the state that goes with it, its event resolved first. A client
 * that was made up from results goes with the last of them. Its logs stay as long as they are kept.
 * @returns false when there is no such state, or `onlyIf` does not hold (any more)
 * @throws as `removeClient`
 */
export async function removeResult(
  parts: RemovalParts,
  client: string,
  check: string,
  options: ResultRemovalOptions,
): Promise<boolean> {
  const { registry } = parts;
  const name = stateName(client, check);
  const [found] = await registry.read('state', [name]);
  if (!found || options.onlyIf?.(found.value) === false) return false;
  const [known] = await registry.read('client', [client]);
  const state = { ...found, name };
  const events = await resolveAll(parts, [state], known?.value.signature, options);
  for (let round = 0; round < MOST_ROUNDS; round++) {
    const [read] = await registry.read('state', [name]);
    if (!read || options.onlyIf?.(read.value) === false) return false;
    const blank = await lastOfBlank(parts, client, name);
    const record = recordOf(parts, client, blank ? null : check, options, events, [{ ...read, name }]);
    const writes = removalWrites({ name: client, read: blank }, [{ ...read, name }]);
    if (await committed(registry, { writes, appends: [record] })) {
      if (blank) await dropLogs(registry, client);
      return true;
    }
  }
  throw keepsChanging(`check ${check} of client ${client}`);
}

/** Drops the logs that tell of a client. */
export async function dropLogs(registry: Registry, client: string): Promise<void> {
  for (const family of CLIENT_LOGS) await registry.store.dropLogs(`${family}/${client}/`);
}

async function resolveAndForget(
  parts: RemovalParts,
  name: string,
  signature: string,
  options: ClientRemovalOptions,
): Promise<boolean> {
  const { registry, log } = parts;
  const events = await resolveAll(parts, await statesOf(parts, name), signature, options);
  if (!(await forget(parts, name, events, options))) return false;
  await dropLogs(registry, name);
  log.info('client removed', { client: name, reason: options.reason, why: options.why });
  return true;
}

/** Gives a registered client another signature. */
async function sign(registry: Registry, name: string, signature: string): Promise<void> {
  await update(registry, 'client', [name], (known) => (known ? { ...known, signature } : 'keep'));
}

/** Resolves each open event and waits until it is gone; resolves with how many there were. */
async function resolveAll(
  parts: RemovalParts,
  states: readonly NamedRead<'state'>[],
  signature: string | undefined,
  options: RemovalOptions,
): Promise<number> {
  const now = unixSeconds(parts.clock);
  const open = states.filter(({ value }) => value.event !== null);
  const results = open.flatMap(({ value }) =>
    value.event ? resolvingResult(value.event, options.output, signature, now) : [],
  );
  await Promise.all(results.map((result) => publishAcknowledged(parts, result, options.acknowledgeMs)));
  const names = open.map(({ name }) => name);
  if (names.length > 0 && !(await resolved(parts, names, options.resolveMs))) {
    const { client } = splitStateName(names[0] ?? '');
    parts.log.warn('removed while events of it are open', { client, states: names });
  }
  return open.length;
}

/** True when no event of these states is open any more, false when that takes longer than `boundMs`. */
async function resolved(parts: RemovalParts, names: readonly string[], boundMs: number): Promise<boolean> {
  const { clock, registry } = parts;
  for (const endMs = clock.elapsed() + boundMs; ; ) {
    const states = await registry.read('state', names);
    if (states.every((state) => !state?.value.event)) return true;
    if (clock.elapsed() >= endMs) return false;
    await sleep(clock, LOOK_EVERY_MS);
  }
}

async function forget(
  parts: RemovalParts,
  name: string,
  events: number,
  options: ClientRemovalOptions,
): Promise<boolean> {
  const { registry } = parts;
  for (let round = 0; round < MOST_ROUNDS; round++) {
    const states = await statesOf(parts, name);
    const [read] = await registry.read('client', [name]);
    if (read && options.onlyIf?.(read.value, states.length) === false) return false;
    const writes = removalWrites({ name, read }, states);
    // Somebody else removed it meanwhile, and recorded it.
    if (writes.length === 0) return true;
    if (options.invalidate) {
      writes.push(writing('signature', name, { signature: INVALIDATED, ...options.invalidate }));
    }
    const record = recordOf(parts, name, null, options, events, states);
    if (await committed(registry, { writes, appends: [record] })) return true;
  }
  throw keepsChanging(`client ${name}`);
}

/** The client, when it was made up from results and this is the last state of it. */
async function lastOfBlank(
  parts: RemovalParts,
  client: string,
  name: string,
): Promise<Read<'client'> | undefined> {
  const [read] = await parts.registry.read('client', [client]);
  if (!read?.value.blank) return undefined;
  const states = await statesOf(parts, client);
  return states.every((state) => state.name === name) ? read : undefined;
}

async function committed(registry: Registry, change: Change): Promise<boolean> {
  const { conflicts } = await registry.store.commit([change]);
  return conflicts.length === 0;
}

function recordOf(
  { clock }: RemovalParts,
  client: string,
  check: string | null,
  { reason, why }: RemovalOptions,
  events: number,
  states: readonly NamedRead<'state'>[],
) {
  const results = states.filter(({ value }) => hasResult(value)).length;
  const removal: Removal = { timestamp: unixSeconds(clock), client, check, reason, why, events, results };
  return logging('removals', REMOVALS, REMOVALS, clock.now(), removal);
}

function keepsChanging(what: string): TocsinError {
  return new TocsinError('WRITE_CONFLICT', `${what} keeps changing; stop its agent and remove it again`);
}

async function statesOf({ registry, views }: RemovalParts, client: string): Promise<NamedRead<'state'>[]> {
  await views.shown();
  const names = Array.from(views.states(client), ({ check }) => stateName(client, check));
  const reads = await registry.read('state', names);
  return names.flatMap((name, index) => {
    const read = reads[index];
    return read ? [{ ...read, name }] : [];
  });
}
