import { type Clock, sleep } from '../../runtime/clock.ts';
import { errorText } from '../../runtime/errors.ts';
import { openSearch } from '../../state/search/index.ts';
import { ActionBook } from './actions/book.ts';
import { endOf } from './actions/record.ts';
import { actionRoutes } from './actions/routes.ts';
import { audit } from './audit.ts';
import { backup } from './backup.ts';
import { counters } from './counters.ts';
import { deadRoutes } from './dead.ts';
import { heartbeats } from './heartbeats.ts';
import { checks, handlers, removals, silences } from './lists.ts';
import { deliveries, transitions } from './logs.ts';
import type { V1Parts, V1Route } from './route.ts';
import { completeRoute, searchRoutes } from './search.ts';
import { self } from './self.ts';
import { status } from './status.ts';
import { Hub } from './stream/hub.ts';
import { stream } from './stream/index.ts';
import { tokenRoutes } from './tokens.ts';
import { userRoutes } from './users.ts';

/** The API of our own with what it keeps running: the stream, the search and the bulk actions. */
export interface V1 {
  routes: readonly V1Route[];
  /** How far answers are behind the store. */
  freshness: { behindMs(): number };
  /** Ends the streams and what runs, and cancels the actions that are held. */
  close(): Promise<void>;
}

export function openV1(parts: V1Parts): V1 {
  const { views, registry, clock, log, limits } = parts;
  const hub = new Hub(parts);
  const search = openSearch({ views, store: registry.store, clock, limits: limits.search }, (error) =>
    log.error('the search no longer follows the store', { error: errorText(error) }),
  );
  const { audit: records } = parts.access;
  const book = new ActionBook(
    { ...parts, ended: (action) => void records.record(endOf(action)) },
    limits.actions,
  );
  return {
    routes: [
      ...searchRoutes(search),
      completeRoute,
      ...actionRoutes(book, search),
      ...[checks, handlers, silences(search), removals, status(parts, search), self],
      ...[stream(hub), heartbeats, deliveries, transitions, counters, backup()],
      ...deadRoutes,
      ...userRoutes,
      ...tokenRoutes,
      audit,
    ],
    freshness: search.freshness,
    close: async () => {
      hub.close();
      search.close();
      await within(limits.closeMs, parts, book.close());
    },
  };
}

/** Waits for what is in hand, but not for ever. */
async function within(boundMs: number, { clock }: { clock: Clock }, work: Promise<void>): Promise<void> {
  const ended = new AbortController();
  await Promise.race([work, sleep(clock, boundMs, ended.signal)]);
  ended.abort();
}
