import type { ErrorKind } from '../runtime/errors.ts';

/** Exit codes that scripts can rely on. `docs/cli.md` lists them. */
export const EXIT = {
  ok: 0,
  /** Something failed that no other code names. */
  failed: 1,
  /** The command line or the configuration is wrong. */
  usage: 2,
  /** What was asked for does not exist. */
  notFound: 3,
  /** The server could not be reached, or something it needs is away. */
  unavailable: 4,
} as const;

const BY_KIND: Record<ErrorKind, number> = {
  config: EXIT.usage,
  input: EXIT.usage,
  not_found: EXIT.notFound,
  conflict: EXIT.failed,
  unavailable: EXIT.unavailable,
  timeout: EXIT.unavailable,
  refused: EXIT.failed,
  closed: EXIT.failed,
  bug: EXIT.failed,
};

/** The exit code for an error of a kind. */
export function exitCodeOf(kind: ErrorKind): number {
  return BY_KIND[kind];
}
