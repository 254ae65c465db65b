import type { ExecutedCheck } from '../model/check.ts';
import type { Client } from '../model/client.ts';
import { deepMerge } from '../model/merge.ts';

/**
 * The result by which a client takes its leave, with its own `deregistration` attributes laid over; undefined when it
 * does not ask for that. (Sensu Core 1.9 documentation, "Client deregistration".)
 *
 * @param now Unix seconds
 */
export function deregistrationOf(client: Client, now: number): ExecutedCheck | undefined {
  if (client.deregister !== true) return undefined;
  const check = deepMerge({ handler: 'deregistration', status: 1 }, client.deregistration ?? {});
  return {
    ...check,
    status: Number(check['status']),
    name: 'deregistration',
    output: 'client initiated deregistration',
    issued: now,
    executed: now,
  };
}
