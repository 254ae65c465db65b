import { closeSync, openSync } from 'node:fs';
import type { LogLevel } from '../../runtime/log.ts';
import type { SystemLog } from '../../runtime/system/log.ts';
import type { Stop } from './stopping.ts';

/** What runs until it is told to stop. */
export interface Reloadable {
  /** Reads the configuration again and takes up what is valid; resolves when that has ended. Never rejects. */
  reload(why: string): Promise<void>;
}

/**
 * Signals beside those that stop: HUP reads the configuration again, USR2 goes on in a new log file, TRAP changes
 * between everything in the log and what was there before.
 */
export function listenToSignals(parts: { log: SystemLog; interactive: boolean; stop: Stop }): {
  /** From here on there is something to reload. */
  reloads(house: Reloadable): void;
} {
  const { log, interactive, stop } = parts;
  let house: Reloadable | undefined;
  let isWished = false;
  process.on('SIGHUP', () => {
    if (interactive && !terminalIsThere()) stop.because(undefined);
    else if (house) void house.reload('SIGHUP');
    else isWished = true;
  });
  process.on('SIGUSR2', () => {
    log.reopen();
    log.info('the log was opened again');
  });
  let quieter: LogLevel = log.level;
  process.on('SIGTRAP', () => {
    if (log.level === 'debug') log.level = quieter;
    else {
      quieter = log.level;
      log.level = 'debug';
    }
    log.warn('the level of the log was changed', { log_level: log.level });
  });
  return {
    reloads: (opened) => {
      house = opened;
      if (isWished) void house.reload('SIGHUP');
    },
  };
}

/** False when the terminal that we were started in has been closed: the same signal tells of that. */
function terminalIsThere(): boolean {
  try {
    closeSync(openSync('/dev/tty', 'r'));
    return true;
  } catch {
    return false;
  }
}
