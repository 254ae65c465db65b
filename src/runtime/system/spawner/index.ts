/**
 * Runs shell commands. In come command lines, out go executions: a status, an output, a duration.
 * It runs inside the agent (checks, hooks) and the server (mutators, pipe handlers), in the process that
 * made it, with `sh` processes beside it that are started when first needed. It remembers the process groups
 * that it started, nothing about commands that have ended. It never rejects, never reads a shell's output
 * as anything but bytes, and never leaves a process group behind when it is closed or when its process dies.
 *
 * Read `spawner.ts` first (queue, limit, timeouts), then `pool.ts` and `coprocess.ts` (the usual way to run
 * a command), `direct.ts` (the other way), `groups.ts` and `watcher.ts` (how commands are ended).
 */
export { createSpawner, type SpawnerOptions } from './spawner.ts';
