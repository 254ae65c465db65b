/**
 * Results and keepalives in, once, in batches. In: batches from the transport. Out: units of state, clients, logs and
 * due deliveries, committed in one go; then the deliveries, handed to the pipeline. Runs in the server. Remembers
 * nothing between batches but how long it has been listening: the store knows the rest. Never drops
 * anything without a counter and a reason, and never acknowledges what is not committed.
 */
export { Admission } from './admission.ts';
export { AttendanceKeeper } from './attendance.ts';
export { ClientLimits } from './client-limits.ts';
export { KeepaliveWatch } from './keepalive-watch.ts';
export { KeepaliveIntake } from './keepalives.ts';
export { ResultIntake, type ResultIntakeParts } from './results.ts';
export type { Decide, DeliveryDecision } from './tell.ts';
export { TtlWatch } from './ttl-watch.ts';
