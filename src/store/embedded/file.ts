import { TocsinError } from '../../runtime/errors.ts';
import { Buckets, joinLines, splitLines } from './buckets.ts';
import { demandSound, readMeta, takeOver } from './format.ts';
import { judgeLength } from './length.ts';
import { LogTable } from './log-table.ts';
import type {
  AppendTuple,
  BucketRow,
  JournalRow,
  LogQuery,
  LogRow,
  Piece,
  Work,
  WorkerOptions,
} from './protocol.ts';
import type { OpenSqlite, SqlDatabase, SqlStatement } from './sqlite.ts';

/** Characters of JSON text that are read at once. */
const PIECE_LENGTH = 1 << 18;
/** Rows that are read at once, however small they are. */
const MOST_ROWS = 1_024;
/** Log entries in the journal that are worth a move to the table of logs. */
const MOVE_ENTRIES = 4_096;
/** Characters of journal behind which even one entry moves, since it keeps the journal from being cut. */
const MOVE_LENGTH = 8 << 20;

/** The database file, in the thread that writes it. Every method may throw what SQLite throws. */
export class StoreFile {
  readonly #database: SqlDatabase;
  readonly #buckets = new Buckets();
  readonly #logs: LogTable;
  readonly #statements: ReturnType<typeof prepare>;
  /** Log entries that are in the journal alone: how many, the row of the oldest, and what the journal grew by since. */
  #unmoved: { entries: number; oldest: number; length: number } = { entries: 0, oldest: 0, length: 0 };
  /** Place of the newest change. */
  #position: number;
  /** Place up to which log entries are in the table of logs. */
  moved: number;
  /** Which opening of the file this is. */
  readonly run: number;
  /** Place of the newest change that the file held when it was opened. */
  readonly start: number;

  constructor(openSqlite: OpenSqlite, options: WorkerOptions) {
    const length = judgeLength(options.path);
    this.#database = openSqlite(options.path);
    try {
      this.run = takeOver(this.#database, options);
      if (length === 'unsure') demandSound(this.#database);
      this.moved = readMeta(this.#database, 'moved');
      const last = this.#database.prepare('SELECT max(position) AS position FROM journal').get();
      const newest = (last as { position: number | null }).position ?? 0;
      this.start = Math.max(newest, readMeta(this.#database, 'position'));
      this.#position = this.start;
      this.#logs = new LogTable(this.#database, options.logs);
      this.#statements = prepare(this.#database);
    } catch (error) {
      this.#database.close();
      throw error;
    }
  }

  /** Everything the file holds, in pieces. The journal is read first, so that each document comes once. */
  *content(): Generator<Piece> {
    const { bucketsBehind, rowsBehind, completeness } = this.#statements;
    const rows = completeness.all() as Omit<BucketRow, 'documents'>[];
    const complete = new Map(rows.map((row) => [row.bucket, row.position]));
    const journal = (place: number, count: number) => rowsBehind.all(place, count) as JournalRow[];
    let before: number | undefined;
    for (const piece of pieces(journal, (row) => [row.position, lengthOf(row)])) {
      for (const row of piece) before = unbroken(row, before);
      yield { documents: [], appends: piece.flatMap((row) => this.#takeIn(row, complete)) };
    }
    const added = [...this.#buckets.waiting].filter((bucket) => !complete.has(bucket));
    yield { documents: added.map((bucket) => this.#buckets.merge(bucket, '[]')), appends: [] };
    const buckets = (place: number, count: number) => bucketsBehind.all(place, count) as BucketRow[];
    for (const piece of pieces(buckets, (row) => [row.bucket, row.documents.length])) {
      for (const row of piece) this.#buckets.holds(row.bucket, row.documents.length);
      yield { documents: piece.map((row) => this.#buckets.merge(row.bucket, row.documents)), appends: [] };
    }
  }

  begin(): void {
    this.#database.exec('BEGIN IMMEDIATE');
  }

  commit(): void {
    this.#database.exec('COMMIT');
  }

  /** Writes a batch, and with it what is due of snapshots and logs. */
  write(work: Work): void {
    if (work.items > 0) this.#journal(work);
    if (work.dropPrefix !== undefined) {
      // What is still in the journal moves first, or it would come back from there.
      this.#move(work);
      this.#logs.drop(work.dropPrefix);
    }
  }

  /** Copies what is committed to a new file; what is committed meanwhile may be in it. */
  async copyTo(path: string): Promise<void> {
    await this.#database.copyTo(path);
  }

  readLog(query: LogQuery): LogRow[] {
    return this.#logs.read(query);
  }

  /** Closes the file, with everything moved out of the journal if that can be done, so that it opens quickly. */
  close(): void {
    try {
      this.begin();
      for (const bucket of [...this.#buckets.waiting]) this.#writeBucket(bucket, this.#position);
      this.#move({ position: this.#position, nowMs: 0 });
      this.#cutJournal(this.#position);
      this.commit();
    } catch {
      // The journal holds everything; the next opening reads it from there.
    }
    this.abandon();
  }

  /** Closes the file as it is; a transaction that is open is undone. */
  abandon(): void {
    this.#database.close();
  }

  #journal(work: Work): void {
    const { position, items } = work;
    const writes = work.writes.length > 0 ? joinLines(work.writes) : null;
    const appends = work.appends.length > 0 ? joinLines(work.appends) : null;
    this.#statements.insertRow.run(position, items, writes, appends);
    this.#position = position;
    this.#buckets.add(work.writes, position);
    if (work.appends.length > 0) this.#appended(work.appends.length, position);
    const length = lengthOf({ position, items, writes, appends });
    this.#buckets.grew(length);
    this.#unmoved.length += length;
    const { entries, length: grown } = this.#unmoved;
    const moves = entries >= MOVE_ENTRIES || (entries > 0 && grown >= MOVE_LENGTH);
    if (moves) this.#move(work);
    if (this.#snapshot(position) || moves) this.#cutJournal(position);
  }

  /** Learns from a journal row what is not in the other tables. Returns the appends that are not. */
  #takeIn({ position, writes, appends }: JournalRow, complete: ReadonlyMap<number, number>): string[] {
    if (writes !== null) {
      this.#buckets.add(splitLines(writes), position, (bucket) => (complete.get(bucket) ?? 0) >= position);
    }
    if (appends === null || position <= this.moved) return [];
    this.#appended(splitLines(appends).length, position);
    return [appends];
  }

  #appended(entries: number, position: number): void {
    if (this.#unmoved.entries === 0) this.#unmoved = { entries: 0, oldest: position, length: 0 };
    this.#unmoved.entries += entries;
  }

  /** Writes the buckets that are due; true when there was one. */
  #snapshot(position: number): boolean {
    let wrote = false;
    for (let bucket = this.#buckets.due(); bucket !== undefined; bucket = this.#buckets.due()) {
      this.#writeBucket(bucket, position);
      wrote = true;
    }
    return wrote;
  }

  #writeBucket(bucket: number, position: number): void {
    const before = this.#statements.readBucket.get(bucket) as { documents: string } | undefined;
    const text = this.#buckets.merge(bucket, before?.documents ?? '[]');
    this.#statements.replaceBucket.run(bucket, position, text);
    this.#buckets.written(bucket, text);
  }

  #move({ position, nowMs }: Pick<Work, 'position' | 'nowMs'>): void {
    const rows = this.#statements.appendsBetween.all(this.moved, position) as { appends: string }[];
    const appends = rows.flatMap((row) => JSON.parse(row.appends) as AppendTuple[]);
    this.#logs.insert(appends);
    this.#logs.sweep(appends.length, nowMs);
    this.#statements.setMeta.run(position, 'moved');
    this.moved = position;
    this.#unmoved = { entries: 0, oldest: 0, length: 0 };
  }

  /** Deletes the journal rows that nothing waits for. */
  #cutJournal(position: number): void {
    const next = position + 1;
    const unmoved = this.#unmoved.entries > 0 ? this.#unmoved.oldest : next;
    // The place of the newest change is kept beside the journal, which may become empty.
    this.#statements.setMeta.run(position, 'position');
    this.#statements.deleteRows.run(Math.min(this.#buckets.oldest ?? next, unmoved));
  }
}

function prepare(
  database: SqlDatabase,
): Record<
  | 'insertRow'
  | 'readBucket'
  | 'replaceBucket'
  | 'deleteRows'
  | 'appendsBetween'
  | 'setMeta'
  | 'completeness'
  | 'bucketsBehind'
  | 'rowsBehind',
  SqlStatement
> {
  return {
    insertRow: database.prepare('INSERT INTO journal VALUES (?, ?, ?, ?)'),
    readBucket: database.prepare('SELECT documents FROM bucket WHERE bucket = ?'),
    replaceBucket: database.prepare('INSERT OR REPLACE INTO bucket VALUES (?, ?, ?)'),
    deleteRows: database.prepare('DELETE FROM journal WHERE position < ?'),
    appendsBetween: database.prepare(
      'SELECT appends FROM journal WHERE position > ? AND position <= ? AND appends IS NOT NULL ORDER BY position',
    ),
    setMeta: database.prepare('UPDATE meta SET value = ? WHERE name = ?'),
    completeness: database.prepare('SELECT bucket, position FROM bucket'),
    bucketsBehind: database.prepare('SELECT * FROM bucket WHERE bucket > ? ORDER BY bucket LIMIT ?'),
    rowsBehind: database.prepare('SELECT * FROM journal WHERE position > ? ORDER BY position LIMIT ?'),
  };
}

function lengthOf(row: JournalRow): number {
  return (row.writes?.length ?? 0) + (row.appends?.length ?? 0);
}

/**
 * Reads rows in pieces of about a quarter of a mebibyte, so that nobody holds them all: as many at a time as would have filled one
 * last time. `measure` gives a row's key and its length.
 */
function* pieces<Row>(
  behind: (key: number, count: number) => Row[],
  measure: (row: Row) => [key: number, length: number],
): Generator<Row[]> {
  let last = -1;
  let count = 4;
  for (let rows = behind(last, count); rows.length > 0; rows = behind(last, count)) {
    yield rows;
    const measures = rows.map(measure);
    last = measures.at(-1)?.[0] ?? last;
    const length = measures.reduce((sum, [, own]) => sum + own, 1);
    count = Math.min(Math.max(Math.floor((rows.length * PIECE_LENGTH) / length), 1), MOST_ROWS);
  }
}

/** Sees that no row of the journal is missing before this one. */
function unbroken(row: JournalRow, before: number | undefined): number {
  if (before !== undefined && row.position - row.items !== before) {
    throw new TocsinError('STORE_FORMAT', `it is damaged: its journal has a gap behind ${before}`);
  }
  return row.position;
}
