import { appendFile, open, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Lines, readLines, wholeLines } from './lines.ts';

type FileHandle = Awaited<ReturnType<typeof open>>;

const DIGITS = 12;
/** Hexadecimal digits of a place in the list of those that have left. */
const DONE_DIGITS = 8;
const DONE_LINE = /^[0-9a-f]{8}$/;
const FILE_NAME = /^(\d{12})\.spool$/;

/** The number of the segment that a file is; undefined: it is none. */
export function segmentNumber(fileName: string): number | undefined {
  const digits = FILE_NAME.exec(fileName)?.[1];
  return digits === undefined ? undefined : Number(digits);
}

/** A file of results, with a list of those that have left. Files are in the order of their numbers, and only the last one is written. */
export class Segment {
  readonly number: number;
  /** Results that left, and results that somebody holds, by the byte where they begin. */
  readonly done = new Set<number>();
  readonly out = new Set<number>();
  /** Results that were in it and cannot be read any more. */
  unreadable = 0;
  readonly #path: string;
  readonly #donePath: string;
  #bytes = 0;
  #entries = 0;
  #handle: FileHandle | undefined;

  constructor(folder: string, number: number) {
    this.number = number;
    const name = String(number).padStart(DIGITS, '0');
    this.#path = join(folder, `${name}.spool`);
    this.#donePath = join(folder, `${name}.done`);
  }

  /** A new file. Rejects with the system's error. */
  static async create(folder: string, number: number): Promise<Segment> {
    const segment = new Segment(folder, number);
    await rm(segment.#donePath, { force: true });
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

  /**
   * Takes in what another process wrote, and returns what of it is still to be delivered. The rest is taken out where that
   * can be done, so that it is found once. Rejects with the system's error.
   */
  async recover(): Promise<Lines> {
    const bytes = await readFile(this.#path);
    const { results, damaged } = readLines(bytes);
    const gone = await this.#readDone();
    const waiting = results.filter(({ at }) => !gone.has(at));
    const whole = wholeLines(bytes, waiting);
    if (waiting.length > 0 && whole.length < bytes.length && (await this.#replace(whole))) {
      this.#bytes = whole.length;
      this.#entries = waiting.length;
      return { results: readLines(whole).results, damaged };
    }
    this.#bytes = bytes.length;
    this.#entries = results.length;
    for (const { at } of results) if (gone.has(at)) this.done.add(at);
    return { results: waiting, damaged };
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

  /** Writes down which results have left, so that another process does not send them again. Never rejects. */
  async noteDone(places: readonly number[]): Promise<void> {
    const lines = places.map((at) => `${at.toString(16).padStart(DONE_DIGITS, '0')}\n`);
    // What is not written costs a repeat, which the server knows by its number.
    await appendFile(this.#donePath, lines.join(''), { mode: 0o600 }).catch(() => undefined);
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
    // First, since it must never be taken for that of another file.
    await rm(this.#donePath, { force: true });
    await rm(this.#path, { force: true });
  }

  /** Puts other content in its place, whole or not at all; false when the disk does not take it. */
  async #replace(bytes: Buffer): Promise<boolean> {
    const aside = `${this.#path}.new`;
    try {
      await writeFile(aside, bytes, { mode: 0o600 });
      await rm(this.#donePath, { force: true });
      await rename(aside, this.#path);
      return true;
    } catch {
      await rm(aside, { force: true }).catch(() => undefined);
      return false;
    }
  }

  /** Where the results begin that have left, as it was written down; a line that is not whole says nothing. */
  async #readDone(): Promise<Set<number>> {
    const text = await readFile(this.#donePath, 'latin1').catch(() => '');
    const lines = text.split('\n').slice(0, -1);
    return new Set(lines.filter((line) => DONE_LINE.test(line)).map((line) => Number.parseInt(line, 16)));
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
