import { TocsinError } from '../../runtime/errors.ts';

/** What SQLite takes and gives as a value here. */
export type SqlValue = string | number | null | Uint8Array;

export interface SqlStatement {
  run(...values: SqlValue[]): { changes: number | bigint };
  get(...values: SqlValue[]): unknown;
  all(...values: SqlValue[]): unknown[];
  iterate(...values: SqlValue[]): IterableIterator<unknown>;
}

/** The part of SQLite's interface in Node that we use. */
export interface SqlDatabase {
  exec(sql: string): void;
  prepare(sql: string): SqlStatement;
  close(): void;
  /** Copies the database to a new file, a few pages at a time; what is committed meanwhile may be in it. */
  copyTo(path: string): Promise<void>;
}

/** Opens a database file, or makes it. */
export type OpenSqlite = (path: string) => SqlDatabase;

/** Pages that are copied at once: commits wait for so long. */
const PAGES_A_STEP = 64;

/** First major version of Node whose own SQLite we rely on. */
const NODE_WITH_SQLITE = 24;

/** A name that the type checker does not look up: the types of older versions of Node lack the module. */
const nodeSqlite: string = 'node:sqlite';

/**
 * SQLite as this Node has it: its own from Node 24 on, the optional package `@photostructure/sqlite` before.
 * @throws kind `unavailable`, STORE_UNAVAILABLE, when there is neither
 */
export async function loadSqlite(nodeVersion: string = process.versions.node): Promise<OpenSqlite> {
  const ownSqlite = Number.parseInt(nodeVersion, 10) >= NODE_WITH_SQLITE;
  try {
    const module = ownSqlite ? await import(nodeSqlite) : await import('@photostructure/sqlite');
    return (path) => {
      const database = new module.DatabaseSync(path);
      const copyTo = async (copy: string): Promise<void> => {
        await module.backup(database, copy, { rate: PAGES_A_STEP });
      };
      return Object.assign(database, { copyTo });
    };
  } catch (cause) {
    throw new TocsinError(
      'STORE_UNAVAILABLE',
      `The store needs SQLite, and Node ${nodeVersion} has none that loads: run \`npm install @photostructure/sqlite\` ` +
        `beside Tocsin, or use Node ${NODE_WITH_SQLITE} or newer.`,
      { cause },
    );
  }
}

/** SQLite's primary result code of an error that it threw; undefined for any other error. */
export function sqliteCode(thrown: unknown): number | undefined {
  if (!(thrown instanceof Error) || !('errcode' in thrown)) return undefined;
  return typeof thrown.errcode === 'number' ? thrown.errcode & 0xff : undefined;
}

export const SQLITE_BUSY = 5;
export const SQLITE_CORRUPT = 11;
export const SQLITE_NOT_A_DATABASE = 26;
