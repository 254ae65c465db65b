import { errorText, TocsinError } from '../../runtime/errors.ts';
import {
  SQLITE_BUSY,
  SQLITE_CORRUPT,
  SQLITE_NOT_A_DATABASE,
  type SqlDatabase,
  sqliteCode,
} from './sqlite.ts';

/** `PRAGMA application_id` of our files: "Tocs". */
const APPLICATION_ID = 0x546f6373;
/** `PRAGMA user_version` of the format that this code reads and writes. `docs/store.md` describes it. */
const FORMAT_VERSION = 1;

const TABLES = `
  CREATE TABLE meta (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
  CREATE TABLE journal (position INTEGER PRIMARY KEY, items INTEGER NOT NULL, writes TEXT, appends TEXT);
  CREATE TABLE bucket (bucket INTEGER PRIMARY KEY, position INTEGER NOT NULL, documents TEXT NOT NULL);
  CREATE TABLE log_entry (
    log TEXT NOT NULL, sequence INTEGER NOT NULL, time INTEGER NOT NULL, entry TEXT NOT NULL,
    PRIMARY KEY (log, sequence)
  ) WITHOUT ROWID;
  INSERT INTO meta VALUES ('run', 0), ('moved', 0), ('position', 0);
  PRAGMA application_id = ${APPLICATION_ID};
  PRAGMA user_version = ${FORMAT_VERSION};
`;

/**
 * Makes a database ours for as long as it is open: locks it, makes the tables in a new one, judges its format, and
 * counts this opening durably. Returns its number.
 * @throws STORE_LOCKED, STORE_FORMAT; what SQLite throws otherwise
 */
export function takeOver(database: SqlDatabase, sync: 'process' | 'power', mostPages?: number): number {
  database.exec(
    'PRAGMA page_size = 8192; PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL',
  );
  // The wal is copied to the file every 16 MiB; pages that changed several times meanwhile are copied once.
  database.exec('PRAGMA wal_autocheckpoint = 2048; PRAGMA cache_size = -16384');
  if (mostPages !== undefined) database.exec(`PRAGMA max_page_count = ${mostPages}`);
  database.exec('BEGIN IMMEDIATE');
  judgeFormat(database);
  database.exec(`UPDATE meta SET value = value + 1 WHERE name = 'run'`);
  const run = readMeta(database, 'run');
  database.exec('COMMIT');
  // A new run is always safe from loss of power, so that no cursor of a lost run is taken for one of ours.
  if (sync === 'process') database.exec('PRAGMA synchronous = NORMAL');
  return run;
}

function judgeFormat(database: SqlDatabase): void {
  const application = readPragma(database, 'application_id');
  const version = readPragma(database, 'user_version');
  const tables = database.prepare('SELECT count(*) AS value FROM sqlite_schema').get() as { value: number };
  if (application === 0 && version === 0 && tables.value === 0) database.exec(TABLES);
  else if (application !== APPLICATION_ID) {
    throw new TocsinError('STORE_FORMAT', 'it is a database, but not one of Tocsin');
  } else if (version > FORMAT_VERSION) {
    throw new TocsinError(
      'STORE_FORMAT',
      `it has format ${version} of a newer Tocsin, and this one reads up to ${FORMAT_VERSION}`,
    );
  }
}

function readPragma(database: SqlDatabase, name: string): number {
  return (database.prepare(`PRAGMA ${name}`).get() as Record<string, number>)[name] ?? 0;
}

export function readMeta(database: SqlDatabase, name: 'run' | 'moved' | 'position'): number {
  const row = database.prepare('SELECT value FROM meta WHERE name = ?').get(name) as
    | { value: number }
    | undefined;
  if (row === undefined) throw new TocsinError('STORE_FORMAT', `it is damaged: "${name}" is missing`);
  return row.value;
}

/** An error of the store at this path in words for the one who runs it; what SQLite threw is translated here. */
export function storeError(path: string, thrown: unknown): TocsinError {
  const code = sqliteCode(thrown);
  if (code === SQLITE_BUSY) {
    return new TocsinError(
      'STORE_LOCKED',
      `The store ${path} is in use by another process: stop that one, or give this one a folder of its own.`,
    );
  }
  if (thrown instanceof TocsinError && thrown.code !== 'STORE_FORMAT') return thrown;
  if (thrown instanceof TocsinError || code === SQLITE_CORRUPT || code === SQLITE_NOT_A_DATABASE) {
    const reason = thrown instanceof TocsinError ? thrown.message : `it is damaged (${errorText(thrown)})`;
    return new TocsinError(
      'STORE_FORMAT',
      `The store ${path} cannot be used: ${reason}. Restore it from a copy, or move it away to begin anew.`,
    );
  }
  return new TocsinError('STORE_UNAVAILABLE', `The store ${path} failed: ${errorText(thrown)}.`, {
    cause: thrown,
  });
}
