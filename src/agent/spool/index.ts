/**
 * What an agent keeps until a server has taken it.
 *
 * Results that could not be delivered come in and go out again, oldest first. It runs in every agent: in a process of
 * its own with files in a folder, so that they outlive the agent; in `tocsin up` in memory. It never sends anything,
 * and never looks into what it keeps but for the name of the check.
 */
export { DROPPED_AT_ONCE, MemorySpool, MOST_WAITING } from './memory.ts';
export { openSpool, type SpoolOptions } from './open.ts';
export type { Keeping, Kept, NumberedResult, Place, Spool } from './port.ts';
