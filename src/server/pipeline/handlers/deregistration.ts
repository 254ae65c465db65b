import type { Event } from '../../../model/event.ts';
import type { ClientState } from '../../../state/documents.ts';
import { removeClient } from '../../../state/removal.ts';
import type { Way } from '../rules.ts';
import { limitMs } from './command.ts';
import { withinLimit } from './time-limit.ts';

export const DEREGISTRATION = 'deregistration';

const DEFAULT_LIMIT_MS = 30_000;
/** The same for the results that resolve its events, and for the time until they are resolved. */
const PATIENCE_MS = { acknowledgeMs: 10_000, resolveMs: 5_000 };

/**
 * Forgets the client of the event, with its results; its open events are resolved first. The event that asked for it
 * is among these, so its resolve comes here as well and asks for nothing. A client that has come back since is left
 * alone. (Sensu Core 1.9 documentation, "Deregistration events".)
 */
export function deregistrationHandler(handler: { timeout?: unknown }): Way {
  const limit = limitMs(handler.timeout) ?? DEFAULT_LIMIT_MS;
  return ({ event }, tools) =>
    withinLimit(tools, limit, async () => {
      const { name } = event.client;
      if (event.action === 'resolve') return 'the event was resolved: there is nothing to remove';
      const { server, clock, log } = tools;
      if (!server) throw new Error('only a running server can remove a client');
      let isBack = false;
      const removed = await removeClient({ ...server, clock, log }, name, {
        output: 'Resolving: the client was deregistered',
        reason: 'asked',
        why: `the event ${event.check.name} asked for it: ${event.check.output}`,
        ...PATIENCE_MS,
        onlyIf: (client) => {
          isBack = cameBack(client, event);
          return !isBack;
        },
      });
      if (removed) return `removed the client ${name} with everything that was known of it`;
      return isBack
        ? `the client ${name} has sent keepalives since, so it stays`
        : `there is no client ${name} (any more)`;
    });
}

/** Both times are those of the client's own clock. */
function cameBack({ client }: ClientState, event: Event): boolean {
  return client.timestamp > (event.check.issued ?? event.timestamp);
}
