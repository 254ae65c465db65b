import { isAttributes } from './attributes.ts';
import type { Attributes } from './schema.ts';

/** `:::path:::` or `:::path|default:::`, on one line; the text does not begin with a colon. */
const TOKEN = /:::([^:\n].*?):::/g;

/** What became of a document's tokens. */
export interface Substituted<T> {
  value: T;
  /** Paths for which there was neither a value nor a default, each once, in order. */
  unmatched: string[];
}

/**
 * Replaces the tokens in every string of a document by what stands at their paths in `data`, or by their defaults.
 * Names of members and everything that is no string stay as they are; the argument is not changed. A path
 * that nothing stands at becomes an empty text and is reported.
 * (Sensu Core 1.9 documentation, "Check token substitution".)
 */
export function substituteTokens<T>(document: T, data: Attributes): Substituted<T> {
  const unmatched = new Set<string>();
  return { value: substitute(document, data, unmatched) as T, unmatched: [...unmatched] };
}

function substitute(value: unknown, data: Attributes, unmatched: Set<string>): unknown {
  if (typeof value === 'string')
    return value.includes(':::') ? substituteText(value, data, unmatched) : value;
  if (Array.isArray(value)) return value.map((item) => substitute(item, data, unmatched));
  if (!isAttributes(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [name, substitute(item, data, unmatched)]),
  );
}

function substituteText(text: string, data: Attributes, unmatched: Set<string>): string {
  return text.replace(TOKEN, (_, token: string) => {
    const bar = token.indexOf('|');
    const path = bar < 0 ? token : token.slice(0, bar);
    const found = valueAt(path, data);
    if (found !== undefined) return found;
    if (bar >= 0) return token.slice(bar + 1);
    unmatched.add(path);
    return '';
  });
}

/** The text at a path; a value that is no object ends the walk, whatever of the path is left. */
function valueAt(path: string, data: Attributes): string | undefined {
  let value: unknown = data;
  for (const name of path.split('.')) {
    if (!isAttributes(value)) break;
    value = Object.hasOwn(value, name) ? value[name] : undefined;
  }
  return value === undefined || value === null || isAttributes(value) ? undefined : textOf(value);
}

/** Arrays are written as Ruby shows them, which is what existing commands parse. */
function textOf(value: unknown): string {
  return Array.isArray(value) ? `[${value.map(inspect).join(', ')}]` : String(value);
}

function inspect(value: unknown): string {
  if (value === null) return 'nil';
  if (Array.isArray(value)) return textOf(value);
  if (!isAttributes(value)) return JSON.stringify(value);
  const members = Object.entries(value).map(([name, item]) => `${JSON.stringify(name)}=>${inspect(item)}`);
  return `{${members.join(', ')}}`;
}
