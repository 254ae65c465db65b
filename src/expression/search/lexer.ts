import { ParseStop } from '../mistake.ts';

/** A piece of a search. `to` is the index behind it. */
export type SearchToken = { from: number; to: number } & (
  | { kind: '(' | ')' | 'AND' | 'OR' | 'NOT' | '-' }
  /** A field's name, with the colon behind it, and the values that followed without a space. */
  | { kind: 'field'; name: string; values: SearchValue[] }
  /** A word or a quoted text without a field. */
  | { kind: 'word'; value: SearchValue }
);

/** A text that a person wrote, without its quotes. Quoted, nothing in it has a meaning of its own. */
export interface SearchValue {
  text: string;
  quoted: boolean;
  from: number;
  to: number;
}

const NAME = /[A-Za-z_][\w.-]*:/y;
const WORD_END = /[\s()"]/;
const VALUE_END = /[\s(),"]/;
const KEYWORDS = new Set(['AND', 'OR', 'NOT']);

/** The pieces of a search, in order. Throws ParseStop. */
export function readTokens(text: string): SearchToken[] {
  const tokens: SearchToken[] = [];
  let at = skipSpace(text, 0);
  while (at < text.length) {
    const token = readToken(text, at);
    tokens.push(token);
    at = skipSpace(text, token.to);
  }
  return tokens;
}

function readToken(text: string, from: number): SearchToken {
  const first = text.charAt(from);
  if (first === '(' || first === ')') return { kind: first, from, to: from + 1 };
  if (first === '-' && !/^(\s|$)/.test(text.slice(from + 1, from + 2)))
    return { kind: '-', from, to: from + 1 };
  NAME.lastIndex = from;
  const name = NAME.exec(text)?.[0];
  if (name !== undefined) return readField(text, from, name.slice(0, -1));
  const value = readValue(text, from, WORD_END);
  if (!value.quoted && KEYWORDS.has(value.text)) {
    return { kind: value.text as 'AND' | 'OR' | 'NOT', from, to: value.to };
  }
  return { kind: 'word', value, from, to: value.to };
}

function readField(text: string, from: number, name: string): SearchToken {
  const values: SearchValue[] = [];
  let at = from + name.length + 1;
  for (;;) {
    if (text.charAt(at) === '(') {
      throw new ParseStop(
        at,
        `"${name}:" is followed by a parenthesis`,
        `write the values with commas between them: ${name}:one,two`,
      );
    }
    const value = readValue(text, at, VALUE_END);
    if (value.to === value.from) {
      throw new ParseStop(at, `there is no value behind "${name}:"`, `"${name}:*" asks for any value`);
    }
    values.push(value);
    at = value.to;
    if (text.charAt(at) !== ',') return { kind: 'field', name, values, from, to: at };
    at++;
  }
}

/** A quoted text, or what stands up to the end of a word; empty when that is where it begins. */
function readValue(text: string, from: number, end: RegExp): SearchValue {
  if (text.charAt(from) === '"') return readQuoted(text, from);
  let to = from;
  while (to < text.length && !end.test(text.charAt(to))) to++;
  return { text: text.slice(from, to), quoted: false, from, to };
}

/** In quotes, `\"` is a quote and `\\` a backslash. */
function readQuoted(text: string, from: number): SearchValue {
  let content = '';
  for (let at = from + 1; at < text.length; at++) {
    const character = text.charAt(at);
    if (character === '"') return { text: content, quoted: true, from, to: at + 1 };
    const next = text.charAt(at + 1);
    if (character === '\\' && (next === '"' || next === '\\')) {
      content += next;
      at++;
    } else content += character;
  }
  throw new ParseStop(from, 'the quote that opens here is not closed', 'put a " where the text ends');
}

function skipSpace(text: string, from: number): number {
  let at = from;
  while (at < text.length && /\s/.test(text.charAt(at))) at++;
  return at;
}
