/**
 * The agent: the process on a client that runs its checks.
 *
 * Requests come in through the transport, and the moments of standalone checks from the clock; results and
 * keepalives go out through the transport. It runs on every client, and inside `tocsin up`. It remembers what is
 * running and who called in, in memory, and the results that were not taken yet, on disk where it has a spool; all
 * within bounds. It never judges a result against its history, never tells a person anything, and never talks to a store.
 *
 * Read `agent.ts` first (what belongs together), then `runs.ts` (from a check to its result) and `execute.ts`.
 */
export { type Agent, type AgentParts, createAgent } from './agent.ts';
export type { CallInReport } from './call-ins.ts';
export type { RunnableCheck } from './runnable.ts';
export { openSpool, type Spool, type SpoolOptions } from './spool/index.ts';
