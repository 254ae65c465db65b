import { errorText, TocsinError } from '../../runtime/errors.ts';
import type { SystemLog } from '../../runtime/system/log.ts';
import { EXIT, exitCodeOf } from '../exit.ts';
import { removePidFile, writePidFile } from './pid-file.ts';
import { listenToSignals, type Reloadable } from './signals.ts';
import { type Closer, closeAll, type Stop, stopRequested } from './stopping.ts';

export interface ServeOptions<House extends Reloadable> {
  /** Opens what runs, and notes in `closers` how each part ends; they are closed the other way round. */
  open(stop: Stop, closers: Closer[]): Promise<House>;
  log: SystemLog;
  /** Written before anything is opened, removed at the stop. */
  pidFile?: string | undefined;
  /** True when a terminal that goes away is the end, and not a wish for a reload. */
  interactive: boolean;
  /** Called when everything runs; what it returns gives back what it took. */
  opened(house: House): () => void;
  /** Called when stopping begins. */
  stopping(): void;
}

/**
 * Runs what is opened in this process until it is told to stop, then ends the process. Rejects when it cannot start,
 * with everything closed again.
 */
export async function serve<House extends Reloadable>(options: ServeOptions<House>): Promise<never> {
  const { log, pidFile } = options;
  const stop = stopRequested();
  const closers: Closer[] = [];
  let giveBack = (): void => undefined;
  process.on('uncaughtException', (error) => {
    log.fatal('unexpected error - please report it', { error: error.stack ?? errorText(error) });
    log.flush();
    giveBack();
    process.stderr.write(`tocsin: unexpected error, please report it: ${error.stack ?? errorText(error)}\n`);
    process.exit(EXIT.failed);
  });
  if (pidFile !== undefined) {
    writePidFile(pidFile);
    closers.push(() => removePidFile(pidFile));
  }
  const signals = listenToSignals({ log, interactive: options.interactive, stop });
  // A store that fails while it is opened, or a signal then, must not wait for what may never come.
  const opening = options.open(stop, closers);
  const house = await Promise.race([opening, stop.wanted.then(() => undefined)]).catch(
    async (error: unknown) => {
      await closeAll(closers, log);
      throw error;
    },
  );
  opening.catch(() => undefined);
  if (house) {
    signals.reloads(house);
    giveBack = options.opened(house);
  }
  const failure = await stop.wanted;
  giveBack();
  if (failure !== undefined) {
    log.fatal('it cannot go on', { error: errorText(failure) });
    process.stderr.write(`tocsin: ${errorText(failure)}\n`);
  }
  options.stopping();
  const ended = await closeAll(closers, log);
  log.flush();
  // A handle that something left open must not keep a stopped process alive.
  process.exit(ended ? exitCodeAfter(failure) : EXIT.failed);
}

function exitCodeAfter(failure: unknown): number {
  if (failure === undefined) return EXIT.ok;
  return failure instanceof TocsinError ? exitCodeOf(failure.kind) : EXIT.failed;
}
