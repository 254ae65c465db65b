import type { ExecutedCheck } from '../model/check.ts';
import type { Client } from '../model/client.ts';
import { substituteTokens } from '../model/tokens.ts';
import type { CheckPlugin, Fault } from '../plugin.ts';
import { type Clock, unixSeconds } from '../runtime/clock.ts';
import type { Spawner } from '../runtime/spawner.ts';
import { OutputBuffer } from '../runtime/system/spawner/output.ts';
import { unmatchedOutcome, withHook, withHookCommands, withoutHookCommands } from './hooks.ts';
import type { InProcess } from './in-process.ts';
import type { RunnableCheck } from './runnable.ts';

/**
 * What came of running a check: it was run, it was not because a token has no value, we stopped before it ended, or
 * there is nothing to run.
 */
export type Executed =
  | { ended: 'done' | 'unmatched'; check: ExecutedCheck }
  | { ended: 'stopped' }
  | { ended: 'unknown' };

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
  /** Bytes of output beyond which only head and tail are kept; the spawner holds commands to it. */
  outputLimitBytes: number;
}

/** As `execute`, and then the hook that the check has for its status. Never rejects. */
export async function executeWithHook(check: RunnableCheck, parts: ExecuteParts): Promise<Executed> {
  const executed = await execute(check, parts);
  if (executed.ended !== 'done') return executed;
  return { ended: 'done', check: await withHook(executed.check, parts) };
}

/**
 * Runs a check, as a command or in process: `extension` names it there, or the check's own name. Never rejects.
 * (Sensu Core 1.9 documentation, "Check reference".)
 */
export async function execute(check: RunnableCheck, parts: ExecuteParts): Promise<Executed> {
  const executed = unixSeconds(parts.clock);
  const { value: substituted, unmatched } = substituteTokens(withoutHookCommands(check), parts.client);
  const published = withUntouched(check, substituted);
  if (unmatched.length > 0) {
    // Nobody is told but those who look.
    const outcome = { ...unmatchedOutcome(unmatched), handle: false, executed };
    return { ended: 'unmatched', check: withoutEmptySource({ ...published, ...outcome }) };
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
 * What is published of a check whose tokens were replaced: its command, those of its hooks, or the options of its check
 * in process, as they were written, since what stands for a token there may be a secret.
 */
function withUntouched(check: RunnableCheck, substituted: RunnableCheck): RunnableCheck {
  const published = { ...substituted };
  if (check.command !== undefined) published.command = check.command;
  if (published['hooks'] !== undefined) {
    published['hooks'] = withHookCommands(published['hooks'], check['hooks']);
  }
  const plugin = check.extension ?? check.name;
  if (Object.hasOwn(check, plugin)) published[plugin] = check[plugin];
  return published;
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
  { clock, checks, client, inProcess, outputLimitBytes }: ExecuteParts,
): Promise<Outcome | 'stopped' | 'unknown'> {
  const plugin = checks.get(check.extension ?? check.name);
  if (!plugin) return 'unknown';
  const startMs = clock.elapsed();
  const outcome = await inProcess.run(plugin, check, client, timeoutMs);
  if (!outcome) return 'stopped';
  const output = withinLimit(outcome.output, outputLimitBytes);
  return { ...outcome, output, durationMs: clock.elapsed() - startMs };
}

/** The output, cut like that of a command when it is longer than a command's may be. */
function withinLimit(output: string, limitBytes: number): string {
  if (Buffer.byteLength(output) <= limitBytes) return output;
  const bounded = new OutputBuffer(limitBytes);
  bounded.add(Buffer.from(output));
  return bounded.text();
}

/** The check with what came of it: times in seconds, `duration` to three decimals. */
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
  return withoutEmptySource(document);
}

/** A check for no other client is a check for this one. */
export function withoutEmptySource<Check extends { source?: string | undefined }>(check: Check): Check {
  if (check.source !== '') return check;
  const { source: _source, ...rest } = check;
  return rest as Check;
}
