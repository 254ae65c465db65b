import type { Check, CheckResult, ExecutedCheck } from '../../model/check.ts';
import type { RegisteredClient } from '../../model/client.ts';

/** Whose result it is: the client that the check watches, which for a proxy check is not the one that ran it. */
export function subjectOf(result: CheckResult): string {
  return result.check.source || result.client;
}

/**
 * The result's check as it is judged and stored: the configured definition of that name laid under it (the
 * result wins), `type` filled in, and for a proxy client the agent that ran it as `origin`.
 */
export function prepareCheck(
  result: CheckResult,
  configured: Check | undefined,
  client: RegisteredClient | undefined,
): ExecutedCheck {
  const { check } = result;
  const merged = configured && check.standalone !== true ? { ...configured, ...check } : { ...check };
  if (merged.type === undefined) merged.type = 'standard';
  if (check.source) merged.origin = result.client;
  if (configured?.command !== undefined && client?.type === 'proxy') merged.command = configured.command;
  return merged as ExecutedCheck;
}

/** A client nobody has heard of, made up from its first result. It is not watched for keepalives. */
export function blankClient(result: CheckResult, version: string, now: number): RegisteredClient {
  const name = subjectOf(result);
  return {
    name,
    address: 'unknown',
    subscriptions: [`client:${name}`],
    keepalives: false,
    version,
    timestamp: now,
    ...(result.check.source ? { type: 'proxy' } : {}),
  };
}

/** A keepalive as the registry keeps it: always subscribed to `client:<name>`. */
export function registeredClient(keepalive: RegisteredClient): RegisteredClient {
  const own = `client:${keepalive.name}`;
  return keepalive.subscriptions.includes(own)
    ? keepalive
    : { ...keepalive, subscriptions: [...keepalive.subscriptions, own] };
}
