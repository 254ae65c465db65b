/**
 * What a field holds, and so what may be asked of it:
 * `text`; `number`; `severity` (a status: 0 to 3, or `ok`, `warning`, `critical`, `unknown`); `flag` (true or
 * false); `duration` (seconds; `90`, `1h30m`); `time` (Unix seconds; a date, or `-1h` for an hour ago);
 * `any` (whatever the document has there).
 */
export type SearchType = 'text' | 'number' | 'severity' | 'flag' | 'duration' | 'time' | 'any';

/** A name that may stand before a colon. */
export interface SearchField<D> {
  type: SearchType;
  /** For people who write a search. */
  description?: string | undefined;
  /** Values worth offering to somebody who types. */
  values?: readonly string[] | undefined;
  /** The value in a document; a list has the value of any of its items. Undefined or null: none. */
  read(document: D, nowMs: number): unknown;
}

/** What can be asked of a kind of document (the subject of a search). */
export interface SearchFields<D = unknown> {
  fields: ReadonlyMap<string, SearchField<D>>;
  /** Documents of which any attribute may be named by its path: `client` for `client.region`. */
  documents: ReadonlyMap<string, (document: D) => unknown>;
  /** The texts that a word without a field is looked for in. */
  texts(document: D): Iterable<string>;
}
