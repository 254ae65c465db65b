import type { ErrorCode } from '../../runtime/errors.ts';
import type { LogRetention } from '../port.ts';

/** What the worker thread is started with. */
export interface WorkerOptions {
  /** Path of the database file. */
  path: string;
  sync: 'process' | 'power';
  logs: Readonly<Record<string, LogRetention>>;
  /** Most pages of the file, for tests of a full disk. */
  mostPages?: number | undefined;
}

/** One batch, or the wish to forget logs. */
export interface Work {
  /** Place in the feed of the last thing in the batch. */
  position: number;
  /** How many things the batch holds: they have the places up to `position`. 0: there is no batch. */
  items: number;
  /** JSON texts: `["kind","name",value]`, or `["kind","name"]` for a document that was deleted. */
  writes: readonly string[];
  /** JSON texts: `["log",sequence,timeMs,entry]`. */
  appends: readonly string[];
  /** Logs that begin with this are forgotten. */
  dropPrefix?: string | undefined;
  /** Wall time, Unix milliseconds: what is too old is told by it. */
  nowMs: number;
}

/** A document, as buckets and the journal hold it. */
export type DocumentTuple = [kind: string, name: string, value: unknown];
/** A log entry, as the journal holds it. */
export type AppendTuple = [log: string, sequence: number, timeMs: number, entry: unknown];

/** One batch in the journal: JSON arrays of the texts in `Work`, one a line. */
export interface JournalRow {
  position: number;
  items: number;
  writes: string | null;
  appends: string | null;
}

/** A bucket of documents: a JSON array of `["kind","name",value]`, one a line. */
export interface BucketRow {
  bucket: number;
  /** Place in the feed up to which it is complete. */
  position: number;
  documents: string;
}

/** A piece of what the file holds: JSON arrays of `["kind","name",value]` and of `["log",sequence,timeMs,entry]`. */
export interface Piece {
  documents: readonly string[];
  appends: readonly string[];
}

/** Which entries of a log are asked for. */
export interface LogQuery {
  log: string;
  /** Only sequences below this. */
  before: number;
  limit: number;
  /** Only entries of this time, Unix milliseconds, or later. */
  sinceMs: number;
  /** Entries from this sequence on are known already, and count towards what is kept. */
  known: number;
  /** How many entries below `known` are kept. */
  keep: number;
}

export interface LogRow {
  sequence: number;
  time: number;
  entry: string;
}

/**
 * What is to be done with a file at rest: look into it, copy it, or settle in it what lies in the files beside it.
 * `called`: it is a backup, and has this name in what is told of it.
 */
export type FileTask =
  | { do: 'inspect'; path: string; called?: string | undefined }
  | { do: 'copy'; path: string; target: string }
  | { do: 'settle'; path: string };

/** The format of the file, when all went well. */
export type FromFileWorker = { format: number } | { code: ErrorCode; message: string };

export type ToWorker =
  | { type: 'more' }
  | { type: 'work'; id: number; work: Work }
  | { type: 'query'; id: number; query: LogQuery }
  | { type: 'backup'; id: number; path: string }
  /** `tidy`: with the journal emptied. It is the last message. */
  | { type: 'close'; tidy: boolean };

export type FromWorker =
  /** The file is open and ours; its content follows, a piece for each `more`. */
  | { type: 'opened'; run: number; start: number; moved: number }
  | { type: 'content'; piece: Piece }
  | { type: 'loaded' }
  /** All work up to this id is durable; log entries up to the place `moved` can be asked for. */
  | { type: 'done'; id: number; moved: number }
  | { type: 'entries'; id: number; rows: LogRow[] }
  /** The copy is complete, or there is none and why. */
  | { type: 'copied'; id: number; problem?: string | undefined }
  /** Nothing more will be done. */
  | { type: 'failed'; code: ErrorCode; message: string }
  | { type: 'closed' };
