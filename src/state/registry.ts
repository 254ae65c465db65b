import type { Change, Found, Lease, Store, Write } from '../store/port.ts';
import type { Documents, Kind, LogFamily, Logs } from './documents.ts';
import { logName } from './documents.ts';

/** A typed reading of one document. */
export interface Read<K extends Kind> extends Found {
  value: Documents[K];
}

/** A typed reading with its name. */
export interface NamedRead<K extends Kind> extends Read<K> {
  name: string;
}

/** A change under construction: what is written and logged in one go. */
export interface Draft {
  writes: Write[];
  appends: NonNullable<Change['appends']>[number][];
}

/**
 * The store with the shapes of our documents: the one place that says which kind holds what.
 * Errors are the store's own.
 */
export class Registry {
  readonly store: Store;

  constructor(store: Store) {
    this.store = store;
  }

  async read<K extends Kind>(kind: K, names: readonly string[]): Promise<(Read<K> | undefined)[]> {
    const found = await this.store.get(names.map((name) => ({ kind, name })));
    return found as (Read<K> | undefined)[];
  }

  /** Every document of a kind, page by page, in the order of their names. */
  async *all<K extends Kind>(kind: K, prefix?: string): AsyncGenerator<NamedRead<K>> {
    let after: string | undefined;
    do {
      const page = await this.store.list(kind, { after, prefix });
      yield* page.items as NamedRead<K>[];
      after = page.next;
    } while (after !== undefined);
  }

  /** Entries of a client's check in a family of logs, newest first. */
  async log<F extends LogFamily>(
    family: F,
    client: string,
    check: string,
    options?: { limit?: number; before?: number },
  ): Promise<{ sequence: number; timeMs: number; entry: Logs[F] }[]> {
    const entries = await this.store.readLog(logName(family, client, check), options);
    return entries as { sequence: number; timeMs: number; entry: Logs[F] }[];
  }

  lease(name: string, holder: string, ttlMs: number): Promise<Lease | undefined> {
    return this.store.lease(name, holder, ttlMs);
  }
}

/** A write of a document of a known kind; `expect` as in the store's port, left out for whatever is there. */
export function writing<K extends Kind>(
  kind: K,
  name: string,
  value: Documents[K] | undefined,
  expect?: Write['expect'],
): Write {
  return { kind, name, value, expect };
}

/** An entry for the log of a client's check. */
export function logging<F extends LogFamily>(
  family: F,
  client: string,
  check: string,
  timeMs: number,
  entry: Logs[F],
): NonNullable<Change['appends']>[number] {
  return { log: logName(family, client, check), timeMs, entry };
}
