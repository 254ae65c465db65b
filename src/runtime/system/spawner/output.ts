/** Room that a command's first output gets; it grows from there. */
const FIRST_BYTES = 4096;

/** What a command wrote, as a spawner's answer tells it. */
export interface Written {
  output: string;
  /** True when something was left out. */
  cut?: true | undefined;
}

/**
 * What a command wrote, in bounded memory: all of it up to `limitBytes`, beyond that the first and the last half.
 * Bytes are copied, so a writer of single bytes costs no more than a writer of blocks.
 */
export class OutputBuffer {
  readonly #headLimit: number;
  readonly #tailLimit: number;
  #head = Buffer.alloc(0);
  #headUsed = 0;
  #tail: Buffer | undefined;
  /** Bytes that went to the tail; the newest `#tailLimit` of them are still there, in a ring. */
  #tailTotal = 0;

  constructor(limitBytes: number) {
    this.#headLimit = Math.ceil(limitBytes / 2);
    this.#tailLimit = Math.floor(limitBytes / 2);
  }

  add(bytes: Buffer): void {
    const first = Math.min(bytes.length, this.#headLimit - this.#headUsed);
    if (first > 0) this.#addToHead(bytes.subarray(0, first));
    if (first < bytes.length) this.#addToTail(bytes.subarray(first));
  }

  /** True when something was left out. */
  get cut(): boolean {
    return this.#tailTotal > this.#tailLimit;
  }

  /** The text; bytes that are not UTF-8 become U+FFFD. */
  text(): string {
    const head = this.#head.subarray(0, this.#headUsed);
    const tail = this.#tailInOrder();
    const leftOut = this.#tailTotal - tail.length;
    if (leftOut === 0)
      return tail.length === 0 ? head.toString('utf8') : Buffer.concat([head, tail]).toString('utf8');
    const headEnd = endOfWholeCharacters(head);
    const tailStart = startOfWholeCharacters(tail);
    const missing = leftOut + (head.length - headEnd) + tailStart;
    const marker = `\n[${missing} bytes of output left out]\n`;
    return head.toString('utf8', 0, headEnd) + marker + tail.toString('utf8', tailStart);
  }

  /** What is told of it. */
  written(): Written {
    return this.cut ? { output: this.text(), cut: true } : { output: this.text() };
  }

  #addToHead(bytes: Buffer): void {
    const needed = this.#headUsed + bytes.length;
    if (needed > this.#head.length) {
      const size = Math.min(this.#headLimit, Math.max(needed, this.#head.length * 2, FIRST_BYTES));
      const larger = Buffer.allocUnsafe(size);
      this.#head.copy(larger, 0, 0, this.#headUsed);
      this.#head = larger;
    }
    bytes.copy(this.#head, this.#headUsed);
    this.#headUsed = needed;
  }

  #addToTail(bytes: Buffer): void {
    this.#tail ??= Buffer.allocUnsafe(this.#tailLimit);
    const skipped = Math.max(0, bytes.length - this.#tailLimit);
    this.#tailTotal += skipped;
    let rest = bytes.subarray(skipped);
    while (rest.length > 0) {
      const at = this.#tailTotal % this.#tailLimit;
      const copied = rest.copy(this.#tail, at, 0, Math.min(rest.length, this.#tailLimit - at));
      this.#tailTotal += copied;
      rest = rest.subarray(copied);
    }
  }

  #tailInOrder(): Buffer {
    if (!this.#tail) return Buffer.alloc(0);
    if (this.#tailTotal <= this.#tailLimit) return this.#tail.subarray(0, this.#tailTotal);
    const at = this.#tailTotal % this.#tailLimit;
    return Buffer.concat([this.#tail.subarray(at), this.#tail.subarray(0, at)]);
  }
}

const isContinuation = (byte: number | undefined): boolean => byte !== undefined && (byte & 0xc0) === 0x80;

/** Bytes that the character beginning with `byte` has; 1 for what begins none. */
function characterLength(byte: number): number {
  if (byte >= 0xf0 && byte <= 0xf4) return 4;
  if (byte >= 0xe0 && byte < 0xf0) return 3;
  return byte >= 0xc2 && byte < 0xe0 ? 2 : 1;
}

/** Where a UTF-8 text that was cut off ends when its broken last character is left out. */
function endOfWholeCharacters(bytes: Buffer): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes[bytes.length - back];
    if (isContinuation(byte)) continue;
    return characterLength(byte ?? 0) > back ? bytes.length - back : bytes.length;
  }
  return bytes.length;
}

/** Where a UTF-8 text that was cut into begins when its broken first character is left out. */
function startOfWholeCharacters(bytes: Buffer): number {
  let start = 0;
  while (start < 3 && isContinuation(bytes[start])) start++;
  return start;
}
