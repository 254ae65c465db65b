import type { CheckResult } from '../model/check.ts';
import type { ResultId } from '../model/taken.ts';

/** Most checks whose last number is known. */
export const MOST_CHECKS = 10_000;

/** Numbers the results of one run of an agent. */
export class ResultNumbers {
  readonly #boot: string;
  #number = 0;
  readonly #last = new Map<string, number>();
  /** True once a check was forgotten: from then on, one that is not known may have had a result before. */
  #forgot = false;

  /** @param boot new at each start */
  constructor(boot: string) {
    this.#boot = boot;
  }

  next(agent: string, { client, check }: CheckResult): ResultId {
    this.#number += 1;
    const key = `${agent}/${check.source || client}/${check.name}`;
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
