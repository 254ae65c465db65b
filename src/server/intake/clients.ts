import type { CheckResult } from '../../model/check.ts';
import type { RegisteredClient } from '../../model/client.ts';
import { type Read, writing } from '../../state/registry.ts';
import type { Change } from '../../store/port.ts';
import { blankClient } from './prepare.ts';

/** The client a result speaks of: as registered, or made up from the result. */
export interface ClientChoice {
  client: RegisteredClient;
  /** The signature that its results must carry; empty: none. */
  signature: string;
  /** What registers a client that was made up; undefined when it is registered already. */
  creation?: Change;
}

/** The registered client, or a blank one with the change that registers it. */
export function chooseClient(
  read: Read<'client'> | undefined,
  result: CheckResult,
  version: string,
  now: number,
): ClientChoice {
  if (read) return { client: read.value.client, signature: read.value.signature };
  const client = blankClient(result, version, now);
  const state = { client, signature: '', seenAttendedMs: 0, seenAtMs: 0 };
  return { client, signature: '', creation: { writes: [writing('client', client.name, state, 'absent')] } };
}
