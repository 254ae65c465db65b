import type { ServerResponse } from 'node:http';
import type { Subject } from './messages.ts';
import type { Entry, Tape } from './tape.ts';

export interface ReaderOptions {
  /** What the reader wants to be told of. */
  subjects: ReadonlySet<Subject>;
  /** Cursor of the last change it has seen; undefined: from now on. */
  after: string | undefined;
  /** Bytes that may wait for it in this process. */
  bufferBytes: number;
  /** Called when it has to start over although it was here all the time: it reads too slowly. */
  fellBehind: () => void;
}

/** The event that tells a reader to read all lists again. */
const RESYNC = 'event: resync\ndata: {}\n';

/**
 * One reader of the stream: a place on the tape that moves on as fast as the reader takes what it is told. Nothing
 * is kept for it beyond the tape but what fits its buffer; when the tape has gone on without it, it is told to
 * start over.
 */
export class Reader {
  readonly #response: ServerResponse;
  readonly #tape: Tape;
  readonly #options: ReaderOptions;
  #place: number;

  constructor(response: ServerResponse, tape: Tape, options: ReaderOptions) {
    this.#response = response;
    this.#tape = tape;
    this.#options = options;
    const { after } = options;
    const place = after === undefined ? tape.end : tape.placeBehind(after);
    this.#place = place ?? tape.end;
    response.on('drain', () => this.tell());
    response.write('retry: 2000\n\n');
    if (place === undefined) this.#resync();
    else if (after === undefined) response.write(`id: ${tape.cursor}\n\n`);
    this.tell();
  }

  /** Tells what is new, as far as it fits; the rest follows when the reader has taken some. */
  tell(): void {
    if (this.#place < this.#tape.oldest) {
      if (this.#isFull()) return;
      this.#options.fellBehind();
      this.#place = this.#tape.end;
      this.#resync();
    }
    while (!this.#isFull()) {
      const entry = this.#tape.at(this.#place);
      if (!entry) return;
      this.#write(entry);
      this.#place++;
    }
  }

  /** A sign of life, with the place reached, so that a quiet reader does not grow old. */
  beat(): void {
    if (this.#isFull() || this.#place !== this.#tape.end) return;
    this.#response.write(`: still here\nid: ${this.#tape.cursor}\n\n`);
  }

  /** Ends the answer; what a stalled reader did not take is thrown away. */
  close(): void {
    if (this.#response.writableLength > 0) this.#response.destroy();
    else this.#response.end();
  }

  #isFull(): boolean {
    return this.#response.writableLength >= this.#options.bufferBytes || this.#response.destroyed;
  }

  #resync(): void {
    this.#response.write(`id: ${this.#tape.cursor}\n${RESYNC}\n`);
  }

  /** The id stands at the last message of a change, so that nobody resumes in the middle of one. */
  #write(entry: Entry): void {
    const frames = this.#tape.framesOf(entry);
    const wanted = frames.filter((_, index) => {
      const message = entry.messages[index];
      return message !== undefined && this.#options.subjects.has(message.subject);
    });
    const last = wanted.pop();
    if (last === undefined) return;
    const before = wanted.map((frame) => `${frame}\n`).join('');
    this.#response.write(`${before}id: ${entry.cursor}\n${last}\n`);
  }
}
