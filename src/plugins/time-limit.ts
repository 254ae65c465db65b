import { type Fault, type PluginContext, rangeOption, Type } from '../plugin.ts';
import { Failure } from './outcome.ts';

/** Who may end a piece of work, and the clock that it is measured by. */
export type Limits = Pick<PluginContext, 'clock' | 'signal'>;

const DEFAULT_TIMEOUT_SECONDS = 10;

/** The option `timeout`, in seconds. */
export const timeoutOption = {
  timeout: Type.Optional(
    Type.Number({
      exclusiveMinimum: 0,
      maximum: 3600,
      default: DEFAULT_TIMEOUT_SECONDS,
      expected: 'a number of seconds above 0, at most 3600',
      description: 'Seconds after which it is given up.',
    }),
  ),
};

const timeRange = (severity: string) =>
  Object.assign(rangeOption('a range of seconds such as 1 or "0.5"'), {
    description: `Seconds that all of it may take before it is ${severity}.`,
  });

/** The options `warning` and `critical` of checks that measure how long an answer takes. */
export const timeThresholdOptions = {
  warning: Type.Optional(timeRange('a warning')),
  critical: Type.Optional(timeRange('critical')),
};

class TimeUp extends Error {
  override readonly name = 'TimeoutError';
}

/**
 * Does `work` with a signal that aborts after `timeout` seconds, or when the context's signal does. The work has to
 * end by itself when its signal aborts (see `endedBy`).
 */
export async function withinTime<T>(
  { clock, signal }: Limits,
  timeout: number | undefined,
  work: (limits: Limits) => Promise<T>,
): Promise<T> {
  const seconds = timeout ?? DEFAULT_TIMEOUT_SECONDS;
  const controller = new AbortController();
  const stop = (): void => controller.abort(signal.reason);
  if (signal.aborted) stop();
  signal.addEventListener('abort', stop, { once: true });
  const timer = clock.after(seconds * 1000, () => controller.abort(new TimeUp(` after ${seconds} s`)));
  try {
    return await work({ clock, signal: controller.signal });
  } finally {
    timer.cancel();
    signal.removeEventListener('abort', stop);
  }
}

/**
 * The failure of work whose signal aborted while it was `doing` something: out of time is `fault`'s fault; being
 * stopped is ours.
 */
export function endedBy(signal: AbortSignal, doing: string, fault: Fault): Failure {
  const reason: unknown = signal.reason;
  if (reason instanceof TimeUp) return new Failure(fault, `timed out${reason.message} ${doing}`);
  // A caller whose own limit has passed may say so, in the word that the platform has for it.
  if (reason instanceof Error && reason.name === 'TimeoutError') {
    return new Failure(fault, `timed out ${doing}`);
  }
  return new Failure('ours', `stopped ${doing}`);
}
