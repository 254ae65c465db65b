import type { Attributes } from '../model/schema.ts';
import type { Clock } from '../runtime/clock.ts';
import { hasEnded, type Stash } from './documents.ts';
import { type Registry, writing } from './registry.ts';
import { endAfter, secondsLeft } from './silences.ts';
import { update } from './update.ts';
import type { Views } from './views.ts';

/** A stash as lists show it: with the seconds left, −1 when it does not end by itself. */
export interface StashDocument {
  path: string;
  content: Attributes;
  expire: number;
}

interface StashParts {
  registry: Registry;
  clock: Clock;
}

/** Keeps content under a path, in place of what was there; for `expire` seconds, or until deleted. The store's errors. */
export async function createStash(
  { registry, clock }: StashParts,
  { path, content, expire }: { path: string; content: Attributes; expire?: number | null | undefined },
): Promise<void> {
  const stash: Stash = { path, content, endsAtMs: endAfter(expire, clock.now()) };
  await registry.store.commit([{ writes: [writing('stash', path, stash)] }]);
}

/** Forgets a stash; resolves with false when there was none. The store's errors, and WRITE_CONFLICT. */
export async function deleteStash({ registry, clock }: StashParts, path: string): Promise<boolean> {
  const nowMs = clock.now();
  const deleted = await update(registry, 'stash', [path], (stash) =>
    stash && !hasEnded(stash, nowMs) ? undefined : 'keep',
  );
  return deleted > 0;
}

/** The stashes that have not ended. */
export function* liveStashes(views: Pick<Views, 'stashes'>, nowMs: number): Generator<Stash> {
  for (const stash of views.stashes()) {
    if (!hasEnded(stash, nowMs)) yield stash;
  }
}

/** The stash under a path; undefined when there is none, or it has ended. */
export function liveStash(views: Pick<Views, 'stash'>, path: string, nowMs: number): Stash | undefined {
  const stash = views.stash(path);
  return stash && !hasEnded(stash, nowMs) ? stash : undefined;
}

export function stashDocument({ path, content, endsAtMs }: Stash, nowMs: number): StashDocument {
  return { path, content, expire: secondsLeft(endsAtMs, nowMs) };
}
