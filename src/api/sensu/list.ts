import { matchAttributes } from '../../model/match.ts';
import { type Answer, isOk, json } from '../answer.ts';
import type { Query } from './query.ts';

/**
 * Answers a list: all of it, or with `limit` (and `offset`) a part, whose place `X-Pagination` tells. Only the items
 * of the part are made into documents.
 */
export function page<Item>(
  query: Query,
  items: Iterable<Item>,
  total: number,
  document: (item: Item) => unknown,
): Answer {
  const limit = query.whole('limit');
  if (limit === undefined) return json(Array.from(items, document));
  const offset = query.whole('offset') ?? 0;
  const documents: unknown[] = [];
  let index = 0;
  if (limit > 0 && offset < total) {
    for (const item of items) {
      if (index >= offset) documents.push(document(item));
      index++;
      if (documents.length === limit) break;
    }
  }
  return { ...json(documents), headers: { 'X-Pagination': JSON.stringify({ limit, offset, total }) } };
}

/** Keeps of an answer that is a list what the query's filter wants; the page was cut before. */
export function filtered(query: Query, answer: Answer): Answer {
  const wanted = query.filter();
  if (!wanted || !isOk(answer) || !Array.isArray(answer.body)) return answer;
  return { ...answer, body: answer.body.filter((item) => matchAttributes(wanted, item).matched) };
}
