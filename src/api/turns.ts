/**
 * Gives turns to those who have much to do: one in each round of the event loop, in the order in which they asked,
 * so that however many there are, messages and timers come between them.
 */
export class Turns {
  readonly #waiting: (() => void)[] = [];

  /** Resolves when the caller may go on for some milliseconds. */
  next(): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      if (this.#waiting.length === 1) setImmediate(() => this.#give());
    });
  }

  #give(): void {
    const [first] = this.#waiting;
    first?.();
    this.#waiting.shift();
    if (this.#waiting.length > 0) setImmediate(() => this.#give());
  }
}
