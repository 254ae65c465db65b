/** Places that are taken and given back, of which one address cannot have all. */
export class Shares {
  readonly #most: number;
  readonly #mostOfOne: number;
  readonly #taken = new Map<string, number>();
  #all = 0;

  constructor(most: number, mostOfOne: number) {
    this.#most = most;
    this.#mostOfOne = mostOfOne;
  }

  /** Whether there is a place for an address. */
  hasRoom(address: string): boolean {
    return this.#all < this.#most && (this.#taken.get(address) ?? 0) < this.#mostOfOne;
  }

  /** Takes a place; false when there is none. */
  take(address: string): boolean {
    if (!this.hasRoom(address)) return false;
    this.takeAnyway(address);
    return true;
  }

  /** Books a place whether there is one or not. */
  takeAnyway(address: string): void {
    this.#book(address, 1);
  }

  giveBack(address: string): void {
    this.#book(address, -1);
  }

  #book(address: string, by: number): void {
    this.#all += by;
    const own = (this.#taken.get(address) ?? 0) + by;
    if (own === 0) this.#taken.delete(address);
    else this.#taken.set(address, own);
  }
}
