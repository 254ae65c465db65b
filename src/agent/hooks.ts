import { isAttributes } from '../model/attributes.ts';
import { type ExecutedCheck, HookSchema } from '../model/check.ts';
import type { Client } from '../model/client.ts';
import { problemsOf } from '../model/problems.ts';
import type { Attributes } from '../model/schema.ts';
import { severityOf } from '../model/severity.ts';
import { substituteTokens } from '../model/tokens.ts';
import { type Clock, unixSeconds } from '../runtime/clock.ts';
import type { Spawner } from '../runtime/spawner.ts';

/** Seconds that a hook without `timeout` may take. (Sensu Core 1.9 documentation, "Check hooks".) */
export const HOOK_TIMEOUT_SECONDS = 60;

export interface HookParts {
  clock: Clock;
  client: Client;
  spawner: Spawner;
}

/**
 * The hook for a status: the one named by the number, else by the severity, else `non-zero` for everything but 0.
 * Undefined when there is none.
 */
export function hookFor(hooks: unknown, status: number): { name: string; hook: Attributes } | undefined {
  if (!isAttributes(hooks)) return undefined;
  const names = [String(status), severityOf(status), ...(status === 0 ? [] : ['non-zero'])];
  for (const name of names) {
    const hook = Object.hasOwn(hooks, name) ? hooks[name] : undefined;
    if (isAttributes(hook)) return { name, hook };
  }
  return undefined;
}

/**
 * The check with what came of the hook for its status: `executed`, `duration`, `output` and `status` beside the hook's
 * command, which stays as it was written. The check itself when it has none, or when we stop before the hook ended.
 */
export async function withHook(check: ExecutedCheck, parts: HookParts): Promise<ExecutedCheck> {
  const chosen = hookFor(check['hooks'], check.status);
  const outcome = chosen && (await runHook(chosen.hook, check, parts));
  if (!outcome) return check;
  const hooks = { ...(check['hooks'] as Attributes), [chosen.name]: { ...chosen.hook, ...outcome } };
  return { ...check, hooks };
}

async function runHook(
  hook: Attributes,
  check: ExecutedCheck,
  { clock, client, spawner }: HookParts,
): Promise<Attributes | undefined> {
  const executed = unixSeconds(clock);
  const [problem] = problemsOf(HookSchema, hook);
  if (problem) {
    const { path, expected, found } = problem;
    return { executed, output: `Invalid hook: ${path}: expected ${expected}, found ${found}`, status: 3 };
  }
  const { value: command, unmatched } = substituteTokens(String(hook['command']), client);
  if (unmatched.length > 0) return { executed, ...unmatchedOutcome(unmatched) };
  const execution = await spawner.run({
    command,
    stdin: hook['stdin'] === true ? JSON.stringify({ client, check }) : undefined,
    timeoutMs: Number(hook['timeout'] ?? HOOK_TIMEOUT_SECONDS) * 1000,
  });
  if (execution.ended === 'stopped') return undefined;
  const { durationMs, output, status } = execution;
  return { executed, duration: Math.round(durationMs) / 1000, output, status };
}

/** What is told of a check or hook with tokens for which the client has no value. */
export function unmatchedOutcome(unmatched: readonly string[]): { output: string; status: number } {
  return { output: `Unmatched client token(s): ${unmatched.join(', ')}`, status: 3 };
}

/** The check without the commands of its hooks, whose tokens are replaced only when one of them runs. */
export function withoutHookCommands<Check extends Attributes>(check: Check): Check {
  const hooks = check['hooks'];
  if (!isAttributes(hooks)) return check;
  return {
    ...check,
    hooks: mapHooks(hooks, ({ command: _command, ...rest }) => rest),
  };
}

/** The substituted hooks with the commands that were written. */
export function withHookCommands(substituted: unknown, written: unknown): unknown {
  if (!isAttributes(substituted) || !isAttributes(written)) return substituted;
  return mapHooks(substituted, (hook, name) => {
    const original = written[name];
    const hasCommand = isAttributes(original) && Object.hasOwn(original, 'command');
    return hasCommand ? { command: original['command'], ...hook } : hook;
  });
}

function mapHooks(hooks: Attributes, change: (hook: Attributes, name: string) => Attributes): Attributes {
  const changed = Object.entries(hooks).map(([name, hook]) => [
    name,
    isAttributes(hook) ? change(hook, name) : hook,
  ]);
  return Object.fromEntries(changed);
}
