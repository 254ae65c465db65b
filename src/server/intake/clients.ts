import type { Settings } from '../../config/settings.ts';
import type { CheckResult } from '../../model/check.ts';
import type { RegisteredClient } from '../../model/client.ts';
import { type ClientState, hasEnded } from '../../state/documents.ts';
import { type Read, writing } from '../../state/registry.ts';
import type { Append, Change, Write } from '../../store/port.ts';
import { registrationEvent, wantsRegistration } from '../event/index.ts';
import { blankClient } from './prepare.ts';
import type { SilencesInForce } from './silences.ts';
import { type Decide, type Telling, tell } from './tell.ts';

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
  change: Change;
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

/** Registers a client and, when somebody wants to hear of it and it was not known before, tells of it. */
export function createClient(state: ClientState, facts: CreationFacts): Creation {
  const { settings, kept, silences, newId, nowMs } = facts;
  const { client } = state;
  const writes: Write[] = [writing('client', client.name, state, 'absent')];
  const appends: Append[] = [];
  const telling: Telling = { deliveries: [], events: 0, filtered: 0, failed: 0 };
  if (kept) writes.push(writing('signature', client.name, undefined, kept.revision));
  const isNew = !kept || hasEnded(kept.value, nowMs);
  if (isNew && wantsRegistration(client, settings.handlers.has('registration'))) {
    const now = Math.floor(nowMs / 1000);
    const event = registrationEvent(client, { now, newId, silences: silences?.find });
    tell(event, facts, telling, writes, appends);
  }
  return { ...telling, change: { writes, appends } };
}

/**
 * A blank client for a result of which none is registered. When a signature was kept of it, the client is used but
 * not registered: it carries none itself. (Sensu Core 1.9 documentation, "Client signatures".)
 */
export function makeUpClient(result: CheckResult, facts: CreationFacts & { version: string }): ClientChoice {
  const client = blankClient(result, facts.version, Math.floor(facts.nowMs / 1000));
  const signature = keptSignature(facts.kept, facts.nowMs);
  if (signature !== '') return { client, signature };
  const state: ClientState = { client, signature: '', seenAttendedMs: 0, seenAtMs: 0, blank: true };
  return { client, signature, create: () => createClient(state, facts) };
}
