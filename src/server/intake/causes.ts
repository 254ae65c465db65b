/** Causes that are told once each; beyond this many different ones they are only counted. */
const MOST_CAUSES = 200;

/** Remembers what was told before, so that a peer's nonsense fills no log. */
export class Causes {
  readonly #told = new Set<string>();

  /** True the first time a cause comes up, as long as there are not too many. */
  isNew(cause: string): boolean {
    if (this.#told.has(cause) || this.#told.size >= MOST_CAUSES) return false;
    this.#told.add(cause);
    return true;
  }
}
