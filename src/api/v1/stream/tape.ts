import type { Message } from './messages.ts';

/** One change on the tape. */
export interface Entry {
  cursor: string;
  messages: readonly Message[];
}

/**
 * The last changes, in order, for readers who come back. A place is a number that grows by one with each change;
 * what lies before `oldest` is forgotten.
 */
export class Tape {
  readonly #entries: (Entry | undefined)[];
  /** Cursor of the place `oldest`: a reader who has seen all before it has missed nothing. */
  #before: string;
  /** Text of the newest change. */
  #told: { entry: Entry; frames: readonly string[] } | undefined;
  #oldest = 0;
  #end = 0;

  /** @param cursor the place in the store's feed where the tape begins */
  constructor(size: number, cursor: string) {
    this.#entries = new Array<Entry | undefined>(size);
    this.#before = cursor;
  }

  /** Place of the first change that is still known. */
  get oldest(): number {
    return this.#oldest;
  }

  /** Place of the change that comes next. */
  get end(): number {
    return this.#end;
  }

  /** Cursor of the newest change. */
  get cursor(): string {
    return this.#end === this.#oldest ? this.#before : (this.at(this.#end - 1)?.cursor ?? this.#before);
  }

  at(place: number): Entry | undefined {
    return place < this.#oldest || place >= this.#end
      ? undefined
      : this.#entries[place % this.#entries.length];
  }

  add(cursor: string, messages: readonly Message[]): void {
    if (this.#end - this.#oldest === this.#entries.length) {
      this.#before = this.at(this.#oldest)?.cursor ?? this.#before;
      this.#oldest++;
    }
    this.#entries[this.#end % this.#entries.length] = { cursor, messages };
    this.#end++;
  }

  /** The messages of a change as frames; the newest is written out once for all who read along. */
  framesOf(entry: Entry): readonly string[] {
    if (this.#told?.entry === entry) return this.#told.frames;
    const frames = entry.messages.map(frame);
    if (entry === this.at(this.#end - 1)) this.#told = { entry, frames };
    return frames;
  }

  /** Forgets everything, as changes were missed; whoever stands at any place known so far has to start over. */
  restart(cursor: string): void {
    this.#entries.fill(undefined);
    this.#end++;
    this.#oldest = this.#end;
    this.#before = cursor;
  }

  /** The place behind a cursor; undefined when it is not known any more, or never was. */
  placeBehind(cursor: string): number | undefined {
    for (let place = this.#end - 1; place >= this.#oldest; place--) {
      if (this.at(place)?.cursor === cursor) return place + 1;
    }
    return cursor === this.#before ? this.#oldest : undefined;
  }
}

/** A message without its id and the empty line that ends it. */
function frame({ type, data }: Message): string {
  return `event: ${type}\ndata: ${JSON.stringify(data())}\n`;
}
