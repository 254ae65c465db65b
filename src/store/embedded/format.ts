import { renameSync, rmSync } from 'node:fs';
import { errorText, TocsinError } from '../../runtime/errors.ts';
import type { WorkerOptions } from './protocol.ts';
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
export const FORMAT_VERSION = 2;
/**
 * What makes of a file of this format one of the next. 1 → 2: the tables are the same; documents may hold what a
 * version that reads 1 would misread (numbers taken of several boots, deliveries that wait for another try).
 */
const STEPS: Readonly<Record<number, string>> = { 1: '' };

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

/** Where the copy of a file of an older format is put before it is changed. */
export function copyOfFormat(path: string, format: number): string {
  return `${path}.format-${format}`;
}

/**
 * Makes a database ours for as long as it is open: locks it, makes the tables in a new one, judges its format, brings
 * an older one up to this one after it was copied, and counts this opening durably. Returns its number.
 * @throws STORE_LOCKED, STORE_FORMAT; what SQLite throws otherwise
 */
export function takeOver(
  database: SqlDatabase,
  { path, sync, mostPages }: Pick<WorkerOptions, 'path' | 'sync' | 'mostPages'>,
): number {
  database.exec(
    'PRAGMA page_size = 8192; PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL',
  );
  // The wal is copied to the file every 16 MiB; pages that changed several times meanwhile are copied once.
  database.exec('PRAGMA wal_autocheckpoint = 2048; PRAGMA cache_size = -16384');
  if (mostPages !== undefined) database.exec(`PRAGMA max_page_count = ${mostPages}`);
  database.exec('BEGIN IMMEDIATE');
  const format = judgeFormat(database);
  if (format < FORMAT_VERSION) {
    database.exec('COMMIT');
    copyOlder(database, copyOfFormat(path, format));
    database.exec('BEGIN IMMEDIATE');
    migrate(database, format);
  }
  database.exec(`UPDATE meta SET value = value + 1 WHERE name = 'run'`);
  const run = readMeta(database, 'run');
  database.exec('COMMIT');
  // A new run is always safe from loss of power, so that no cursor of a lost run is taken for one of ours.
  if (sync === 'process') database.exec('PRAGMA synchronous = NORMAL');
  return run;
}

/** The copy has its name only when it is whole, so that a copy cut short is never taken for one. */
function copyOlder(database: SqlDatabase, copy: string): void {
  const part = `${copy}.part`;
  rmSync(part, { force: true });
  try {
    database.prepare('VACUUM INTO ?').run(part);
    renameSync(part, copy);
  } catch (cause) {
    rmSync(part, { force: true });
    const message = `it has an older format and is copied to ${copy} before it is changed, which failed (${errorText(cause)})`;
    throw new TocsinError('STORE_UNCOPIED', message, { cause });
  }
}

function migrate(database: SqlDatabase, format: number): void {
  for (let version = format; version < FORMAT_VERSION; version++) database.exec(STEPS[version] ?? '');
  database.exec(`PRAGMA user_version = ${FORMAT_VERSION}`);
}

/** The format of the file, which is made when it is new. */
function judgeFormat(database: SqlDatabase): number {
  const tables = database.prepare('SELECT count(*) AS value FROM sqlite_schema').get() as { value: number };
  const application = readPragma(database, 'application_id');
  const version = readPragma(database, 'user_version');
  if (application === 0 && version === 0 && tables.value === 0) database.exec(TABLES);
  return formatOf(database);
}

/**
 * The version of the format that a file has, if it is one that this code can read.
 * @throws STORE_FORMAT
 */
export function formatOf(database: SqlDatabase): number {
  const version = readPragma(database, 'user_version');
  if (readPragma(database, 'application_id') !== APPLICATION_ID)
    throw new TocsinError('STORE_FORMAT', 'it is a database, but not one of Tocsin');
  if (version > FORMAT_VERSION) {
    throw new TocsinError(
      'STORE_FORMAT',
      `it has format ${version} of a newer Tocsin, and this one reads up to ${FORMAT_VERSION}`,
    );
  }
  if (STEPS[version] === undefined && version < FORMAT_VERSION)
    throw new TocsinError('STORE_FORMAT', `it has format ${version}, which no Tocsin ever wrote`);
  return version;
}

/**
 * Looks at every page of the file.
 * @throws STORE_FORMAT when one is damaged
 */
export function demandSound(database: SqlDatabase): void {
  const [found] = database.prepare('PRAGMA quick_check(1)').all() as { quick_check: string }[];
  if (found?.quick_check === 'ok') return;
  throw new TocsinError('STORE_FORMAT', `it is damaged (${found?.quick_check})`);
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

/** Why a file is no store that can be read; undefined when something else is wrong. */
export function unreadable(thrown: unknown): string | undefined {
  if (thrown instanceof TocsinError) return thrown.code === 'STORE_FORMAT' ? thrown.message : undefined;
  const code = sqliteCode(thrown);
  const damaged = code === SQLITE_CORRUPT || code === SQLITE_NOT_A_DATABASE;
  return damaged ? `it is damaged (${errorText(thrown)})` : undefined;
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
  if (thrown instanceof TocsinError && thrown.code === 'STORE_UNCOPIED') {
    const message = `The store ${path} was not opened: ${thrown.message}. Make room and start again; nothing was changed.`;
    return new TocsinError('STORE_UNCOPIED', message);
  }
  const reason = unreadable(thrown);
  if (reason !== undefined) {
    return new TocsinError(
      'STORE_FORMAT',
      `The store ${path} cannot be used: ${reason}. Restore it from a copy, or move it away to begin anew.`,
    );
  }
  if (thrown instanceof TocsinError) return thrown;
  return new TocsinError('STORE_UNAVAILABLE', `The store ${path} failed: ${errorText(thrown)}.`, {
    cause: thrown,
  });
}
