import { check, checks } from './endpoints/checks.ts';
import { clientHistory } from './endpoints/client-history.ts';
import { client, clients } from './endpoints/clients.ts';
import { events, resolution } from './endpoints/events.ts';
import { health } from './endpoints/health.ts';
import { info } from './endpoints/info.ts';
import { clientResults, result, results } from './endpoints/results.ts';
import type { Route } from './route.ts';

/** The table of the 1.x API. A new endpoint is a file in `endpoints/` and a name here. */
export const ROUTES: readonly Route[] = [
  info,
  health,
  clients,
  client,
  clientHistory,
  checks,
  check,
  ...events,
  resolution,
  results,
  clientResults,
  result,
];
