/**
 * The store port: documents by kind and name, bounded logs, leases, and the feed of changes.
 * `docs/store.md` states in MUST sentences what every driver holds to; the suite in
 * `testing/store-contract.ts` tests them.
 */

/** Names one document. */
export interface Ref {
  kind: string;
  name: string;
}

declare const revisionMark: unique symbol;
/** What a document was when it was read; only its driver can look inside. */
export type Revision = { readonly [revisionMark]: true };

/** A document as it was read. The value is shared: nobody changes it. */
export interface Found {
  value: unknown;
  revision: Revision;
}

export interface FoundNamed extends Found {
  name: string;
}

/** A page of documents of one kind, in the order of their names. */
export interface Page {
  items: FoundNamed[];
  /** Give it as `after` for the next page; missing on the last one. */
  next?: string;
}

export interface PageOptions {
  /** Only names behind this one. */
  after?: string | undefined;
  /** Only names that begin with this. */
  prefix?: string | undefined;
  /** Most items; 1000 unless told. */
  limit?: number | undefined;
}

/** One document to be written. */
export interface Write extends Ref {
  /** The new document; undefined deletes it. It belongs to the store from here on. */
  value: unknown;
  /** What it must still be: the revision that was read, or `absent`. Missing: whatever it is. */
  expect?: Revision | 'absent' | undefined;
}

/** One entry for a log. */
export interface Append {
  /** `<family>/<rest>`; retention is set for each family. */
  log: string;
  /** Unix milliseconds. */
  timeMs: number;
  entry: unknown;
}

/** What is written whole or not at all. */
export interface Change {
  writes: readonly Write[];
  appends?: readonly Append[] | undefined;
}

/** What became of a commit: indexes of the changes that met another writer and were left undone. */
export interface Committed {
  conflicts: readonly number[];
}

export interface LogEntry {
  /** Grows within one log. */
  sequence: number;
  timeMs: number;
  entry: unknown;
}

/** How much of a family of logs is kept. */
export interface LogRetention {
  /** Most entries of one log. */
  entries: number;
  /** Longest age in milliseconds. */
  ageMs: number;
}

/** A right that one holder has at a time, until it is released or its time runs out. */
export interface Lease {
  readonly name: string;
  readonly holder: string;
  /** Starts the time anew; false when the lease has been lost. */
  renew(): Promise<boolean>;
  release(): Promise<void>;
}

/** One entry of the feed. `cursor` names the place behind it. */
export type FeedItem =
  | { cursor: string; type: 'document'; kind: string; name: string; value: unknown }
  | { cursor: string; type: 'log'; log: string; timeMs: number; entry: unknown }
  /** The place asked for is too old or unknown: read everything again, then go on from this cursor. */
  | { cursor: string; type: 'resync' };

export interface Store {
  /** Name of the driver, as configured. */
  readonly name: string;
  readonly connected: boolean;

  /** The documents asked for, in that order; undefined where there is none. */
  get(refs: readonly Ref[]): Promise<(Found | undefined)[]>;
  list(kind: string, options?: PageOptions): Promise<Page>;
  /**
   * Writes the changes in one go. Resolves when all that did not conflict are durable; rejects with kind
   * `unavailable` or `closed` when it is not known to be.
   */
  commit(changes: readonly Change[]): Promise<Committed>;

  /** Entries of a log, newest first; `before` is the sequence of an entry already seen. */
  readLog(log: string, options?: { limit?: number; before?: number }): Promise<LogEntry[]>;
  /** Forgets every log whose name begins with `prefix`. */
  dropLogs(prefix: string): Promise<void>;

  /** The lease, when nobody else holds it. `ttlMs` is elapsed time. */
  lease(name: string, holder: string, ttlMs: number): Promise<Lease | undefined>;

  /** The cursor of the newest change. */
  cursor(): string;
  /** Changes behind `cursor` (undefined: from now on), in the order of commit, in batches. Ends when `signal` aborts. */
  follow(cursor: string | undefined, signal: AbortSignal): AsyncIterable<readonly FeedItem[]>;

  /**
   * The committed documents of a kind by name, live, for drivers that hold them in memory; undefined otherwise.
   * It changes only when `commit` is called, when the store fails and, where others share it, when they write; code that
   * does not wait never sees it move.
   */
  view(kind: string): ReadonlyMap<string, unknown> | undefined;

  /**
   * Writes everything that was committed before the call, whole and consistent, to a file that does not exist yet,
   * while the store goes on. Rejects with kind `unavailable` when that cannot be done; then there is no such file.
   * Missing for drivers whose state is not in a file of ours.
   */
  backup?(path: string): Promise<void>;

  /** Ends when everything is on disk. Later calls reject with kind `closed`. May be called twice. */
  close(): Promise<void>;
}
