import { isAttributes } from '../../model/attributes.ts';
import type { RegisteredClient } from '../../model/client.ts';
import { DEFAULT_REDACT } from '../../model/redact.ts';

/** By whose rules attributes are secret. */
export type Owner = Pick<RegisteredClient, 'redact'> | undefined;

const USUAL: ReadonlySet<string> = new Set(DEFAULT_REDACT);
const DEEPEST = 100;
const own = new WeakMap<readonly string[], ReadonlySet<string>>();

/** Names of members that nobody is shown of a client and its checks: by its own list or the usual one. */
export function secretsOf(owner: Owner): ReadonlySet<string> {
  const list = owner?.redact;
  if (!Array.isArray(list)) return USUAL;
  const known = own.get(list) ?? new Set(list);
  own.set(list, known);
  return known;
}

/**
 * A copy without the members that are secret. A search must not see them at all: who may ask whether a secret begins
 * with a letter soon knows it whole.
 */
export function withoutSecrets(document: unknown, secrets: ReadonlySet<string>, depth = 0): unknown {
  if (depth > DEEPEST) return undefined;
  if (Array.isArray(document)) return document.map((item) => withoutSecrets(item, secrets, depth + 1));
  if (!isAttributes(document)) return document;
  const members = Object.entries(document).filter(([name]) => name !== '__proto__' && !secrets.has(name));
  return Object.fromEntries(
    members.map(([name, member]) => [name, withoutSecrets(member, secrets, depth + 1)]),
  );
}
