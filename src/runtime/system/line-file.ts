import { close, mkdirSync, openSync, write, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { errorText } from '../errors.ts';

/** Characters that wait for a disk or a reader that takes none; what comes then is lost, and the memory is not. */
const MOST_WAITING = 8 * 1024 * 1024;
/** A reader that is too slow is given this long before we try again. */
const AGAIN_MS = 50;

/**
 * Appends text to a file, or to a file descriptor that is there already. Never blocks, but for a descriptor: there it
 * writes at once, so that what a process says last is seen. Never throws: what cannot be written is lost.
 */
export class LineFile {
  readonly #path: string | undefined;
  #file: number | undefined;
  #waiting: string[] = [];
  #length = 0;
  #busy = false;
  /** A file that was replaced while something was being written to it. */
  #old: number | undefined;
  /** Why there is nothing to write to, if there is not. */
  problem: string | undefined;

  constructor(destination: string | number) {
    if (typeof destination === 'number') {
      this.#file = destination;
      return;
    }
    this.#path = destination;
    this.#file = this.#open(destination);
  }

  write(text: string): void {
    if (this.#length + text.length > MOST_WAITING) return;
    this.#waiting.push(text);
    this.#length += text.length;
    if (this.#busy) return;
    if (this.#path === undefined) this.flush();
    else this.#writeWaiting();
  }

  /** Writes what waits, at once. What is being written meanwhile ends even when the process exits. */
  flush(): void {
    let rest = this.#takeWaiting();
    try {
      while (this.#file !== undefined && rest.length > 0) rest = rest.subarray(writeSync(this.#file, rest));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EAGAIN') this.#again(rest);
    }
  }

  /** Goes on in a new file of the same name. When there can be none, it goes on in the old one. */
  reopen(): void {
    if (this.#path === undefined) return;
    const opened = this.#open(this.#path);
    if (opened === undefined) return;
    if (this.#busy && this.#old === undefined) this.#old = this.#file;
    else closeQuietly(this.#file);
    this.#file = opened;
  }

  #open(path: string): number | undefined {
    try {
      mkdirSync(dirname(path), { recursive: true });
      const opened = openSync(path, 'a');
      this.problem = undefined;
      return opened;
    } catch (error) {
      this.problem = errorText(error);
      return undefined;
    }
  }

  #takeWaiting(): Buffer {
    const text = this.#waiting.join('');
    this.#waiting = [];
    this.#length = 0;
    return Buffer.from(text);
  }

  #writeWaiting(): void {
    const file = this.#file;
    const bytes = this.#takeWaiting();
    if (file === undefined || bytes.length === 0) return;
    this.#busy = true;
    writeAll(file, bytes, () => {
      this.#busy = false;
      closeQuietly(this.#old);
      this.#old = undefined;
      this.#writeWaiting();
    });
  }

  /** The reader of a pipe is slow: what it did not take comes first later. */
  #again(rest: Buffer): void {
    this.#waiting.unshift(rest.toString());
    this.#length += rest.length;
    if (this.#busy) return;
    this.#busy = true;
    const timer = setTimeout(() => {
      this.#busy = false;
      this.flush();
    }, AGAIN_MS);
    timer.unref();
  }
}

/** Writes all of it, or as much as can be written; then calls `ended`. */
function writeAll(file: number, bytes: Buffer, ended: () => void): void {
  write(file, bytes, (error, written) => {
    if (error || written >= bytes.length) ended();
    else writeAll(file, bytes.subarray(written), ended);
  });
}

function closeQuietly(file: number | undefined): void {
  if (file !== undefined) close(file, () => undefined);
}
