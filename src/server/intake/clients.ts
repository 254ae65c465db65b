import type { Settings } from '../../config/settings.ts';
import type { CheckResult } from '../../model/check.ts';
import type { RegisteredClient } from '../../model/client.ts';
import type { Counters } from '../../runtime/counters.ts';
import { type ClientState, hasEnded } from '../../state/documents.ts';
import { type Read, writing } from '../../state/registry.ts';
import type { Append, Change, Write } from '../../store/port.ts';
import { registrationEvent, wantsRegistration } from '../event/index.ts';
import type { Defects } from './defects.ts';
import { blankClient } from './prepare.ts';
import type { SilencesInForce } from './silences.ts';
import { bookTelling, type Decide, type Telling, tell } from './tell.ts';

/** What is known when a client comes into being. */
export interface CreationFacts {
  settings: Pick<Settings, 'handlers'>;
  /** The signature that was kept of a former client of that name. */
  kept: Read<'signature'> | undefined;
  decide: Decide;
  newId: () => string;
  silences: SilencesInForce | undefined;
  nowMs: number;
}

/** A client that comes into being: the change that registers it, with everything that is due then. */
export interface Creation extends Telling {
  name: string;
  change: Change;
  /** Why nobody could be told of it, when deciding that threw. */
  defect?: { error: unknown };
}

/** The client a result speaks of: as registered, or made up from the result. */
export interface ClientChoice {
  client: RegisteredClient;
  /** The signature that its results must carry; empty: none. */
  signature: string;
  /** Registers a client that was made up, once a result of it is taken; undefined when that is not to be. */
  create?: () => Creation;
}

/** The signature that a client must carry which is not registered; empty: none. */
export function keptSignature(kept: Read<'signature'> | undefined, nowMs: number): string {
  return kept && !hasEnded(kept.value, nowMs) ? kept.value.signature : '';
}

/**
 * Registers a client and, when somebody wants to hear of it and it was not known before, tells of it.
 * @param posted what the API put there of it before its first keepalive
 */
export function createClient(state: ClientState, facts: CreationFacts, posted?: Read<'client'>): Creation {
  const { settings, kept, silences, newId, nowMs } = facts;
  const { client } = state;
  const { name } = client;
  const writes: Write[] = [writing('client', name, state, posted?.revision ?? 'absent')];
  const appends: Append[] = [];
  const telling: Telling = { deliveries: [], events: 0, filtered: 0, failed: 0 };
  if (kept) writes.push(writing('signature', name, undefined, kept.revision));
  const creation: Creation = { ...telling, name, change: { writes, appends } };
  const isNew = !kept || hasEnded(kept.value, nowMs);
  if (isNew && state.self !== true && wantsRegistration(client, settings.handlers.has('registration'))) {
    try {
      const now = Math.floor(nowMs / 1000);
      const event = registrationEvent(client, { now, newId, silences: silences?.find });
      tell(event, facts, creation, writes, appends);
    } catch (error) {
      creation.defect = { error };
    }
  }
  return creation;
}

/** Keeps the books of a client that came into being. */
export function bookCreation(counters: Counters, defects: Defects, creation: Creation): void {
  bookTelling(counters, creation);
  const { defect, name } = creation;
  if (defect) defects.setAside('registration', defect.error, { client: name });
}

/**
 * A blank client for a result of which none is registered. When a signature was kept of it, the client is used but
 * not registered: it carries none itself. (Sensu Core 1.9 documentation, "Client signatures".)
 * @param facts.selfClient name of the client under which this server reports about itself, which stays once it is there
 */
export function makeUpClient(
  result: CheckResult,
  facts: CreationFacts & { version: string; selfClient: string | undefined },
): ClientChoice {
  const client = blankClient(result, facts.version, Math.floor(facts.nowMs / 1000));
  const signature = keptSignature(facts.kept, facts.nowMs);
  if (signature !== '') return { client, signature };
  const mark = client.name === facts.selfClient ? { self: true as const } : { blank: true as const };
  const state: ClientState = { client, signature: '', seenAttendedMs: 0, seenAtMs: 0, ...mark };
  return { client, signature, create: () => createClient(state, facts) };
}
