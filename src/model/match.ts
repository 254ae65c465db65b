import { isAttributes, memberOf, pathText, type Step, sameValue } from './attributes.ts';
import type { Attributes } from './schema.ts';

/** Whether a document has the attributes wanted; if not, the first that decided, and the value seen (null: none). */
export type Match = { matched: true } | { matched: false; attribute: string; wanted: unknown; seen: unknown };

/** Judges a value where a text is wanted of it that it is not. */
export type TextJudge = (wanted: string, seen: unknown) => boolean;

/**
 * Compares a document with the attributes wanted of it. Every attribute has to match: it is equal, or both are
 * objects whose attributes match in turn, or both read the same as text (`"1"` and 1, `"true"` and true, `""` and
 * null), or a text is wanted that `judge` takes the value for. A missing attribute counts as null; no attributes at
 * all match everything.
 * (Sensu Core 1.9 documentation, "Filter attributes".)
 */
export function matchAttributes(wanted: Attributes, found: unknown, judge?: TextJudge | undefined): Match {
  return matchMembers(wanted, found, [], judge);
}

function matchMembers(
  wanted: Attributes,
  found: unknown,
  at: readonly Step[],
  judge: TextJudge | undefined,
): Match {
  for (const [name, value] of Object.entries(wanted)) {
    const match = matchValue(value, memberOf(found, name) ?? null, [...at, name], judge);
    if (!match.matched) return match;
  }
  return { matched: true };
}

function matchValue(
  wanted: unknown,
  seen: unknown,
  at: readonly Step[],
  judge: TextJudge | undefined,
): Match {
  if (isAttributes(wanted) && isAttributes(seen)) return matchMembers(wanted, seen, at, judge);
  if (sameValue(wanted, seen) || sameText(wanted, seen)) return { matched: true };
  if (judge !== undefined && typeof wanted === 'string' && judge(wanted, seen)) return { matched: true };
  return { matched: false, attribute: pathText(at), wanted, seen };
}

function sameText(wanted: unknown, seen: unknown): boolean {
  const text = plainText(wanted);
  return text !== undefined && text === plainText(seen);
}

/** A plain value as text; objects and arrays have none. */
function plainText(value: unknown): string | undefined {
  if (value === null) return '';
  return typeof value === 'object' ? undefined : String(value);
}
