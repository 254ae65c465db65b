/** Longest real time that anything is waited for. */
const PATIENCE_MS = 10_000;

/** Resolves when `condition` holds; throws with `what` when it does not within some seconds of real time. */
export async function until(condition: () => boolean, what: string): Promise<void> {
  const end = Date.now() + PATIENCE_MS;
  while (!condition()) {
    if (Date.now() > end) throw new Error(`waited in vain until ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

/** As `until`, while a clock that is moved by hand goes on: for what needs real disks and timers of that clock in turns. */
export async function untilAdvancing(
  clock: { advance(ms: number): Promise<void> },
  stepMs: number,
  condition: () => boolean,
  what: string,
): Promise<void> {
  const end = Date.now() + PATIENCE_MS;
  while (!condition()) {
    if (Date.now() > end) throw new Error(`waited in vain until ${what}`);
    await clock.advance(stepMs);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}
