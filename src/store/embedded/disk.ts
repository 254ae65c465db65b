import type { Worker } from 'node:worker_threads';
import { errorText, TocsinError } from '../../runtime/errors.ts';
import type { FromWorker, LogQuery, LogRow, Piece, ToWorker, Work } from './protocol.ts';

/** What a file held when it was opened, and what it is called from now on. */
export interface OpenedFile {
  run: number;
  start: number;
  moved: number;
}

/** What a disk tells of itself once it is open. */
export interface DiskEvents {
  /** Called once, before any promise rejects. */
  failed(error: TocsinError): void;
  /** Log entries up to this sequence can be queried. */
  moved(sequence: number): void;
}

interface Waiting<Value> {
  id: number;
  resolve: (value: Value) => void;
  reject: (error: TocsinError) => void;
}

/** Pieces that are asked for ahead while the file is read, so that both threads are busy. */
const PIECES_AHEAD = 2;

/**
 * The file as the store's thread sees it: work goes to the thread that writes, in order, and each promise settles when
 * that work is durable. Once it has failed it stays so, and everything rejects with the error that it failed with.
 */
export class Disk {
  readonly #worker: Worker;
  readonly #path: string;
  readonly #events: DiskEvents;
  /** In the order of their ids. */
  readonly #working: Waiting<void>[] = [];
  readonly #queries = new Map<number, Waiting<LogRow[]>>();
  readonly #copies = new Map<number, Waiting<void>>();
  #id = 0;
  #failure: TocsinError | undefined;
  #loading: (Waiting<OpenedFile> & { take: (piece: Piece) => void; opened?: OpenedFile }) | undefined;
  #moved = 0;
  #closing = false;
  readonly #exited: Promise<void>;

  constructor(worker: Worker, path: string, events: DiskEvents) {
    this.#worker = worker;
    this.#path = path;
    this.#events = events;
    worker.on('message', (message: FromWorker) => this.#take(message));
    worker.on('error', (error) => this.#failWith(errorText(error)));
    this.#exited = new Promise((resolve) => {
      worker.once('exit', () => {
        if (!this.#closing) this.#failWith('its thread ended');
        resolve();
      });
    });
  }

  /** Reads everything and hands it to `take`. @throws STORE_LOCKED, STORE_FORMAT, STORE_UNAVAILABLE */
  load(take: (piece: Piece) => void): Promise<OpenedFile> {
    return new Promise((resolve, reject) => {
      this.#loading = { id: 0, take, resolve, reject };
    });
  }

  /** Resolves when this and all earlier work is durable. */
  write(work: Work): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#failure) return reject(this.#failure);
      const id = ++this.#id;
      this.#working.push({ id, resolve, reject });
      this.#post({ type: 'work', id, work });
    });
  }

  query(query: LogQuery): Promise<LogRow[]> {
    return new Promise((resolve, reject) => {
      if (this.#failure) return reject(this.#failure);
      const id = ++this.#id;
      this.#queries.set(id, { id, resolve, reject });
      this.#post({ type: 'query', id, query });
    });
  }

  /** Resolves when all earlier work is in a copy of the file. */
  copy(path: string): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#failure) return reject(this.#failure);
      const id = ++this.#id;
      this.#copies.set(id, { id, resolve, reject });
      this.#post({ type: 'backup', id, path });
    });
  }

  /** Ends when all work is done and the file is closed. */
  async close(): Promise<void> {
    if (!this.#failure) this.#post({ type: 'close', tidy: true });
    await this.#exited;
  }

  /**
   * Lets go of a file that could not be loaded. The thread is asked to end, never terminated: SQLite's binding may
   * abort the whole process when its thread is ended amid a call.
   */
  async abandon(): Promise<void> {
    this.#post({ type: 'close', tidy: false });
    await this.#exited;
  }

  #post(message: ToWorker): void {
    this.#worker.postMessage(message);
  }

  #take(message: FromWorker): void {
    if (message.type === 'done') this.#done(message.id, message.moved);
    else if (message.type === 'entries') {
      this.#queries.get(message.id)?.resolve(message.rows);
      this.#queries.delete(message.id);
    } else if (message.type === 'copied') this.#copied(message);
    else if (message.type === 'failed') {
      // Whatever befell an open store, to those who use it the store is away.
      this.#fail(new TocsinError(this.#loading ? message.code : 'STORE_UNAVAILABLE', message.message));
    } else if (message.type === 'closed') this.#closing = true;
    else this.#load(message);
  }

  #done(id: number, moved: number): void {
    if (moved > this.#moved) {
      this.#moved = moved;
      this.#events.moved(moved);
    }
    let count = 0;
    for (const waiting of this.#working) {
      if (waiting.id > id) break;
      waiting.resolve();
      count++;
    }
    this.#working.splice(0, count);
  }

  #copied({ id, problem }: Extract<FromWorker, { type: 'copied' }>): void {
    const waiting = this.#copies.get(id);
    this.#copies.delete(id);
    if (problem === undefined) waiting?.resolve();
    else {
      const message = `The store ${this.#path} could not be copied: ${problem}. The store itself is not harmed.`;
      waiting?.reject(new TocsinError('STORE_UNAVAILABLE', message));
    }
  }

  #load(message: Extract<FromWorker, { type: 'opened' | 'content' | 'loaded' }>): void {
    const loading = this.#loading;
    if (!loading) return;
    if (message.type === 'opened') {
      this.#moved = message.moved;
      loading.opened = { run: message.run, start: message.start, moved: message.moved };
      for (let piece = 0; piece < PIECES_AHEAD; piece++) this.#post({ type: 'more' });
      return;
    }
    if (message.type === 'loaded') {
      this.#loading = undefined;
      if (loading.opened) loading.resolve(loading.opened);
      return;
    }
    try {
      loading.take(message.piece);
      this.#post({ type: 'more' });
    } catch (error) {
      this.#fail(
        new TocsinError(
          'STORE_FORMAT',
          `The store ${this.#path} cannot be used: it is damaged (${errorText(error)}). Restore it from a copy, or move it away to begin anew.`,
        ),
      );
    }
  }

  #failWith(reason: string): void {
    this.#fail(
      new TocsinError(
        'STORE_UNAVAILABLE',
        `The store ${this.#path} failed: ${reason}. Restart to open it again.`,
      ),
    );
  }

  #fail(error: TocsinError): void {
    if (this.#failure) return;
    this.#failure = error;
    if (this.#loading) this.#loading.reject(error);
    else this.#events.failed(error);
    this.#loading = undefined;
    for (const waiting of [...this.#working, ...this.#queries.values(), ...this.#copies.values()])
      waiting.reject(error);
    this.#working.length = 0;
    this.#queries.clear();
    this.#copies.clear();
  }
}
