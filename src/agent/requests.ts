import { Compile } from 'typebox/compile';
import { isAttributes } from '../model/attributes.ts';
import { type Check, type CheckRequest, CheckRequestSchema, type ExecutedCheck } from '../model/check.ts';
import { problemsOf } from '../model/problems.ts';
import { type Clock, unixSeconds } from '../runtime/clock.ts';
import type { Counters } from '../runtime/counters.ts';
import type { Log } from '../runtime/log.ts';
import { Complaints } from './complaints.ts';
import { withoutEmptySource } from './execute.ts';
import type { Results } from './results.ts';
import type { Runs } from './runs.ts';

const REQUEST = Compile(CheckRequestSchema);

/**
 * What a request asks for on this client: the local definition of that name laid over it, unless the request
 * was made for another client (`proxy_requests`).
 */
export function laidOver(request: CheckRequest, local: Check | undefined): CheckRequest {
  return local === undefined || Object.hasOwn(request, 'proxy_requests') ? request : { ...request, ...local };
}

/** The answer to a request for a command that a client in safe mode does not know; nobody is told of it. */
export function unsafeResult(request: CheckRequest, now: number): ExecutedCheck {
  return withoutEmptySource({
    ...request,
    output: 'Check is not locally defined (safe mode)',
    status: 3,
    handle: false,
    executed: now,
  });
}

/** What a client holds against the requests that it is sent. */
export interface RequestRules {
  /** The local definitions. */
  checks: ReadonlyMap<string, Check>;
  /** True: commands run only for checks that are defined here. */
  safeMode: boolean;
}

/** Judges what arrives from the subscriptions and starts what it asks for. Nonsense is counted and logged once per cause. */
export class Requests {
  readonly #clock: Clock;
  readonly #runs: Runs;
  readonly #results: Results;
  readonly #counters: Counters;
  readonly #complaints: Complaints;
  #rules: RequestRules;

  constructor(
    parts: { clock: Clock; runs: Runs; results: Results; log: Log; counters: Counters },
    rules: RequestRules,
  ) {
    this.#clock = parts.clock;
    this.#runs = parts.runs;
    this.#results = parts.results;
    this.#counters = parts.counters;
    this.#complaints = new Complaints(parts.log);
    this.#rules = rules;
  }

  /** What arrives from now on is held against these. */
  reload(rules: RequestRules): void {
    this.#rules = rules;
  }

  /** Resolves when the same check could be run again. Never rejects. */
  async take(arrived: unknown): Promise<void> {
    const request = isAttributes(arrived) ? withoutEmptySource(arrived) : arrived;
    if (!REQUEST.Check(request)) return this.#refuse(request);
    const { checks, safeMode } = this.#rules;
    const local = checks.get(request.name);
    const wanted = laidOver(request, local);
    if (safeMode && local === undefined && wanted.command !== undefined) {
      this.#counters.increment('requests_unsafe');
      this.#results.send(unsafeResult(wanted, unixSeconds(this.#clock)));
    } else {
      await this.#runs.run(wanted);
    }
  }

  #refuse(request: unknown): void {
    this.#counters.increment('requests_invalid');
    const [problem] = problemsOf(CheckRequestSchema, request);
    this.#complaints.warn(
      `${problem?.path}: ${problem?.expected}`,
      'a check request is invalid and was dropped; more of this cause are only counted',
      { path: problem?.path, expected: problem?.expected, found: problem?.found },
    );
  }
}
