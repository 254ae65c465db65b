import { pino } from 'pino';
import type { Log, LogLevel } from '../log.ts';

/** A log that writes one JSON object a line. */
export interface SystemLog extends Log {
  /** Writes what is still buffered. */
  flush(): void;
}

/**
 * Opens a log.
 * @param options.destination a file's path (appended to), or a file descriptor (1 standard output, 2 standard error)
 */
export function createLog(options: { level: LogLevel; destination: string | number }): SystemLog {
  const stream = pino.destination({
    dest: options.destination,
    sync: typeof options.destination === 'number',
    mkdir: true,
  });
  // A log that cannot be written is lost; what it tells of goes on.
  stream.on('error', () => undefined);
  const logger = pino(
    {
      level: options.level,
      base: null,
      messageKey: 'message',
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    stream,
  );
  const at =
    (level: LogLevel): Log[LogLevel] =>
    (message, fields) => {
      try {
        logger[level](fields ?? {}, message);
      } catch {
        // As above: a full disk behind standard error throws here.
      }
    };
  return {
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    fatal: at('fatal'),
    flush: () => stream.flushSync(),
  };
}
