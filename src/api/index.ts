/**
 * The HTTP API. In: requests, on one port. Out: what the views know, as JSON; results that travel through the
 * transport like those of agents; removals and registrations in the store; a stream of every change. Runs in `tocsin
 * up`, on loopback unless told otherwise. Remembers only the last changes, for readers of the stream who come back.
 * It never decides what a result means, never scans the store to answer, and never tells a browser page more than
 * `docs/api.md` says. `sensu/` is the API of Sensu Core 1.9; `v1/` is our own.
 */
export { type Api, createApi } from './api.ts';
export { METRICS_PATH, metricsAnswer } from './metrics.ts';
export type { ApiLimits, ApiParts, CallInReport, PortTls, ServerInfo } from './parts.ts';
