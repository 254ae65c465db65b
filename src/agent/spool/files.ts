import type { Clock } from '../../runtime/clock.ts';
import { errorText } from '../../runtime/errors.ts';
import type { Log } from '../../runtime/log.ts';
import type { Numbering } from '../numbers.ts';
import { lineOf } from './lines.ts';
import type { Losses } from './losses.ts';
import { MemorySpool } from './memory.ts';
import type { Newest } from './newest.ts';
import type { Keeping, Kept, NumberedResult, Place, Spool } from './port.ts';
import { Segment } from './segment.ts';
import { walk } from './walk.ts';

/** Milliseconds until a disk that took nothing is asked again. */
const DISK_REST_MS = 1_000;
/** Most bytes of one write. */
const LARGEST_WRITE = 1_048_576;
/** Largest file; smaller when little room is given, since a file is what is dropped at a time. */
const LARGEST_SEGMENT = 1_048_576;
/** The room is that of at least so many files. */
const LEAST_SEGMENTS = 8;

export interface FileSpoolParts {
  folder: string;
  mostBytes: number;
  clock: Clock;
  log: Log;
  /** What earlier runs left, oldest first, and the highest number that a file of theirs has. */
  segments: readonly Segment[];
  highest: number;
  losses: Losses;
  newest: Newest;
  numbering: Numbering;
}

interface Wanting {
  result: NumberedResult;
  line: Buffer;
  held: boolean;
  settle(keeping: Keeping | undefined): void;
}

/** Keeps results in files; in memory what the disk does not take. */
export class FileSpool implements Spool {
  readonly lasting = true;
  readonly numbering: Numbering;
  readonly #parts: FileSpoolParts;
  readonly #newest: Newest;
  readonly #memory = new MemorySpool();
  /** Oldest first. */
  readonly #segments = new Map<number, Segment>();
  /** The last of them while it is written. */
  #writing: Segment | undefined;
  #nextNumber: number;
  #size = 0;
  #bytes = 0;
  /** What waits to be written, and how much does or is being written. */
  #wanting: Wanting[] = [];
  #unwritten = 0;
  #walk: AsyncGenerator<Kept> | undefined;
  /** What left and is not written down. */
  readonly #left = new Map<Segment, number[]>();
  /** One change of files after the other. */
  #turn: Promise<void> = Promise.resolve();
  /** Elapsed milliseconds before which a disk that took nothing is left alone; undefined: it takes what comes. */
  #diskAgainMs: number | undefined;
  #closed = false;

  constructor(parts: FileSpoolParts) {
    this.#parts = parts;
    this.#newest = parts.newest;
    this.numbering = parts.numbering;
    this.#nextNumber = parts.highest + 1;
    for (const segment of parts.segments) {
      this.#segments.set(segment.number, segment);
      this.#size += segment.waiting;
      this.#bytes += segment.bytes;
    }
  }

  get size(): number {
    return this.#size + this.#unwritten + this.#memory.size;
  }

  get lost(): number {
    return this.#parts.losses.count + this.#memory.lost;
  }

  /** Makes the first file and room for it. Rejects with the system's error when none can be written. */
  async begin(): Promise<void> {
    this.#writing = await this.#create();
    await this.#dropOldest(0);
    await this.#parts.losses.note();
  }

  add(result: NumberedResult, held = false): Promise<Keeping | undefined> {
    this.#unwritten += 1;
    return new Promise((settle) => {
      this.#wanting.push({ result, line: lineOf(result), held, settle });
      if (this.#wanting.length === 1) this.#inTurn(() => this.#writeWanting());
    });
  }

  async take(most: number): Promise<Kept[]> {
    const taken: Kept[] = [];
    this.#walk ??= walk(this.#segments, this.#newest, (segment) => this.#load(segment));
    const walking = this.#walk;
    while (taken.length < most) {
      const next = await walking.next();
      if (next.done) {
        if (this.#walk === walking) this.#walk = undefined;
        break;
      }
      taken.push(next.value);
    }
    return taken.length > 0 ? taken : this.#memory.take(most);
  }

  done(places: readonly Place[]): void {
    this.#memory.done(places.filter(({ segment }) => segment === 0));
    for (const { segment: number, at } of places) {
      const segment = this.#segments.get(number);
      if (!segment || segment.done.has(at)) continue;
      segment.out.delete(at);
      segment.done.add(at);
      this.#size -= 1;
      this.#noteDone(segment, at);
    }
    if (this.#size === 0) this.#newest.clear();
  }

  giveBack(places: readonly Place[]): void {
    this.#memory.giveBack(places.filter(({ segment }) => segment === 0));
    for (const { segment, at } of places) this.#segments.get(segment)?.out.delete(at);
    this.#walk = undefined;
  }

  forgetLost(): void {
    this.#parts.losses.forget();
    this.#memory.forgetLost();
    this.#inTurn(() => this.#parts.losses.note());
  }

  async close(): Promise<number> {
    this.#inTurn(async () => {
      this.#closed = true;
      const writing = this.#writing;
      this.#writing = undefined;
      if (writing?.waiting === 0) await this.#remove(writing);
      else await writing?.close();
    });
    await this.#turn;
    return this.#memory.close();
  }

  /** Its file goes with the last that leaves; until then those that left are written down, all that come together at once. */
  #noteDone(segment: Segment, at: number): void {
    const left = this.#left.get(segment);
    if (left) left.push(at);
    else {
      this.#left.set(segment, [at]);
      this.#inTurn(async () => {
        const places = this.#left.get(segment) ?? [];
        this.#left.delete(segment);
        await this.#removeWhenDone(segment);
        if (this.#segments.has(segment.number)) await segment.noteDone(places);
      });
    }
  }

  /** Does `change` when the changes before it are done. What goes wrong is logged. */
  #inTurn(change: () => Promise<void>): void {
    this.#turn = this.#turn.then(change).catch((error: unknown) => {
      const fields = { folder: this.#parts.folder, error: errorText(error) };
      this.#parts.log.error('the spool cannot use its folder as it should', fields);
    });
  }

  /** What stands in a segment. What can no longer be read is lost. */
  async #load(segment: Segment): Promise<Awaited<ReturnType<Segment['load']>>> {
    const { entries } = segment;
    const found = await segment.load().catch((error: unknown) => {
      this.#parts.log.error('a file of the spool cannot be read', { error: errorText(error) });
      return [];
    });
    const unreadable = entries - found.length - segment.unreadable;
    if (unreadable > 0 && this.#segments.has(segment.number)) {
      const gone = Math.min(unreadable, segment.waiting);
      segment.unreadable += gone;
      this.#size -= gone;
      this.#lose(gone, 'they can no longer be read');
      this.#inTurn(() => this.#removeWhenDone(segment));
    }
    return found;
  }

  /** Writes what waits, in one write or as many as its size asks for. */
  async #writeWanting(): Promise<void> {
    const wanting = this.#wanting;
    this.#wanting = [];
    for (let start = 0; start < wanting.length; ) {
      let bytes = 0;
      let end = start;
      do bytes += (wanting[end++] as Wanting).line.length;
      while (end < wanting.length && bytes < LARGEST_WRITE);
      await this.#write(wanting.slice(start, end), bytes);
      start = end;
    }
  }

  async #write(wanting: readonly Wanting[], bytes: number): Promise<void> {
    if (bytes > this.#parts.mostBytes) {
      if (wanting.length > 1) {
        for (const one of wanting) await this.#write([one], one.line.length);
        return;
      }
      this.#unwritten -= 1;
      this.#lose(1, 'it is larger than the whole spool may be');
      wanting[0]?.settle(undefined);
      return;
    }
    const places = await this.#append(wanting, bytes);
    this.#unwritten -= wanting.length;
    for (const [index, { result, held, settle }] of wanting.entries()) {
      const place = places?.[index];
      settle(place ? { place, on: 'disk' } : await this.#memory.add(result, held));
    }
  }

  /** Where they lie on disk now; undefined when it takes none. */
  async #append(wanting: readonly Wanting[], bytes: number): Promise<Place[] | undefined> {
    const { clock, log, folder } = this.#parts;
    if (this.#closed || (this.#diskAgainMs ?? 0) > clock.elapsed()) return undefined;
    try {
      const segment = await this.#segmentFor(bytes);
      const places = await segment.append(wanting.map(({ line }) => line));
      if (this.#diskAgainMs !== undefined) log.info('the spool can write to its folder again', { folder });
      this.#diskAgainMs = undefined;
      this.#size += places.length;
      this.#bytes += bytes;
      return places.map((at, index) => this.#noted(segment, at, wanting[index] as Wanting));
    } catch (error) {
      if (this.#diskAgainMs === undefined) {
        log.error('the spool cannot write to its folder, so results are kept in memory; make room there', {
          folder,
          error: errorText(error),
        });
      }
      this.#diskAgainMs = clock.elapsed() + DISK_REST_MS;
      return undefined;
    }
  }

  #noted({ number, out }: Segment, at: number, { result, held }: Wanting): Place {
    const place = { segment: number, at };
    if (held) out.add(at);
    // What is newest of its check has changed.
    else this.#walk = undefined;
    this.#newest.note(result, place);
    return place;
  }

  /** The file that is written next; it has room for so many bytes, and so has the folder. */
  async #segmentFor(bytes: number): Promise<Segment> {
    const largest = Math.min(LARGEST_SEGMENT, Math.floor(this.#parts.mostBytes / LEAST_SEGMENTS));
    const { entries = 0, bytes: written = 0 } = this.#writing ?? {};
    if (this.#writing && entries > 0 && written + bytes > largest) {
      const full = this.#writing;
      this.#writing = undefined;
      await full.close();
      await this.#removeWhenDone(full);
    }
    this.#writing ??= await this.#create();
    await this.#dropOldest(bytes);
    return this.#writing;
  }

  async #create(): Promise<Segment> {
    const segment = await Segment.create(this.#parts.folder, this.#nextNumber++);
    this.#segments.set(segment.number, segment);
    return segment;
  }

  /** Drops the oldest files until so many more bytes have room. */
  async #dropOldest(bytes: number): Promise<void> {
    for (const segment of [...this.#segments.values()]) {
      if (this.#bytes + bytes <= this.#parts.mostBytes) return;
      if (segment === this.#writing) return;
      this.#size -= segment.waiting;
      this.#lose(segment.waiting, `the spool has no more than ${this.#parts.mostBytes} bytes`);
      await this.#remove(segment);
    }
  }

  /** A file whose results have all left goes; one that is still written goes too, and the next result begins another. */
  async #removeWhenDone(segment: Segment): Promise<void> {
    if (segment.waiting > 0 || segment.entries === 0 || !this.#segments.has(segment.number)) return;
    if (segment === this.#writing) this.#writing = undefined;
    await this.#remove(segment);
  }

  async #remove(segment: Segment): Promise<void> {
    this.#segments.delete(segment.number);
    this.#bytes -= segment.bytes;
    await segment.remove();
  }

  #lose(results: number, reason: string): void {
    if (results === 0) return;
    this.#parts.losses.add(results, reason);
    this.#inTurn(() => this.#parts.losses.note());
  }
}
