/** An item of a list that is JSON already: a comma and the document, as bytes, which are ten times cheaper to join. */
export class Written {
  readonly bytes: Buffer;

  constructor(document: unknown) {
    this.bytes = Buffer.from(`,${JSON.stringify(document)}`);
  }
}

/** Bytes of one of the two generations. */
const MOST_BYTES = 16 * 1024 * 1024;

/**
 * Keeps the JSON of stored documents, so that lists that are asked for every few seconds cost only what has changed.
 * A document in the store is never changed in place, so its text is true as long as the document is the same object.
 * Two generations bound the memory: when the younger is full it becomes the older, whose texts are forgotten unless
 * they are asked for again.
 */
export class Texts {
  #young = new Map<object, Written>();
  #old = new Map<object, Written>();
  #bytes = 0;

  /** The JSON of what `document` makes of `item`; `stored` is the object in the store that it is made of alone. */
  of<Item>(stored: object, item: Item, document: (item: Item) => unknown): Written {
    const known = this.#young.get(stored);
    if (known) return known;
    const written = this.#old.get(stored) ?? new Written(document(item));
    if (this.#bytes > MOST_BYTES) {
      this.#old = this.#young;
      this.#young = new Map();
      this.#bytes = 0;
    }
    this.#young.set(stored, written);
    this.#bytes += written.bytes.length;
    return written;
  }
}
