import { open, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type Lines, readLines } from './lines.ts';

type FileHandle = Awaited<ReturnType<typeof open>>;

const DIGITS = 12;
const FILE_NAME = /^(\d{12})\.spool$/;

/** The number of the segment that a file is; undefined: it is none. */
export function segmentNumber(fileName: string): number | undefined {
  const digits = FILE_NAME.exec(fileName)?.[1];
  return digits === undefined ? undefined : Number(digits);
}

/** A file of results. Files are in the order of their numbers, and only the last one is written. */
export class Segment {
  readonly number: number;
  /** Results that left, and results that somebody holds, by the byte where they begin. */
  readonly done = new Set<number>();
  readonly out = new Set<number>();
  /** Results that were in it and cannot be read any more. */
  unreadable = 0;
  readonly #path: string;
  #bytes = 0;
  #entries = 0;
  #handle: FileHandle | undefined;

  constructor(folder: string, number: number) {
    this.number = number;
    this.#path = join(folder, `${String(number).padStart(DIGITS, '0')}.spool`);
  }

  /** A new file. Rejects with the system's error. */
  static async create(folder: string, number: number): Promise<Segment> {
    const segment = new Segment(folder, number);
    segment.#handle = await open(segment.#path, 'wx', 0o600);
    return segment;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Results that were written to it, those that left included. */
  get entries(): number {
    return this.#entries;
  }

  /** Results that are still to be delivered. */
  get waiting(): number {
    return this.#entries - this.done.size - this.unreadable;
  }

  /** Takes in what another process wrote, and returns it. Rejects with the system's error. */
  async recover(): Promise<Lines> {
    const bytes = await readFile(this.#path);
    const lines = readLines(bytes);
    this.#bytes = bytes.length;
    this.#entries = lines.results.length;
    return lines;
  }

  /** Writes lines behind the others, all or none. Resolves with where each begins; rejects with the system's error. */
  async append(lines: readonly Buffer[]): Promise<number[]> {
    const places: number[] = [];
    let end = this.#bytes;
    for (const line of lines) {
      places.push(end);
      end += line.length;
    }
    await this.#write(Buffer.concat(lines));
    this.#bytes = end;
    this.#entries += lines.length;
    return places;
  }

  /** What can be read of it. Rejects with the system's error. */
  async load(): Promise<Lines['results']> {
    const bytes = await readFile(this.#path);
    return readLines(bytes.subarray(0, this.#bytes)).results;
  }

  /** Nothing more is written. */
  async close(): Promise<void> {
    const handle = this.#handle;
    this.#handle = undefined;
    await handle?.close();
  }

  async remove(): Promise<void> {
    await this.close();
    await rm(this.#path, { force: true });
  }

  async #write(bytes: Buffer): Promise<void> {
    const handle = this.#handle;
    if (!handle) throw new Error('the file is closed');
    try {
      for (let start = 0; start < bytes.length; ) {
        const { bytesWritten } = await handle.write(bytes, start, bytes.length - start, this.#bytes + start);
        start += bytesWritten;
      }
    } catch (error) {
      // Should that fail too, the next line is written over it.
      await handle.truncate(this.#bytes).catch(() => undefined);
      throw error;
    }
  }
}
