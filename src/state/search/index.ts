/**
 * The search over clients, events and results. In: the committed documents and every change of them; questions in the
 * language of `expression`. Out: pages in an order that stays the same while documents change, and counts. Runs where
 * reads are served. Remembers a row of small numbers for each result, signatures of its texts once these are searched,
 * and nothing that cannot be read again. It never writes, never shows or compares what is secret, and never keeps the
 * event loop longer than a slice.
 */
import { completeSearch, type Mistake, type SearchCompletion } from '../../expression/index.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { Store } from '../../store/port.ts';
import type { Views } from '../views.ts';
import type { Subject } from './fields.ts';
import { Freshness } from './freshness.ts';
import { SEARCH_FIELDS } from './rows.ts';
import { Searcher, type SearchLimits } from './search.ts';
import { Turns } from './turns.ts';
import { Upkeep } from './upkeep.ts';

export { keepaliveAgeOf, type Moment, SUBJECTS, type Subject, silencesOf, sinceOf } from './fields.ts';
export type { Hit, Page, Question, SearchLimits, Show } from './search.ts';
export { SEARCH_LIMITS } from './search.ts';
export { Silencing } from './silencing.ts';
export { sortsOf } from './sorts.ts';
export type { Standing } from './table.ts';
export type { Mistake, SearchCompletion };

/** The search and what it is served from. */
export interface SearchIndex {
  searcher: Searcher;
  freshness: Freshness;
  /** Turns of the event loop for other long work. */
  turns: Turns;
  /** Resolves when everything that was there at the beginning can be found; a search waits for it. */
  built: Promise<void>;
  close(): void;
}

/**
 * Opens the search on views; it reads all documents in slices and follows every change.
 * @param failed is called when the store can no longer be followed
 */
export function openSearch(
  parts: { views: Views; store: Store; clock: Clock; limits?: Partial<SearchLimits> | undefined },
  failed: (error: unknown) => void,
): SearchIndex {
  const { views, store, clock, limits } = parts;
  const turns = new Turns(clock);
  const ended = new AbortController();
  const upkeep = new Upkeep({ views, clock, turns }, ended.signal, failed);
  const freshness = new Freshness({ clock, store, cursor: () => upkeep.cursor });
  return {
    searcher: new Searcher({ views, clock, turns, upkeep }, limits),
    freshness,
    turns,
    built: upkeep.built,
    close: () => {
      ended.abort();
      freshness.close();
    },
  };
}

/** What may be written at a position of a search that is being typed. */
export function completion(subject: Subject, q: string, position: number): SearchCompletion {
  return completeSearch(q, position, SEARCH_FIELDS[subject]);
}
