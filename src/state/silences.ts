import type { Silence } from '../model/event.ts';
import { type Clock, unixSeconds } from '../runtime/clock.ts';
import { hasEnded, type SilenceState } from './documents.ts';
import { type Registry, writing } from './registry.ts';
import { update } from './update.ts';
import type { Views } from './views.ts';

/** What somebody wants silenced: a subscription, a check, or a check at the clients of a subscription. */
export interface SilenceEntry {
  subscription?: string | null | undefined;
  check?: string | null | undefined;
  reason?: string | null | undefined;
  creator?: string | null | undefined;
  /** Unix seconds from which it counts; null: at once. */
  begin?: number | null | undefined;
  /** Seconds that it lasts, from `begin` when that lies ahead; null: until it is cleared. */
  expire?: number | null | undefined;
  expire_on_resolve?: boolean | null | undefined;
}

/** A silence as lists show it: with the seconds left, −1 when it does not end by itself. */
export interface SilenceDocument extends Silence {
  expire: number;
}

/** The last moment that a date can name, in Unix milliseconds; what ends later ends then. */
const LAST_MS = 8.64e15;

/** The id of the silence of a subscription, a check, or both; `*` stands for the one that is left out. */
export function silenceId({ subscription, check }: Pick<SilenceEntry, 'subscription' | 'check'>): string {
  return `${subscription ?? '*'}:${check ?? '*'}`;
}

/** Silences what an entry names; one that was there before under the same id is replaced. The store's errors. */
export async function createSilence(
  parts: { registry: Registry; clock: Clock },
  entry: SilenceEntry,
): Promise<Silence> {
  const state = silenceState(entry, parts.clock.now());
  await parts.registry.store.commit([{ writes: [writing('silence', state.silence.id, state)] }]);
  return state.silence;
}

/** Ends a silence; resolves with false when there was none. The store's errors, and WRITE_CONFLICT. */
export async function clearSilence(
  { registry, clock }: { registry: Registry; clock: Clock },
  id: string,
): Promise<boolean> {
  const nowMs = clock.now();
  const cleared = await update(registry, 'silence', [id], (state) =>
    state && !hasEnded(state, nowMs) ? undefined : 'keep',
  );
  return cleared > 0;
}

/** The silences that have not ended, those that begin later among them. */
export function* liveSilences(views: Pick<Views, 'silences'>, nowMs: number): Generator<SilenceState> {
  for (const state of views.silences()) {
    if (!hasEnded(state, nowMs)) yield state;
  }
}

export function silenceDocument({ silence, endsAtMs }: SilenceState, nowMs: number): SilenceDocument {
  return { ...silence, expire: secondsLeft(endsAtMs, nowMs) };
}

/** Seconds until a document ends by itself, −1 when it never does. */
export function secondsLeft(endsAtMs: number | null, nowMs: number): number {
  return endsAtMs === null ? -1 : Math.max(0, Math.round((endsAtMs - nowMs) / 1000));
}

/** When something ends that lasts some seconds from a moment on; null: never. */
export function endAfter(seconds: number | null | undefined, fromMs: number): number | null {
  return seconds == null ? null : Math.min(Math.max(0, fromMs + seconds * 1000), LAST_MS);
}

function silenceState(entry: SilenceEntry, nowMs: number): SilenceState {
  const begin = entry.begin ?? null;
  const silence: Silence = {
    id: silenceId(entry),
    subscription: entry.subscription ?? null,
    check: entry.check ?? null,
    reason: entry.reason ?? null,
    creator: entry.creator ?? null,
    begin,
    expire_on_resolve: entry.expire_on_resolve ?? false,
    timestamp: unixSeconds({ now: () => nowMs }),
  };
  return { silence, endsAtMs: endAfter(entry.expire, Math.max(nowMs, (begin ?? 0) * 1000)) };
}
