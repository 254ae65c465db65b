import { errorText, TocsinError } from '../../../runtime/errors.ts';
import type { Ending, Tools } from '../rules.ts';

/**
 * Runs something that heeds a signal, for so long at most. It ends when `run` does, when its time is up, or when
 * we stop; `run` is not waited for then. A rejection of `run` becomes a failed ending. Never rejects.
 */
export function withinLimit(
  tools: Tools,
  limitMs: number,
  run: (signal: AbortSignal) => Promise<string>,
): Promise<Ending> {
  if (tools.signal.aborted) return Promise.resolve({ outcome: 'left' });
  return new Promise((resolve) => {
    const controller = new AbortController();
    const end = (ending: Ending): void => {
      timer.cancel();
      tools.signal.removeEventListener('abort', stop);
      resolve(ending);
    };
    const fail = (error: unknown): void =>
      end({ outcome: 'failed', stage: 'handler', error: errorText(error) });
    const stop = (): void => {
      end({ outcome: 'left' });
      controller.abort(new TocsinError('CLOSED', 'the server is stopping'));
    };
    const timer = tools.clock.after(limitMs, () => {
      const error = new TocsinError('TIMED_OUT', `it was not done within ${limitMs / 1000} s`);
      fail(error);
      controller.abort(error);
    });
    tools.signal.addEventListener('abort', stop, { once: true });
    begin(run, controller.signal).then((output) => end({ outcome: 'handled', output }), fail);
  });
}

/** A plugin may throw before it makes its promise, and answer what is no text. */
async function begin(run: (signal: AbortSignal) => Promise<string>, signal: AbortSignal): Promise<string> {
  const output: unknown = await run(signal);
  return typeof output === 'string' ? output : (JSON.stringify(output) ?? '');
}
