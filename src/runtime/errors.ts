/**
 * What the reader of an error can do about it: mend the configuration, mend the input, look for another name, read
 * again and retry, try later, give it more time, ask for permission, start again, or report a defect of Tocsin.
 */
export type ErrorKind =
  | 'config'
  | 'input'
  | 'not_found'
  | 'conflict'
  | 'unavailable'
  | 'timeout'
  | 'refused'
  | 'closed'
  | 'bug';

/** Every error that Tocsin makes: its stable code and its kind. `docs/errors.md` tells what to do about each. */
export const ERROR_CODES = {
  CONFIG_INVALID: 'config',
  PLUGIN_INVALID: 'config',
  SPOOL_UNUSABLE: 'config',
  USAGE: 'input',
  MESSAGE_INVALID: 'input',
  EXPRESSION_FAILED: 'input',
  NOT_FOUND: 'not_found',
  WRITE_CONFLICT: 'conflict',
  STORE_UNAVAILABLE: 'unavailable',
  STORE_LOCKED: 'unavailable',
  STORE_FORMAT: 'refused',
  STORE_UNCOPIED: 'unavailable',
  STORE_CLOSED: 'closed',
  TRANSPORT_UNAVAILABLE: 'unavailable',
  TRANSPORT_CLOSED: 'closed',
  TRANSPORT_PIPES: 'refused',
  TRANSPORT_REFUSED: 'refused',
  SERVER_UNREACHABLE: 'unavailable',
  SERVER_REFUSED: 'refused',
  PORT_IN_USE: 'unavailable',
  FOLDER_IN_USE: 'unavailable',
  PID_FILE_UNWRITABLE: 'config',
  ACCESS_LOCKOUT: 'conflict',
  ACCESS_TAKEN: 'conflict',
  ACCESS_FULL: 'conflict',
  TIMED_OUT: 'timeout',
  SEARCH_BUSY: 'unavailable',
  CLOSED: 'closed',
  BUG: 'bug',
} as const satisfies Record<string, ErrorKind>;

export type ErrorCode = keyof typeof ERROR_CODES;

/** The one error class. The message says what happened, where, and what to do; code and kind are for programs. */
export class TocsinError extends Error {
  readonly code: ErrorCode;
  readonly kind: ErrorKind;

  constructor(code: ErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'TocsinError';
    this.code = code;
    this.kind = ERROR_CODES[code];
  }
}

/** The text of anything that was thrown. (Node leaves it empty when all addresses of a name refuse.) */
export function errorText(thrown: unknown): string {
  if (thrown instanceof Error)
    return (
      textOf(thrown.message) ||
      textOf((thrown as NodeJS.ErrnoException).code) ||
      textOf(thrown.name) ||
      'unknown error'
    );
  return typeof thrown === 'object' ? Object.prototype.toString.call(thrown) : String(thrown);
}

/** Foreign code may have put anything into an error; only texts are told. */
function textOf(part: unknown): string {
  return typeof part === 'string' ? part : '';
}
