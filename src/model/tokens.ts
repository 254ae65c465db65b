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
  return text.replace(TOKEN, (_, written: string) => {
    const token = tokenOf(written);
    const found = tokenValue(token, data);
    if (found !== undefined) return textOf(found);
    unmatched.add(token.path);
    return '';
  });
}

/** A token as it was written: what it names, and what stands for it if nothing is there. */
export interface Token {
  path: string;
  fallback: string | undefined;
}

/** The tokens of a text, with the indexes at which each begins and behind which it ends. */
export function tokensIn(text: string): (Token & { from: number; to: number })[] {
  return [...text.matchAll(TOKEN)].map((found) => ({
    ...tokenOf(found[1] ?? ''),
    from: found.index,
    to: found.index + found[0].length,
  }));
}

function tokenOf(written: string): Token {
  const bar = written.indexOf('|');
  return bar < 0
    ? { path: written, fallback: undefined }
    : { path: written.slice(0, bar), fallback: written.slice(bar + 1) };
}

/**
 * What stands for a token: a text, a number, a flag, an array, or the default; undefined if there is neither. A value
 * that is no object ends the walk, whatever of the path is left.
 */
export function tokenValue(token: Token, data: unknown): unknown {
  let value: unknown = data;
  for (const name of token.path.split('.')) {
    if (!isAttributes(value)) break;
    value = Object.hasOwn(value, name) ? value[name] : undefined;
  }
  return value === undefined || value === null || isAttributes(value) ? token.fallback : value;
}

/** The value of a token as text. Arrays are written as Ruby shows them, which is what existing commands parse. */
export function textOf(value: unknown): string {
  return Array.isArray(value) ? `[${value.map(inspect).join(', ')}]` : String(value);
}

function inspect(value: unknown): string {
  if (value === null) return 'nil';
  if (Array.isArray(value)) return textOf(value);
  if (!isAttributes(value)) return JSON.stringify(value);
  const members = Object.entries(value).map(([name, item]) => `${JSON.stringify(name)}=>${inspect(item)}`);
  return `{${members.join(', ')}}`;
}
