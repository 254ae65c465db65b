import {
  aggregate,
  aggregateChecks,
  aggregateClients,
  aggregateSeverity,
  aggregates,
} from './endpoints/aggregates.ts';
import { check, checks } from './endpoints/checks.ts';
import { clientHistory } from './endpoints/client-history.ts';
import { client, clients } from './endpoints/clients.ts';
import { events, resolution } from './endpoints/events.ts';
import { health } from './endpoints/health.ts';
import { info } from './endpoints/info.ts';
import { request } from './endpoints/request.ts';
import { clientResults, result, results } from './endpoints/results.ts';
import { settings } from './endpoints/settings.ts';
import {
  clearing,
  silenced,
  silencedById,
  silencedCheck,
  silencedSubscription,
} from './endpoints/silenced.ts';
import { stash, stashes } from './endpoints/stashes.ts';
import type { Route } from './route.ts';

/** The table of the 1.x API. A new endpoint is a file in `endpoints/` and a name here. */
export const ROUTES: readonly Route[] = [
  info,
  health,
  settings,
  clients,
  client,
  clientHistory,
  checks,
  check,
  request,
  ...events,
  resolution,
  results,
  clientResults,
  result,
  aggregates,
  aggregate,
  aggregateClients,
  aggregateChecks,
  aggregateSeverity,
  silenced,
  clearing,
  silencedById,
  silencedSubscription,
  silencedCheck,
  stashes,
  ...stash,
];
