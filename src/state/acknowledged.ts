import type { CheckResult } from '../model/check.ts';
import { type Clock, sleep } from '../runtime/clock.ts';
import { TocsinError } from '../runtime/errors.ts';
import type { Transport } from '../transport/port.ts';

/**
 * Publishes a result that we made ourselves and waits until it is acknowledged.
 * @throws TocsinError as the transport's, or TIMED_OUT when it takes longer than `boundMs`; it may be taken later
 */
export async function publishAcknowledged(
  parts: { transport: Transport; clock: Clock },
  result: CheckResult,
  boundMs: number,
): Promise<void> {
  const ended = new AbortController();
  const acknowledged = parts.transport.publishResult({ body: result }).then(() => true);
  const late = sleep(parts.clock, boundMs, ended.signal).then(() => false);
  try {
    if (await Promise.race([acknowledged, late])) return;
  } finally {
    ended.abort();
  }
  acknowledged.catch(() => undefined);
  throw new TocsinError(
    'TIMED_OUT',
    `no server took the result of check ${result.check.name} within ${boundMs / 1000} s; it may still be taken`,
  );
}
