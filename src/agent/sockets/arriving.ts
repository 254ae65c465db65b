import { parseJson } from '../../model/json.ts';

/** What has arrived so far is: nothing yet but blanks, an object or array, or something else. */
type Kind = 'blank' | 'container' | 'other';

/** Longest text that may be something else than an object or array. */
const LONGEST_OTHER = 4_096;
const FIRST_BYTES = 4_096;

/**
 * A text that arrives in pieces, and the question whether it is complete. Every byte is looked at once, and a text is
 * parsed once, when its last bracket has closed: so a sender of single bytes costs no more than a sender of blocks.
 */
export class ArrivingText {
  #bytes = Buffer.alloc(0);
  #used = 0;
  #kind: Kind = 'blank';
  /** Brackets that are open. */
  #depth = 0;
  #inString = false;
  #escaped = false;
  /** Something stands behind the last bracket, or what stands before it is no JSON: no more bytes can mend that. */
  #hopeless = false;

  /** Bytes so far. */
  get length(): number {
    return this.#used;
  }

  add(chunk: Buffer): void {
    this.#keep(chunk);
    for (const byte of chunk) {
      if (this.#hopeless) return;
      this.#look(byte);
    }
  }

  /**
   * The document when it is complete, or `ping` for that word; undefined when more must come.
   * @param decode makes text of bytes
   */
  read(decode: (bytes: Buffer) => string): { value: unknown } | 'ping' | undefined {
    if (this.#hopeless || this.#kind === 'blank' || this.#depth > 0) return undefined;
    if (this.#kind === 'other' && this.#used > LONGEST_OTHER) return undefined;
    const text = decode(this.#bytes.subarray(0, this.#used));
    if (text.trim() === 'ping') return 'ping';
    const parsed = parseJson(text);
    if (!parsed && this.#kind === 'container') this.#hopeless = true;
    return parsed;
  }

  #look(byte: number): void {
    if (this.#inString) this.#lookInString(byte);
    else if (byte === QUOTE && this.#depth > 0) this.#inString = true;
    else if (!isBlank(byte)) this.#lookOutside(byte);
  }

  #lookInString(byte: number): void {
    if (this.#escaped) this.#escaped = false;
    else if (byte === BACKSLASH) this.#escaped = true;
    else if (byte === QUOTE) this.#inString = false;
  }

  #lookOutside(byte: number): void {
    if (this.#kind === 'blank') this.#kind = OPENING.has(byte) ? 'container' : 'other';
    else if (this.#kind === 'container' && this.#depth === 0) this.#hopeless = true;
    if (this.#kind !== 'container') return;
    if (OPENING.has(byte)) this.#depth += 1;
    else if (CLOSING.has(byte)) this.#depth -= 1;
  }

  #keep(chunk: Buffer): void {
    const needed = this.#used + chunk.length;
    if (needed > this.#bytes.length) {
      const larger = Buffer.allocUnsafe(Math.max(needed, this.#bytes.length * 2, FIRST_BYTES));
      this.#bytes.copy(larger, 0, 0, this.#used);
      this.#bytes = larger;
    }
    chunk.copy(this.#bytes, this.#used);
    this.#used = needed;
  }
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPENING = new Set([0x7b, 0x5b]);
const CLOSING = new Set([0x7d, 0x5d]);

function isBlank(byte: number): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}
