import type { CheckResult } from '../model/check.ts';
import type { Event } from '../model/event.ts';

/**
 * The result that ends an event although its check did not become OK (Sensu Core 1.9 documentation, "Events API").
 * @param signature what the client's results must carry; undefined for a client that is not registered
 * @param now Unix seconds
 */
export function resolvingResult(
  event: Event,
  output: string,
  signature: string | undefined,
  now: number,
): CheckResult {
  const { history: _history, ...check } = event.check;
  return {
    client: event.client.name,
    check: { ...check, output, status: 0, force_resolve: true, issued: now, executed: now },
    ...(signature === undefined ? {} : { signature }),
  };
}
