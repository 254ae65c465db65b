/** Pieces of work that are done in one turn of the event loop. */
export const WORK_IN_A_TURN = 100;

/**
 * Does small pieces of work in their order, so many in a turn of the event loop, so that a request to thousands of agents
 * does not hold up everything else. Forgets nothing and keeps nothing once it is done.
 */
export class Turns {
  #waiting: (() => void)[] = [];

  add(work: () => void): void {
    if (this.#waiting.push(work) === 1) setImmediate(this.#next);
  }

  readonly #next = (): void => {
    const now = this.#waiting.slice(0, WORK_IN_A_TURN);
    for (const work of now) work();
    this.#waiting = this.#waiting.slice(now.length);
    if (this.#waiting.length > 0) setImmediate(this.#next);
  };
}
