import { SEVERITIES } from '../../model/severity.ts';
import type { SearchField, SearchFields, SearchType } from './fields.ts';
import { fieldOf } from './parse.ts';

/** What can stand at a place in a search. `from` and `to`: the part of the text that a suggestion replaces. */
export interface SearchCompletion {
  /** `condition`: a field, a word or a keyword; `value`: behind a field's colon; `text`: inside quotes. */
  kind: 'condition' | 'value' | 'text';
  from: number;
  to: number;
  /** The field whose value is being written. */
  field?: string | undefined;
  type?: SearchType | undefined;
  suggestions: { text: string; description?: string | undefined }[];
}

const MOST_SUGGESTIONS = 50;
const KEYWORDS = ['AND', 'OR', 'NOT'];
const EXAMPLES: Record<SearchType, readonly string[]> = {
  text: [],
  any: [],
  number: ['>', '>=', '<', '<='],
  severity: [...SEVERITIES, '>=warning'],
  flag: ['true', 'false'],
  duration: ['>5m', '>1h', '>1d', '<'],
  time: ['>-1h', '>-1d', '>-1w', '<'],
};

/** What may be written at a position of a search that is being typed, however unfinished it is. */
export function completeSearch<D>(text: string, position: number, fields: SearchFields<D>): SearchCompletion {
  const to = Math.max(0, Math.min(text.length, Math.trunc(position) || 0));
  const term = termBefore(text, to);
  if (term.quoted) return { kind: 'text', from: term.from, to, suggestions: [] };
  const colon = text.slice(term.from, to).indexOf(':');
  if (colon < 0) return condition(text.slice(term.from, to), term.from, to, fields);
  const name = text.slice(term.from, term.from + colon);
  const from = Math.max(term.from + colon, text.lastIndexOf(',', to - 1)) + 1;
  return values(name, text.slice(from, to), from, to, fields);
}

/** Where the term that the cursor is in begins, and whether the cursor is inside quotes. */
function termBefore(text: string, position: number): { from: number; quoted: boolean } {
  let from = 0;
  let quote = -1;
  for (let at = 0; at < position; at++) {
    const character = text.charAt(at);
    if (quote >= 0) {
      if (character === '\\') at++;
      else if (character === '"') quote = -1;
    } else if (character === '"') quote = at;
    else if (/[\s()]/.test(character) || (character === '-' && at === from)) from = at + 1;
  }
  return quote >= 0 ? { from: quote, quoted: true } : { from, quoted: false };
}

function condition<D>(typed: string, from: number, to: number, known: SearchFields<D>): SearchCompletion {
  const names = [...known.fields].map(([name, field]) => ({
    text: `${name}:`,
    description: field.description,
  }));
  const paths = [...known.documents.keys()].map((name) => ({
    text: `${name}.`,
    description: `any attribute of the ${name}`,
  }));
  const keywords = KEYWORDS.map((text) => ({ text }));
  return { kind: 'condition', from, to, suggestions: beginning(typed, [...names, ...paths, ...keywords]) };
}

function values<D>(
  name: string,
  typed: string,
  from: number,
  to: number,
  known: SearchFields<D>,
): SearchCompletion {
  const field = fieldOf(name, known);
  const offered = field === undefined ? [] : offeredFor(field).map((text) => ({ text }));
  const suggestions = beginning(typed, offered);
  return { kind: 'value', from, to, field: name, type: field?.type, suggestions };
}

function offeredFor<D>(field: SearchField<D>): readonly string[] {
  return field.values ?? EXAMPLES[field.type];
}

function beginning<T extends { text: string }>(typed: string, offered: readonly T[]): T[] {
  const start = typed.toLowerCase();
  return offered.filter(({ text }) => text.toLowerCase().startsWith(start)).slice(0, MOST_SUGGESTIONS);
}
