import type { RegisteredClient } from '../../model/client.ts';
import { hasEnded, type SilenceState } from '../documents.ts';

const NOBODY: readonly string[] = [];

/**
 * Which silences apply at one moment: made once, then asked for many clients and checks. An event says what applied
 * when its result was taken; this says what applies now.
 * (Sensu Core 1.9 documentation, "Silencing": the subscriptions of the client, alone or with the check, and the check alone.)
 */
export class Silencing {
  /** subscription or `*` → check or `*` → id */
  readonly #ids = new Map<string, Map<string, string>>();

  constructor(silences: Iterable<SilenceState>, nowMs: number) {
    for (const state of silences) {
      const { id, subscription, check, begin } = state.silence;
      if (hasEnded(state, nowMs) || (begin !== null && begin * 1000 > nowMs)) continue;
      const key = subscription ?? '*';
      const checks = this.#ids.get(key) ?? new Map<string, string>();
      this.#ids.set(key, checks.set(check ?? '*', id));
    }
  }

  /** True when nothing is silenced. */
  get isEmpty(): boolean {
    return this.#ids.size === 0;
  }

  /** Ids of the silences that hide events of a client's check. */
  of(client: Pick<RegisteredClient, 'subscriptions'> | undefined, check: string): readonly string[] {
    if (this.#ids.size === 0) return NOBODY;
    const found = (client?.subscriptions ?? NOBODY).flatMap((subscription) => {
      const checks = this.#ids.get(subscription);
      return checks ? [checks.get('*'), checks.get(check)] : [];
    });
    found.push(this.#ids.get('*')?.get(check));
    return [...new Set(found.filter((id) => id !== undefined))];
  }

  /** Ids of the silences that hide everything of a client. */
  ofClient(client: Pick<RegisteredClient, 'subscriptions'>): readonly string[] {
    if (this.#ids.size === 0) return NOBODY;
    return client.subscriptions.flatMap((subscription) => this.#ids.get(subscription)?.get('*') ?? []);
  }
}
