import { isAttributes, memberOf } from '../model/attributes.ts';
import { DEFAULT_REDACT, REDACTED, redact } from '../model/redact.ts';
import type { Attributes } from '../model/schema.ts';

/** The members whose values are secret in a document: the default list, and what its client adds. */
export function secretsOf(document: Attributes): string[] {
  const own = memberOf(document.client, 'redact');
  const added = Array.isArray(own) ? own.filter((name): name is string => typeof name === 'string') : [];
  return [...DEFAULT_REDACT, ...added];
}

/**
 * A copy of a document that may be shown: without secret members, without passwords in addresses, and without tokens of
 * ours wherever they stand, be it in a command.
 */
export function shownDocument<Value>(value: Value, secrets: readonly string[] = DEFAULT_REDACT): Value {
  return withoutPasswords(withoutAgentToken(redact(value, secrets))) as Value;
}

/** Other members of that name are not secret by the default list, which is Sensu's. */
function withoutAgentToken(value: unknown): unknown {
  const tocsin = memberOf(value, 'tocsin');
  return isAttributes(value) && isAttributes(tocsin)
    ? { ...value, tocsin: redact(tocsin, ['token']) }
    : value;
}

const PASSWORD_IN_ADDRESS = /\/\/[^/@\s:]*:[^/@\s]*@/g;
const TOKEN = /tocsin_(?:api|agent)_[0-9a-f]{12}_[A-Za-z0-9_-]{43}/g;

function withoutPasswords(value: unknown): unknown {
  if (typeof value === 'string') {
    return value.replace(PASSWORD_IN_ADDRESS, `//${REDACTED}@`).replace(TOKEN, REDACTED);
  }
  if (Array.isArray(value)) return value.map(withoutPasswords);
  if (!isAttributes(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, withoutPasswords(member)]));
}
