/** Number of buckets; part of the file's format, like `bucketOf`. */
const BUCKETS = 1024;
/** Characters of snapshots that are written at once, at least. */
const SMALLEST_DEBT = 65_536;
/** What the smallest bucket counts for, since each is a write of its own. */
const SMALLEST_BUCKET = 1_024;

/** Between the lines of a JSON array; JSON text itself holds no line break. */
export const SEPARATOR = ',\n';

/** The lines of a JSON array that was made by `joinLines`. */
export function splitLines(text: string): string[] {
  return text === '[]' ? [] : text.slice(1, -1).split(SEPARATOR);
}

export function joinLines(lines: readonly string[]): string {
  return `[${lines.join(SEPARATOR)}]`;
}

/** The beginning of a line that names its document: `["kind","name"`. */
export function keyOf(line: string): string {
  return line.slice(0, endOfText(line, endOfText(line, 1) + 1));
}

/** Index behind the JSON string that begins at `start`. */
function endOfText(line: string, start: number): number {
  let end = line.indexOf('"', start + 1);
  while (isEscaped(line, end)) end = line.indexOf('"', end + 1);
  return end + 1;
}

function isEscaped(line: string, quote: number): boolean {
  let first = quote;
  while (line.charCodeAt(first - 1) === 0x5c) first--;
  return (quote - first) % 2 === 1;
}

/** The bucket of a key: FNV-1a over its UTF-16 units (Fowler, Noll and Vo, RFC 9923), folded to ten bits. */
export function bucketOf(key: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < key.length; i++) hash = Math.imul(hash ^ key.charCodeAt(i), 0x01000193);
  return ((hash >>> 10) ^ hash) & (BUCKETS - 1);
}

/** What became of a bucket's documents since its snapshot. */
interface Changes {
  /** Place of the journal row with the first of them. */
  since: number;
  /** Key → the newest line; a line that ends behind its key deletes. */
  lines: Map<string, string>;
}

/**
 * Decides which buckets are written when, and makes their texts: for each character of journal one of snapshots, the
 * bucket that has waited longest first. So the journal stays about as long as the documents, whatever changes.
 */
export class Buckets {
  /** In the order in which they began to wait. */
  readonly #waiting = new Map<number, Changes>();
  readonly #sizes = new Uint32Array(BUCKETS);
  #debt = 0;

  /** The journal grew by a row with these lines. @param complete true for buckets whose snapshot is newer already */
  add(lines: readonly string[], position: number, complete?: (bucket: number) => boolean): void {
    for (const line of lines) {
      const key = keyOf(line);
      const bucket = bucketOf(key);
      if (complete?.(bucket)) continue;
      let changes = this.#waiting.get(bucket);
      if (!changes) {
        changes = { since: position, lines: new Map() };
        this.#waiting.set(bucket, changes);
      }
      // A key is a slice of its line; without the deletion the old key would keep the old line in memory.
      changes.lines.delete(key);
      changes.lines.set(key, line);
    }
  }

  /** The journal grew by this many characters. */
  grew(length: number): void {
    this.#debt += length;
  }

  /** The file holds a snapshot of this many characters. */
  holds(bucket: number, length: number): void {
    this.#sizes[bucket] = length;
  }

  /** The bucket that is to be written now, if any. */
  due(): number | undefined {
    const [bucket] = this.#waiting.keys();
    if (bucket === undefined) this.#debt = Math.min(this.#debt, SMALLEST_DEBT);
    else if (this.#debt >= Math.max(SMALLEST_DEBT, this.#sizes[bucket] ?? 0)) return bucket;
    return undefined;
  }

  /** Buckets that have changed since their snapshots. */
  get waiting(): IterableIterator<number> {
    return this.#waiting.keys();
  }

  /** The text of a bucket as it is now; `before` is its snapshot. */
  merge(bucket: number, before: string): string {
    const changes = this.#waiting.get(bucket);
    if (!changes) return before;
    const lines = new Map(splitLines(before).map((line) => [keyOf(line), line]));
    for (const [key, line] of changes.lines) {
      if (line.length > key.length + 1) lines.set(key, line);
      else lines.delete(key);
    }
    return joinLines([...lines.values()]);
  }

  /** The file holds this text of the bucket now. */
  written(bucket: number, text: string): void {
    this.#waiting.delete(bucket);
    this.#sizes[bucket] = text.length;
    this.#debt -= Math.max(text.length, SMALLEST_BUCKET);
  }

  /** Place of the oldest journal row that a bucket waits for; undefined when none waits. */
  get oldest(): number | undefined {
    const [changes] = this.#waiting.values();
    return changes?.since;
  }
}
