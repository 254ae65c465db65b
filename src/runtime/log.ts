export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'fatal';

/** Members of a log line beside its message, in Sensu's words where there is one (`check`, `client`, `handler` …). */
export type LogFields = Record<string, unknown>;

/** Where parts report what a person may want to read. Never throws, never blocks. */
export type Log = Record<LogLevel, (message: string, fields?: LogFields) => void>;

/** A log that keeps nothing. */
export const silentLog: Log = { debug() {}, info() {}, warn() {}, error() {}, fatal() {} };
