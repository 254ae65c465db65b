import type { ExecutedCheck } from '../model/check.ts';
import type { Client } from '../model/client.ts';
import { substituteTokens } from '../model/tokens.ts';
import type { CheckPlugin, Fault } from '../plugin.ts';
import { type Clock, unixSeconds } from '../runtime/clock.ts';
import type { Spawner } from '../runtime/spawner.ts';
import type { InProcess } from './in-process.ts';
import type { RunnableCheck } from './runnable.ts';

/** What came of running a check: it was run, we stopped before it ended, or there is nothing to run. */
export type Executed = { ended: 'done'; check: ExecutedCheck } | { ended: 'stopped' } | { ended: 'unknown' };

interface Outcome {
  status: number;
  output: string;
  durationMs: number;
  fault?: Fault | undefined;
}

export interface ExecuteParts {
  clock: Clock;
  client: Client;
  spawner: Spawner;
  inProcess: InProcess;
  checks: ReadonlyMap<string, CheckPlugin>;
  /** Milliseconds for a check without `timeout`; 0: for ever. */
  defaultTimeoutMs: number;
}

/**
 * Runs a check, as a command or in process: `extension` names it there, or the check's own name. Never rejects.
 * (Sensu Core 1.9 documentation, "Check reference".)
 */
export async function execute(check: RunnableCheck, parts: ExecuteParts): Promise<Executed> {
  const executed = unixSeconds(parts.clock);
  const { value: substituted, unmatched } = substituteTokens(check, parts.client);
  const published = withUntouched(check, substituted);
  if (unmatched.length > 0) {
    return { ended: 'done', check: { ...published, ...unmatchedOutcome(unmatched), executed } };
  }
  const timeoutMs = check.timeout === undefined ? parts.defaultTimeoutMs : check.timeout * 1000;
  const outcome =
    substituted.command === undefined
      ? await runInProcess(substituted, timeoutMs, parts)
      : await runCommand(substituted, substituted.command, timeoutMs, parts);
  if (outcome === 'stopped' || outcome === 'unknown') return { ended: outcome };
  return { ended: 'done', check: executedCheck(published, executed, outcome) };
}

/**
 * What is published of a check whose tokens were replaced: its command, or the options of its check in process, as
 * they were written, since what stands for a token there may be a secret.
 */
function withUntouched(check: RunnableCheck, substituted: RunnableCheck): RunnableCheck {
  const published = { ...substituted };
  if (check.command !== undefined) published.command = check.command;
  const plugin = check.extension ?? check.name;
  if (Object.hasOwn(check, plugin)) published[plugin] = check[plugin];
  return published;
}

/** A check with a token for which the client has no value is not run, and nobody is told but those who look. */
function unmatchedOutcome(unmatched: readonly string[]): { output: string; status: number; handle: false } {
  return { output: `Unmatched client token(s): ${unmatched.join(', ')}`, status: 3, handle: false };
}

async function runCommand(
  check: RunnableCheck,
  command: string,
  timeoutMs: number,
  { client, spawner }: ExecuteParts,
): Promise<Outcome | 'stopped'> {
  const stdin = check.stdin === true ? JSON.stringify({ client, check }) : undefined;
  const execution = await spawner.run({ command, stdin, timeoutMs });
  return execution.ended === 'stopped' ? 'stopped' : execution;
}

async function runInProcess(
  check: RunnableCheck,
  timeoutMs: number,
  { clock, checks, inProcess }: ExecuteParts,
): Promise<Outcome | 'stopped' | 'unknown'> {
  const plugin = checks.get(check.extension ?? check.name);
  if (!plugin) return 'unknown';
  const startMs = clock.elapsed();
  const outcome = await inProcess.run(plugin, check, timeoutMs);
  return outcome ? { ...outcome, durationMs: clock.elapsed() - startMs } : 'stopped';
}

/** The check with what came of it: times in seconds, `duration` to three decimals, no empty `source`. */
function executedCheck(check: RunnableCheck, executed: number, outcome: Outcome): ExecutedCheck {
  const { status, output, durationMs, fault } = outcome;
  const document: ExecutedCheck = {
    ...check,
    executed,
    duration: Math.round(durationMs) / 1000,
    output,
    status,
    ...(fault === undefined ? {} : { fault }),
  };
  if (document.source === '') delete document.source;
  return document;
}
