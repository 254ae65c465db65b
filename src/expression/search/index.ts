import { type Parsed, parsed } from '../mistake.ts';
import type { SearchFields } from './fields.ts';
import { matchesSearch } from './match.ts';
import { readSearch } from './parse.ts';
import type { Search } from './tree.ts';

/**
 * Reads a search such as `status:critical check:disk* -silenced:true "connection refused"` over the fields of a
 * subject (`docs/expressions.md` tells the language). A name that is no field is a mistake, with the nearest one.
 */
export function parseSearch<D>(text: string, fields: SearchFields<D>): Parsed<Search<D>> {
  return parsed(() => {
    const tree = readSearch(text, fields);
    const texts = fields.texts.bind(fields);
    return { text, tree, matches: (document, nowMs) => matchesSearch(tree, document, nowMs, texts) };
  });
}
