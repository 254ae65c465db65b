import { type Clock, sleep } from '../runtime/clock.ts';
import type { Views } from '../state/views.ts';

/** Longest wait for the views to show a write that is done; later they will. */
const SHOWN_MS = 1000;

/** Resolves when lists show everything that was written before the call. */
export async function shown(parts: { views: Pick<Views, 'shown'>; clock: Clock }): Promise<void> {
  const ended = new AbortController();
  try {
    await Promise.race([parts.views.shown(), sleep(parts.clock, SHOWN_MS, ended.signal)]);
  } finally {
    ended.abort();
  }
}
