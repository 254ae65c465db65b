import { resolve } from 'node:path';
import { TocsinError } from '../../runtime/errors.ts';
import type { LogLevel } from '../../runtime/log.ts';
import { createLog, LOG_LEVELS, type SystemLog } from '../../runtime/system/log.ts';

/** The flags that say where the log goes and what is in it. */
export interface LogOptions {
  /** A file that the log is appended to. */
  log?: string;
  logLevel?: string;
}

/**
 * The log of a process that goes on.
 *
 * @param otherwise where it goes when no file is named: a path, or the number of a stream
 * @throws TocsinError USAGE for a level that there is not, and for a file that cannot be written
 */
export function openLog({ logLevel, log: file }: LogOptions, otherwise: string | number): SystemLog {
  const level = (logLevel ?? 'warn').toLowerCase() as LogLevel;
  if (!LOG_LEVELS.includes(level))
    throw new TocsinError('USAGE', `--log-level takes one of ${LOG_LEVELS.join(', ')}, not "${logLevel}"`);
  const log = createLog({ level, destination: file === undefined ? otherwise : resolve(file) });
  if (file !== undefined && log.problem !== undefined)
    throw new TocsinError('USAGE', `--log ${file} cannot be written: ${log.problem}`);
  return log;
}
