import { ExpressionError } from './mistake.ts';

/** Most steps (parts evaluated, items looked at) of one evaluation. */
const MOST_STEPS = 100_000;
/** Most characters and items that one evaluation may build. */
const MOST_BUILT = 4_000_000;

/** Most work on texts: characters read, times the size of the pattern where one is matched (0.4 s at the very worst). */
const MOST_WORK = 20_000_000;

/** What one evaluation may still do. Throws ExpressionError when it is used up. */
export class Budget {
  #steps = MOST_STEPS;
  #built = MOST_BUILT;
  #work = MOST_WORK;

  step(count = 1): void {
    this.#steps -= count;
    if (this.#steps < 0)
      throw new ExpressionError('it takes too long: the document or a list in it is too big');
  }

  /** Called before something of that size is built. */
  build(size: number): void {
    this.#built -= size;
    if (this.#built < 0) throw new ExpressionError('it builds texts or lists that are too big');
  }

  /** Called before a text of that length is searched. */
  work(amount: number): void {
    this.#work -= amount;
    if (this.#work < 0)
      throw new ExpressionError('it takes too long: the texts are too long for what is looked for');
  }
}
