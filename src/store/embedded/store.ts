import type { Worker } from 'node:worker_threads';
import type { Clock } from '../../runtime/clock.ts';
import { TocsinError } from '../../runtime/errors.ts';
import type { Log } from '../../runtime/log.ts';
import { Documents, revisionOf } from '../documents.ts';
import { Feed, type FeedLimits } from '../feed.ts';
import type {
  Change,
  Committed,
  FeedItem,
  Found,
  Lease,
  LogEntry,
  LogRetention,
  Page,
  PageOptions,
  Ref,
  Store,
  Write,
} from '../port.ts';
import { Disk, type OpenedFile } from './disk.ts';
import { type Encoded, encode } from './encode.ts';
import { openFolder } from './folder.ts';
import { Leases } from './leases.ts';
import type { AppendTuple, DocumentTuple, Piece, WorkerOptions } from './protocol.ts';
import { RecentLogs } from './recent-logs.ts';
import { startThread } from './thread.ts';

const DEFAULT_ENTRIES = 1000;

export interface EmbeddedStoreOptions {
  /** Where the file is; made when missing. */
  folder: string;
  /** What a resolved commit survives: the death of the process, or loss of power. */
  sync: 'process' | 'power';
  /** Family of logs → how much is kept. A commit to a log of another family is refused. */
  logs: Readonly<Record<string, LogRetention>>;
  clock: Clock;
  log: Log;
  /** How much of the feed is kept for followers; 8,192 items and 4 Mi characters unless told. */
  feed?: FeedLimits | undefined;
  /** Starts the thread that writes; tests hand in one that fails. */
  startThread?: ((options: WorkerOptions) => Worker) | undefined;
}

/** Documents that a commit changed, with what they were. */
type Undo = [kind: string, name: string, previous: unknown][];

/** What is gathered of a batch before it goes to the disk. */
interface Batch {
  writes: string[];
  appends: string[];
  undo: Undo;
}

/**
 * The store in this process's memory, made durable by SQLite in a thread of its own. `docs/store.md` tells what the
 * file looks like and what survives what.
 */
export class EmbeddedStore implements Store {
  readonly name = 'embedded';
  readonly #options: EmbeddedStoreOptions;
  readonly #documents = new Documents();
  readonly #logs = new RecentLogs();
  readonly #leases: Leases;
  readonly #disk: Disk;
  #feed: Feed;
  /** What to take back if the disk fails, oldest first. */
  readonly #inFlight: Undo[] = [];
  #failure: TocsinError | undefined;
  #closed = false;
  #closing: Promise<void> | undefined;

  private constructor(options: EmbeddedStoreOptions, path: string) {
    this.#options = options;
    this.#leases = new Leases(options.clock);
    this.#feed = new Feed(0, 0, options.feed);
    const start = options.startThread ?? startThread;
    const worker = start({ path, sync: options.sync, logs: options.logs });
    this.#disk = new Disk(worker, path, {
      failed: (error) => this.#fail(error),
      moved: (sequence) => this.#logs.moved(sequence),
    });
  }

  /** @throws STORE_LOCKED, STORE_FORMAT, STORE_UNAVAILABLE */
  static async open(options: EmbeddedStoreOptions): Promise<EmbeddedStore> {
    const path = openFolder(options.folder);
    const store = new EmbeddedStore(options, path);
    await store.#load();
    return store;
  }

  get connected(): boolean {
    return this.#failure === undefined && !this.#closed;
  }

  async get(refs: readonly Ref[]): Promise<(Found | undefined)[]> {
    this.#check();
    return refs.map(({ kind, name }) => {
      const value = this.#documents.get(kind, name);
      return value === undefined ? undefined : { value, revision: revisionOf(value) };
    });
  }

  async list(kind: string, options: PageOptions = {}): Promise<Page> {
    this.#check();
    return this.#documents.list(kind, options);
  }

  async commit(changes: readonly Change[]): Promise<Committed> {
    this.#check();
    const encoded = encode(changes, this.#options.logs);
    const before = this.#feed.newest;
    const batch: Batch = { writes: [], appends: [], undo: [] };
    const conflicts: number[] = [];
    for (const [index, change] of changes.entries()) {
      const texts = encoded[index];
      if (texts && change.writes.every((write) => this.#isAsExpected(write)))
        this.#apply(change, texts, batch);
      else conflicts.push(index);
    }
    if (this.#feed.newest > before) await this.#persist(batch, before);
    return { conflicts };
  }

  async readLog(log: string, options: { limit?: number; before?: number } = {}): Promise<LogEntry[]> {
    this.#check();
    const { limit = DEFAULT_ENTRIES, before = Number.MAX_SAFE_INTEGER } = options;
    const retention = this.#options.logs[log.slice(0, Math.max(log.indexOf('/'), 0))];
    if (!retention) return [];
    const sinceMs = this.#options.clock.now() - retention.ageMs;
    const recent = this.#logs.of(log);
    const kept = recent.slice(Math.max(recent.length - retention.entries, 0));
    const fits = kept.filter((entry) => entry.sequence < before && entry.timeMs >= sinceMs);
    const entries = fits.slice(Math.max(fits.length - limit, 0)).reverse();
    const keep = retention.entries - kept.length;
    if (keep <= 0 || entries.length >= limit) return entries;
    const known = recent[0]?.sequence ?? Number.MAX_SAFE_INTEGER;
    const query = { log, before, limit: limit - entries.length, sinceMs, known, keep };
    for (const { sequence, time, entry } of await this.#disk.query(query)) {
      entries.push({ sequence, timeMs: time, entry: JSON.parse(entry) });
    }
    return entries;
  }

  async dropLogs(prefix: string): Promise<void> {
    this.#check();
    this.#logs.drop(prefix);
    await this.#disk.write({
      position: this.#feed.newest,
      items: 0,
      writes: [],
      appends: [],
      dropPrefix: prefix,
      nowMs: this.#options.clock.now(),
    });
  }

  async lease(name: string, holder: string, ttlMs: number): Promise<Lease | undefined> {
    this.#check();
    return this.#leases.take(name, holder, ttlMs, () => this.#check());
  }

  cursor(): string {
    return this.#feed.cursor();
  }

  follow(cursor: string | undefined, signal: AbortSignal): AsyncIterable<readonly FeedItem[]> {
    return this.#feed.follow(cursor, signal);
  }

  view(kind: string): ReadonlyMap<string, unknown> {
    return this.#documents.view(kind);
  }

  async backup(path: string): Promise<void> {
    this.#check();
    await this.#disk.copy(path);
  }

  close(): Promise<void> {
    this.#closed = true;
    this.#closing ??= this.#disk.close().then(() => this.#feed.end());
    return this.#closing;
  }

  #check(): void {
    if (this.#closed) throw new TocsinError('STORE_CLOSED', 'The store has been closed.');
    if (this.#failure) throw this.#failure;
  }

  #isAsExpected({ kind, name, expect }: Write): boolean {
    if (expect === undefined) return true;
    const value = this.#documents.get(kind, name);
    return expect === 'absent' ? value === undefined : value !== undefined && revisionOf(value) === expect;
  }

  #apply(change: Change, texts: Encoded, batch: Batch): void {
    for (const [index, { kind, name, value }] of change.writes.entries()) {
      const text = texts.writes[index] ?? '';
      batch.undo.push([kind, name, this.#documents.get(kind, name)]);
      batch.writes.push(text);
      this.#documents.put(kind, name, value);
      this.#feed.add({ type: 'document', kind, name, value }, text.length);
    }
    for (const [index, { log, timeMs, entry }] of (change.appends ?? []).entries()) {
      const text = texts.entries[index] ?? '';
      this.#feed.add({ type: 'log', log, timeMs, entry }, text.length);
      const sequence = this.#feed.newest;
      batch.appends.push(`[${JSON.stringify(log)},${sequence},${JSON.stringify(timeMs)},${text}]`);
      this.#logs.add(log, { sequence, timeMs, entry });
    }
  }

  async #persist({ writes, appends, undo }: Batch, before: number): Promise<void> {
    const position = this.#feed.newest;
    this.#inFlight.push(undo);
    const nowMs = this.#options.clock.now();
    await this.#disk.write({ position, items: position - before, writes, appends, nowMs });
    this.#inFlight.shift();
    this.#feed.release(position);
  }

  async #load(): Promise<void> {
    let opened: OpenedFile;
    try {
      opened = await this.#disk.load((piece) => this.#take(piece));
    } catch (error) {
      await this.#disk.abandon();
      throw error;
    }
    this.#feed = new Feed(opened.run, opened.start, this.#options.feed);
  }

  /** Takes a piece of what the file holds. */
  #take({ documents, appends }: Piece): void {
    for (const text of documents) {
      for (const [kind, name, value] of JSON.parse(text) as DocumentTuple[])
        this.#documents.put(kind, name, value);
    }
    for (const text of appends) {
      for (const [log, sequence, timeMs, entry] of JSON.parse(text) as AppendTuple[]) {
        this.#logs.add(log, { sequence, timeMs, entry });
      }
    }
  }

  /** The disk failed: nothing that is not durable is shown any longer, and nothing more is taken. */
  #fail(error: TocsinError): void {
    this.#failure = error;
    for (const undo of this.#inFlight.reverse()) {
      for (const [kind, name, previous] of undo.reverse()) this.#documents.put(kind, name, previous);
    }
    this.#inFlight.length = 0;
    this.#feed.end(error);
    this.#options.log.fatal(error.message);
  }
}

/**
 * Opens the embedded store in a folder.
 * @throws STORE_LOCKED when somebody has it open; STORE_FORMAT when it is damaged, not ours, or of a newer format;
 * STORE_UNAVAILABLE when there is no SQLite or the folder cannot be used
 */
export function openEmbeddedStore(options: EmbeddedStoreOptions): Promise<Store> {
  return EmbeddedStore.open(options);
}
