import type { Log, LogFields, LogLevel } from '../runtime/log.ts';

export interface LogLine {
  level: LogLevel;
  message: string;
  fields: LogFields;
}

/** A log that keeps its lines for a test to read. */
export function memoryLog(): Log & { lines: LogLine[] } {
  const lines: LogLine[] = [];
  const at =
    (level: LogLevel) =>
    (message: string, fields: LogFields = {}): void => {
      lines.push({ level, message, fields });
    };
  return {
    lines,
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    fatal: at('fatal'),
  };
}
