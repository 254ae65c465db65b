import { Compile } from 'typebox/compile';
import { type Check, type CheckRequest, CheckRequestSchema } from '../model/check.ts';
import { problemsOf } from '../model/problems.ts';
import type { Counters } from '../runtime/counters.ts';
import type { Log } from '../runtime/log.ts';
import type { Runs } from './runs.ts';

const REQUEST = Compile(CheckRequestSchema);

/** Most causes that are remembered as logged; what is wrong beyond them is counted only. */
const MOST_CAUSES = 100;

/**
 * What a request asks for on this client: the local definition of that name laid over it, unless the request
 * was made for another client (`proxy_requests`).
 */
export function laidOver(request: CheckRequest, local: Check | undefined): CheckRequest {
  return local === undefined || Object.hasOwn(request, 'proxy_requests') ? request : { ...request, ...local };
}

/** Judges what arrives from the subscriptions and starts what it asks for. Nonsense is counted and logged once per cause. */
export class Requests {
  readonly #runs: Runs;
  readonly #log: Log;
  readonly #counters: Counters;
  readonly #checks: ReadonlyMap<string, Check>;
  readonly #causes = new Set<string>();

  /** @param parts.checks the local definitions */
  constructor(parts: {
    runs: Runs;
    log: Log;
    counters: Counters;
    checks: ReadonlyMap<string, Check>;
  }) {
    this.#runs = parts.runs;
    this.#log = parts.log;
    this.#counters = parts.counters;
    this.#checks = parts.checks;
  }

  /** Resolves when the same check could be run again. Never rejects. */
  async take(request: unknown): Promise<void> {
    if (!REQUEST.Check(request)) return this.#refuse(request);
    await this.#runs.run(laidOver(request, this.#checks.get(request.name)));
  }

  #refuse(request: unknown): void {
    this.#counters.increment('requests_invalid');
    const [problem] = problemsOf(CheckRequestSchema, request);
    const cause = `${problem?.path}: ${problem?.expected}`;
    if (this.#causes.has(cause) || this.#causes.size >= MOST_CAUSES) return;
    this.#causes.add(cause);
    this.#log.warn('a check request is invalid and was dropped; more of this cause are only counted', {
      path: problem?.path,
      expected: problem?.expected,
      found: problem?.found,
    });
  }
}
