import { isAttributes, memberOf } from '../model/attributes.ts';
import { DEFAULT_REDACT, REDACTED, redact } from '../model/redact.ts';
import type { Attributes } from '../model/schema.ts';

/** The members whose values are secret in a document: the default list, and what its client adds. */
export function secretsOf(document: Attributes): string[] {
  const own = memberOf(document.client, 'redact');
  const added = Array.isArray(own) ? own.filter((name): name is string => typeof name === 'string') : [];
  return [...DEFAULT_REDACT, ...added];
}

/** A copy of a document that may be shown: without secret members, and without passwords in addresses. */
export function shownDocument<Value>(value: Value, secrets: readonly string[] = DEFAULT_REDACT): Value {
  return withoutPasswords(redact(value, secrets)) as Value;
}

function withoutPasswords(value: unknown): unknown {
  if (typeof value === 'string') return value.replace(/\/\/[^/@\s:]*:[^/@\s]*@/g, `//${REDACTED}@`);
  if (Array.isArray(value)) return value.map(withoutPasswords);
  if (!isAttributes(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, withoutPasswords(member)]));
}
