import type { CheckResult } from '../model/check.ts';
import type { ResultId } from '../model/taken.ts';

/** Most checks whose last number is known. */
export const MOST_CHECKS = 10_000;

/** Names a check of a client among all that an agent reports. */
export function checkKeyOf(agent: string, { client, check }: CheckResult): string {
  return `${agent}/${check.source || client}/${check.name}`;
}

/** What the numbers of earlier runs leave for this one. */
export interface Numbering {
  /** New at each start, or that of the runs before, when their numbers go on. */
  boot: string;
  /** The first number of this run. */
  first: number;
  /** Check (`checkKeyOf`) → the last number of an earlier run that may not have been taken yet. */
  waiting: ReadonlyMap<string, number>;
  /** False when there may be others of earlier runs that nobody knows of. */
  complete: boolean;
}

/** The numbering of an agent whose results do not outlive it. */
export function newNumbering(boot: string): Numbering {
  return { boot, first: 1, waiting: new Map(), complete: true };
}

/** Numbers the results of one run of an agent. */
export class ResultNumbers {
  readonly #boot: string;
  #number: number;
  readonly #last: Map<string, number>;
  /** True once a check was forgotten: from then on, one that is not known may have had a result before. */
  #forgot: boolean;

  constructor({ boot, first, waiting, complete }: Numbering) {
    this.#boot = boot;
    this.#number = first - 1;
    this.#last = new Map(waiting);
    this.#forgot = !complete;
  }

  next(agent: string, result: CheckResult): ResultId {
    this.#number += 1;
    const key = checkKeyOf(agent, result);
    const previous = this.#last.get(key) ?? (this.#forgot ? undefined : 0);
    this.#last.set(key, this.#number);
    if (this.#last.size > MOST_CHECKS) this.#forgetOne();
    return { agent, boot: this.#boot, number: this.#number, previous };
  }

  #forgetOne(): void {
    const [oldest] = this.#last.keys();
    if (oldest !== undefined) this.#last.delete(oldest);
    this.#forgot = true;
  }
}
