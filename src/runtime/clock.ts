/** A timer that was set; cancelling one that has run, or twice, does nothing. */
export interface Timer {
  cancel(): void;
}

/**
 * Time as it is handed to every part. `now` is what documents and the splay grid use; it can be stepped.
 * `elapsed` only grows and is what durations, timeouts and leases use.
 */
export interface Clock {
  /** Wall time in milliseconds since 1970. */
  now(): number;
  /** Monotonic milliseconds since some moment before the process began. */
  elapsed(): number;
  /** Runs `run` once, no earlier than `delayMs` of elapsed time from now. Keeps the process alive. */
  after(delayMs: number, run: () => void): Timer;
}

/** The wall time in whole Unix seconds, as documents carry it. */
export function unixSeconds(clock: Pick<Clock, 'now'>): number {
  return Math.floor(clock.now() / 1000);
}

/** Resolves after `delayMs`, or at once when `signal` is or becomes aborted. Never rejects. */
export function sleep(clock: Clock, delayMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve();
    const end = (): void => {
      timer.cancel();
      signal?.removeEventListener('abort', end);
      resolve();
    };
    const timer = clock.after(delayMs, end);
    signal?.addEventListener('abort', end, { once: true });
  });
}

/** Lets other work of the process have a turn of the event loop. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
