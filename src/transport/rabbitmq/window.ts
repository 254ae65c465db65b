/** An acknowledgement to be sent: of this message, or of all up to it. */
export interface Acknowledgement {
  tag: number;
  upTo: boolean;
}

/**
 * The messages of one channel that were delivered and not acknowledged, by delivery tag; tags count up. An old channel's
 * window is thrown away with it: its acknowledgements are void, and the broker delivers again.
 */
export class DeliveryWindow {
  readonly #open = new Set<number>();

  get size(): number {
    return this.#open.size;
  }

  /** The tag that is open longest. */
  get oldest(): number | undefined {
    for (const tag of this.#open) return tag;
    return undefined;
  }

  delivered(tag: number): void {
    this.#open.add(tag);
  }

  /** Settles messages and says what to send for them: one acknowledgement for all that nothing older stands before. */
  settle(tags: readonly number[]): Acknowledgement[] {
    const settled = tags.filter((tag) => this.#open.delete(tag));
    const oldest = this.oldest ?? Number.POSITIVE_INFINITY;
    const greatest = settled.reduce((most, tag) => (tag < oldest ? Math.max(most, tag) : most), 0);
    const single = settled.filter((tag) => tag > oldest).map((tag) => ({ tag, upTo: false }));
    return greatest === 0 ? single : [{ tag: greatest, upTo: true }, ...single];
  }
}
