import type { LogRetention } from '../port.ts';
import type { AppendTuple, LogQuery, LogRow } from './protocol.ts';
import type { SqlDatabase, SqlStatement } from './sqlite.ts';

/** Rows that are looked at for each row that comes in, so that the table shrinks faster than it grows. */
const SWEEP_RATIO = 3;

/**
 * How a log is named in the table: as JSON text without its quotes, since SQLite's own texts end at a NUL and
 * cannot hold half a surrogate pair.
 */
function tableName(log: string): string {
  return JSON.stringify(log).slice(1, -1);
}

/** Behind every text that begins with this one: byte 255 occurs in no UTF-8. */
function behind(prefix: string): Uint8Array {
  return Buffer.concat([Buffer.from(prefix), Buffer.from([0xff])]);
}

/**
 * The table of log entries, clustered by log. What is beyond retention is never read, and is deleted by a sweep that
 * goes round the table in step with what comes in.
 */
export class LogTable {
  readonly #retention: Readonly<Record<string, LogRetention>>;
  readonly #insert: SqlStatement;
  readonly #query: SqlStatement;
  readonly #drop: SqlStatement;
  readonly #delete: SqlStatement;
  readonly #sweepPage: SqlStatement;
  /** Where the sweep is, and how many entries of that log it has met. */
  #sweep = { log: '', sequence: 0, met: 0 };

  constructor(database: SqlDatabase, retention: Readonly<Record<string, LogRetention>>) {
    this.#retention = retention;
    this.#insert = database.prepare('INSERT OR REPLACE INTO log_entry VALUES (?, ?, ?, ?)');
    this.#query = database.prepare(`
      SELECT sequence, time, entry FROM log_entry
      WHERE log = ?1 AND sequence < ?2 AND time >= ?3 AND sequence > coalesce(
        (SELECT sequence FROM log_entry WHERE log = ?1 AND sequence < ?4 ORDER BY sequence DESC LIMIT 1 OFFSET ?5), -1)
      ORDER BY sequence DESC LIMIT ?6`);
    this.#drop = database.prepare('DELETE FROM log_entry WHERE log >= ? AND log < CAST(? AS TEXT)');
    this.#delete = database.prepare('DELETE FROM log_entry WHERE log = ? AND sequence = ?');
    this.#sweepPage = database.prepare(`
      SELECT log, sequence, time FROM log_entry WHERE (log, sequence) < (CAST(? AS TEXT), ?)
      ORDER BY log DESC, sequence DESC LIMIT ?`);
  }

  insert(appends: AppendTuple[]): void {
    const rows = appends.map(([log, ...rest]) => [tableName(log), ...rest] as AppendTuple);
    rows.sort((a, b) => (a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : a[1] - b[1]));
    for (const [log, sequence, timeMs, entry] of rows) {
      this.#insert.run(log, sequence, timeMs, JSON.stringify(entry));
    }
  }

  /** Newest first. */
  read(query: LogQuery): LogRow[] {
    const { log, before, sinceMs, known, keep, limit } = query;
    return this.#query.all(tableName(log), Math.min(before, known), sinceMs, known, keep, limit) as LogRow[];
  }

  drop(prefix: string): void {
    const text = tableName(prefix);
    this.#drop.run(text, behind(text));
  }

  /** Deletes what is beyond retention among the next rows of the round; `inserted` rows came in since the last call. */
  sweep(inserted: number, nowMs: number): void {
    const from = this.#sweep;
    const start = from.log === '' ? behind('') : from.log;
    const rows = this.#sweepPage.all(start, from.sequence, inserted * SWEEP_RATIO) as (LogRow & {
      log: string;
    })[];
    for (const { log, sequence, time } of rows) {
      this.#sweep = { log, sequence, met: log === this.#sweep.log ? this.#sweep.met + 1 : 1 };
      if (this.#isBeyond(log, this.#sweep.met, time, nowMs)) this.#delete.run(log, sequence);
    }
    if (rows.length < inserted * SWEEP_RATIO) this.#sweep = { log: '', sequence: 0, met: 0 };
  }

  #isBeyond(log: string, met: number, time: number, nowMs: number): boolean {
    const retention = this.#retention[log.slice(0, log.indexOf('/'))];
    return retention !== undefined && (met > retention.entries || time < nowMs - retention.ageMs);
  }
}
