/**
 * Conditions that people write: `eval:` of Sensu's filters (a part of Ruby), CEL, and the language of the search.
 *
 * In comes a text; out comes something that can be asked of documents, or the place of the first mistake in it.
 * It runs wherever conditions are: where the configuration is loaded, filters decided, documents searched. It
 * remembers what it parsed and nothing else. It never runs what people wrote as a program, reaches nothing but the
 * documents it is handed and their own attributes, and every evaluation ends within fixed bounds.
 */
export { type AttributesPlan, planAttributes } from './attributes.ts';
export { type Expression, parseExpression } from './cel/index.ts';
export { ExpressionError, type Mistake, type Parsed } from './mistake.ts';
export { type Evaluation, parseEvaluation } from './ruby/index.ts';
export { completeSearch, type SearchCompletion } from './search/complete.ts';
export type { SearchField, SearchFields, SearchType } from './search/fields.ts';
export { parseSearch } from './search/index.ts';
export { matchesSearch } from './search/match.ts';
export type { RangeEnd, Search, SearchNode, SearchTest } from './search/tree.ts';
