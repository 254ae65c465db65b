import type { SearchField, SearchType } from './fields.ts';

/** An end of a range. `ago`: `at` counts seconds before the time of the search. `open`: the end itself is not in it. */
export interface RangeEnd {
  at: number;
  ago: boolean;
  open: boolean;
}

/** What a value has to be. Texts are in lower case and are compared with texts in lower case. */
export type SearchTest =
  /** Equal. A severity is given by its name, or by its number if the person wrote one. */
  | { kind: 'equals'; value: string | number | boolean }
  /** A text with `*` for anything: begins with the first piece, ends with the last, has the others between, in order. */
  | { kind: 'pattern'; pieces: readonly string[] }
  /** Numbers, durations and times in seconds, severities as numbers. At least one end is there. */
  | { kind: 'range'; from?: RangeEnd | undefined; to?: RangeEnd | undefined }
  /** Anything but nothing (`field:*`). */
  | { kind: 'exists' };

/** What a search asks: indexes can be used wherever `equals` of an indexed field stands under `and` and `or`. */
export type SearchNode<D = unknown> =
  /** An empty search. */
  | { kind: 'everything' }
  | { kind: 'and'; parts: readonly SearchNode<D>[] }
  | { kind: 'or'; parts: readonly SearchNode<D>[] }
  | { kind: 'not'; part: SearchNode<D> }
  | {
      kind: 'field';
      /** As known to the subject: `status`, or a path such as `client.region`. */
      field: string;
      type: SearchType;
      read: SearchField<D>['read'];
      test: SearchTest;
    }
  /** One of the document's texts holds all pieces, in order. */
  | { kind: 'words'; pieces: readonly string[] };

/** A search that can be asked of documents, as often as one likes. */
export interface Search<D = unknown> {
  /** As it was written. */
  text: string;
  tree: SearchNode<D>;
  /** Whether a document is among what was asked for. Never throws for whatever a document holds. */
  matches(document: D, nowMs: number): boolean;
}
