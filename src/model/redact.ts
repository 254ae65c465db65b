import { isAttributes } from './attributes.ts';
import type { Attributes } from './schema.ts';

/** What stands in place of a secret. */
export const REDACTED = 'REDACTED';

/** Members whose values are secret unless a client says otherwise. (Sensu Core 1.9 documentation, "Redaction".) */
export const DEFAULT_REDACT: readonly string[] = [
  'password',
  'passwd',
  'pass',
  'api_key',
  'api_token',
  'access_key',
  'secret_key',
  'private_key',
  'secret',
  'routing_key',
  'access_token_read',
  'access_token_write',
  'access_token_path',
  'webhook_url',
  'nickserv_password',
  'channel_password',
  'community',
  'keystore_password',
  'truststore_password',
  'proxy_password',
  'access_key_id',
  'secret_access_key',
];

/** Deeper than this nobody looks for secrets: everything there counts as one. */
const DEEPEST = 500;

/**
 * A copy in which the value of each member named in `keys` is `REDACTED`, whatever its type, at any depth,
 * inside arrays too. Names are compared exactly. The original is untouched.
 */
export function redact<Value>(value: Value, keys: readonly string[]): Value {
  // Redaction keeps the shape but for the values of secret members, which no reader of the copy relies on.
  return copy(value, new Set(keys), 0) as Value;
}

function copy(value: unknown, keys: ReadonlySet<string>, depth: number): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (depth > DEEPEST) return REDACTED;
  if (Array.isArray(value)) return value.map((item) => copy(item, keys, depth + 1));
  if (!isAttributes(value)) return value;
  const redacted: Attributes = {};
  for (const [name, member] of Object.entries(value)) {
    if (name === '__proto__') continue;
    redacted[name] = keys.has(name) ? REDACTED : copy(member, keys, depth + 1);
  }
  return redacted;
}

const SECRET =
  /passw|secret|token|credential|community|(api|access|private|routing|signing)_?key|webhook_url/i;
const DEFAULT_KEYS = new Set(DEFAULT_REDACT);

/** True for a name whose value should not be shown, by the default list or by its looks. */
export function looksSecret(name: string): boolean {
  return DEFAULT_KEYS.has(name) || SECRET.test(name);
}
