import { isAttributes } from '../model/attributes.ts';
import type { Attributes } from '../model/schema.ts';

/** Commands that run at once. */
export const SPAWN_LIMIT = 12;
/** Seconds without a keepalive after which a client becomes a warning, and critical. */
export const KEEPALIVE_THRESHOLDS = { warning: 120, critical: 180 } as const;
/** Where the API listens: this machine only, until somebody says otherwise. */
export const API_BIND = '127.0.0.1';
export const API_PORT = 4567;
/** Header suffix → value, for browsers on other origins. */
export const CORS = {
  Origin: '*',
  Methods: 'GET, POST, PUT, DELETE, OPTIONS',
  Credentials: 'true',
  Headers: 'Origin, X-Requested-With, Content-Type, Accept, Authorization',
} as const;
/** Seconds that a command without `timeout` may take. */
export const DEFAULT_TIMEOUT_SECONDS = 600;
/** Bytes of a command's output beyond which only head and tail are kept. */
export const OUTPUT_LIMIT_BYTES = 1_048_576;
/** Entries and days that one log keeps. */
export const LOG_ENTRIES = 1000;
export const LOG_DAYS = 90;
/** Daily counts are small, and asked for over more than a year. */
export const DAY_COUNT_DAYS = 400;
/** Who did what is asked for after a long time, too. */
export const AUDIT_ENTRIES = 10_000;
export const AUDIT_DAYS = 400;

/** Seconds after which the last result of a check that nobody runs any more is forgotten. */
export const RESULT_RETENTION_SECONDS = 2_592_000;

/** Bytes of results that an agent keeps on disk while no server takes them: some days of a usual machine. */
export const SPOOL_BYTES = 104_857_600;
/** What one client may send: far more than a machine with thousands of checks has to say. */
export const CLIENT_LIMITS = {
  results_per_second: 1_000,
  bytes_per_second: 10_485_760,
  message_bytes: 10_485_760,
  checks: 10_000,
} as const;
/** Seconds between two canaries. */
export const CANARY_SECONDS = 15;

/** The document that files are merged over, new each time. (Sensu Core 1.9 documentation, "Configuration".) */
export function defaultDocument(): Attributes {
  return {
    client: {},
    sensu: { spawn: { limit: SPAWN_LIMIT }, keepalives: { thresholds: { ...KEEPALIVE_THRESHOLDS } } },
    transport: { reconnect_on_error: true },
    checks: {},
    filters: {},
    mutators: {},
    handlers: {},
    extensions: {},
  };
}

/** The merged document with the one default that is replaced as a whole, not merged: the headers of the API. */
export function withApiDefaults(document: Attributes): Attributes {
  const api = document.api ?? {};
  if (!isAttributes(api)) return document;
  return { ...document, api: { ...api, cors: api.cors ?? { ...CORS } } };
}
