export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'fatal';

/** Members of a log line beside its message, in Sensu's words where there is one (`check`, `client`, `handler` …). */
export type LogFields = Record<string, unknown>;

/** Where parts report what a person may want to read. Never throws, never blocks. */
export interface Log extends Record<LogLevel, (message: string, fields?: LogFields) => void> {
  /** False when lines of that level are thrown away just now, so that nobody has to make them; see `logs`. */
  enabled?: ((level: LogLevel) => boolean) | undefined;
}

/** Whether a line of that level is kept: worth asking before making one that is costly or comes with every result. */
export function logs(log: Log, level: LogLevel): boolean {
  return log.enabled?.(level) ?? true;
}

/** A log that keeps nothing. */
export const silentLog: Log = {
  debug() {},
  info() {},
  warn() {},
  error() {},
  fatal() {},
  enabled: () => false,
};
