/**
 * When is a check due, and for whom. In: the configured checks, and the clients that proxy checks are run for. Out:
 * requests, handed to the transport once for each subscription. Runs in the server. Remembers when each check is due
 * next and which proxy checks are under way, nothing more: the grid of a check follows from its name, so it is the
 * same after a restart. Never runs a check twice for one moment, and never catches up on several.
 */
export { Schedule, type ScheduleParts } from './schedule.ts';
export { isPublished } from './timing.ts';
