import { matchAttributes } from '../../model/match.ts';
import { type Answer, isList, type ListAnswer } from '../answer.ts';
import type { Texts } from '../texts.ts';
import type { Query } from './query.ts';

/** Documents of a list that are made of one stored object each, whose JSON is therefore worth keeping. */
export interface Stored<Item> {
  texts: Texts;
  /** The object in the store. */
  of: (item: Item) => object;
  document: (item: Item) => unknown;
}

/** Makes a list's documents as JSON that is kept, unless a filter wants to look into them. */
export function stored<Item>(query: Query, { texts, of, document }: Stored<Item>): (item: Item) => unknown {
  return query.filter() ? document : (item) => texts.of(of(item), item, document);
}

/**
 * Answers a list: all of it, or with `limit` (and `offset`) a part, whose place `X-Pagination` tells. Only the items
 * of the part are made into documents, and only when their turn comes.
 */
export function page<Item>(
  query: Query,
  items: Iterable<Item>,
  total: number,
  document: (item: Item) => unknown,
): ListAnswer {
  const limit = query.whole('limit');
  if (limit === undefined) return listed(items, document);
  const offset = query.whole('offset') ?? 0;
  const none = limit === 0 || offset >= total;
  return {
    status: 200,
    items: none ? [] : part(items, offset, limit, document),
    headers: { 'X-Pagination': JSON.stringify({ limit, offset, total }) },
  };
}

/** Answers all of a list, whatever part the query asks for. */
export function listed<Item>(items: Iterable<Item>, document: (item: Item) => unknown): ListAnswer {
  return { status: 200, items: documents(items, document) };
}

/** A list of which nobody knows how long it is until it was gone through. */
export function pageOf<Item>(
  query: Query,
  items: Iterable<Item>,
  document: (item: Item) => unknown,
): ListAnswer {
  const all = [...items];
  return page(query, all, all.length, document);
}

/** Keeps of an answer that is a list what the query's filter wants; the page was cut before. */
export function filtered(query: Query, answer: Answer): Answer {
  const wanted = query.filter();
  if (!wanted || !isList(answer)) return answer;
  const kept = (item: unknown) => (matchAttributes(wanted, item).matched ? item : undefined);
  return { ...answer, items: documents(answer.items, kept) } as ListAnswer;
}

function* documents<Item>(items: Iterable<Item>, document: (item: Item) => unknown): Generator<unknown> {
  for (const item of items) yield document(item);
}

function* part<Item>(
  items: Iterable<Item>,
  offset: number,
  limit: number,
  document: (item: Item) => unknown,
): Generator<unknown> {
  let index = 0;
  for (const item of items) {
    if (index >= offset) yield document(item);
    else yield undefined;
    index++;
    if (index >= offset + limit) return;
  }
}
