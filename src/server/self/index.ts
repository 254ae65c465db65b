/**
 * The server watching itself. In: how late requests go out, how long batches take, the counters, the views, and the
 * canary that comes back. Out: metrics, events of the server's own client (`tocsin-<name>`), calls of a heartbeat
 * address while the canary comes back, and calls of handlers when it does not. Runs in the server; remembers only
 * figures of the last minutes. It never stands in the way of a result: what it measures, it measures once a batch, a
 * second, or when somebody asks. See `docs/blindness.md`.
 */
export { Canary } from './canary.ts';
export { Heartbeat } from './heartbeat.ts';
export { SelfWatch, type SelfWatchParts } from './watch.ts';
