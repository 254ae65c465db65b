import { sleep } from '../../runtime/clock.ts';
import { errorText } from '../../runtime/errors.ts';
import type { Log } from '../../runtime/log.ts';
import { systemClock } from '../../runtime/system/clock.ts';
import { EXIT } from '../exit.ts';

/** A stop that takes longer than this ends the process whatever hangs. */
const STOP_LIMIT_MS = 20_000;

/** How a part that was opened is closed again. */
export type Closer = () => Promise<void> | void;

/** Closes what was opened, the last first, whatever fails; false when it took too long and something is left. */
export async function closeAll(closers: readonly Closer[], log: Log): Promise<boolean> {
  const close = async (): Promise<boolean> => {
    for (const closer of [...closers].reverse()) {
      try {
        await closer();
      } catch (error) {
        log.error('something could not be stopped in order', { error: errorText(error) });
      }
    }
    return true;
  };
  const closed = new AbortController();
  const tooLong = sleep(systemClock, STOP_LIMIT_MS, closed.signal).then(() => false);
  const ended = await Promise.race([close(), tooLong]);
  // A timer that is left would keep a process alive that could not start.
  closed.abort();
  if (!ended)
    log.error('something did not stop in time and is left behind', { limit: `${STOP_LIMIT_MS / 1000} s` });
  return ended;
}

/** When to stop, and why. */
export interface Stop {
  /** Resolves when we are to stop: with nothing when somebody wishes it, or with what makes us useless. */
  wanted: Promise<unknown>;
  /** Without its store a process that goes on would watch nothing and tell nobody: whoever started it must know. */
  because: (failure: unknown) => void;
}

/** The first signal stops; the second one ends the process at once. */
export function stopRequested(): Stop {
  let asked = false;
  let because: Stop['because'] = () => undefined;
  const wanted = new Promise<unknown>((resolved) => {
    because = resolved;
    const stop = (): void => {
      if (asked) process.exit(EXIT.failed);
      asked = true;
      resolved(undefined);
    };
    process.on('SIGINT', stop);
    process.on('SIGTERM', stop);
  });
  return { wanted, because };
}
