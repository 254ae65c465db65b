import type { Log, LogFields, LogLevel } from '../log.ts';
import { LineFile } from './line-file.ts';
import { localTimestamp } from './timestamp.ts';

/** The levels, from the one that says most. */
export const LOG_LEVELS: readonly LogLevel[] = ['debug', 'info', 'warn', 'error', 'fatal'];
/**
 * A log that writes one JSON object a line: `timestamp` (local time with microseconds and offset), `level`, `message`,
 * then the members of the line. (Sensu Core 1.9 documentation, "Logs".)
 */
export interface SystemLog extends Log {
  /** What is written: this level and those behind it. */
  level: LogLevel;
  /** Writes what is still buffered. */
  flush(): void;
  /** Goes on in a new file of the same name, after the old one was moved away. */
  reopen(): void;
  /** Why its file cannot be written, if it cannot. */
  readonly problem: string | undefined;
}

/**
 * Opens a log. What cannot be written is lost, and whoever logs does not notice.
 * @param options.destination a file's path (appended to), or a file descriptor (1 standard output, 2 standard error)
 */
export function createLog(options: { level: LogLevel; destination: string | number }): SystemLog {
  const file = new LineFile(options.destination);
  const at =
    (level: LogLevel): Log[LogLevel] =>
    (message, fields) => {
      if (LOG_LEVELS.indexOf(level) < LOG_LEVELS.indexOf(log.level)) return;
      file.write(logLine(level, message, fields));
    };
  const log: SystemLog = {
    level: options.level,
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    fatal: at('fatal'),
    flush: () => file.flush(),
    reopen: () => file.reopen(),
    get problem() {
      return file.problem;
    },
  };
  return log;
}

/** One line of the log, with its line break. Members that no JSON can hold are left out, and the line says so. */
export function logLine(level: LogLevel, message: string, fields: LogFields = {}): string {
  const line: LogFields = { timestamp: localTimestamp(), level, message };
  for (const [name, value] of Object.entries(fields)) {
    if (!Object.hasOwn(line, name)) line[name] = value;
  }
  try {
    return `${JSON.stringify(line)}\n`;
  } catch {
    const { timestamp } = line;
    return `${JSON.stringify({ timestamp, level, message, error: 'the rest of this line is no JSON' })}\n`;
  }
}
