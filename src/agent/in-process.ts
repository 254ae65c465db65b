import type { Client } from '../model/client.ts';
import { problemsOf } from '../model/problems.ts';
import type { CheckContext, CheckOutcome, CheckPlugin } from '../plugin.ts';
import type { Clock } from '../runtime/clock.ts';
import { errorText } from '../runtime/errors.ts';
import type { Log } from '../runtime/log.ts';
import type { Random } from '../runtime/random.ts';
import type { CallIns } from './call-ins.ts';
import type { RunnableCheck } from './runnable.ts';

/** Most mistakes in its options that a check's output names. */
const MOST_PROBLEMS = 5;

/** What a check that runs in process is handed, but for what differs from run to run. */
export interface InProcessParts {
  clock: Clock;
  random: Random;
  log: Log;
  callIns: CallIns;
}

type Ending = CheckOutcome | 'timeout' | 'stopped';

/** Runs checks that are functions. A function may throw, hang or answer nonsense: there is always an outcome. */
export class InProcess {
  readonly #parts: InProcessParts;
  /** Ends a run that is going on. */
  readonly #stops = new Set<() => void>();
  #stopped = false;

  constructor(parts: InProcessParts) {
    this.#parts = parts;
  }

  /** The outcome, or undefined when `stop` ended it. A `timeoutMs` of 0 means no limit. Never rejects. */
  async run(
    plugin: CheckPlugin,
    check: RunnableCheck,
    client: Client,
    timeoutMs: number,
  ): Promise<CheckOutcome | undefined> {
    if (this.#stopped) return undefined;
    const options = (Object.hasOwn(check, plugin.name) ? check[plugin.name] : undefined) ?? {};
    const invalid = invalidOptions(plugin, options);
    if (invalid !== undefined) return ours(invalid);
    const ending = await this.#guard(timeoutMs, (signal) =>
      attempt(plugin, options as Record<string, unknown>, this.#context(check, client, signal)),
    );
    if (ending === 'stopped') return undefined;
    return ending === 'timeout' ? { status: 2, output: 'Execution timed out' } : ending;
  }

  /** Ends all that run, and whatever comes later at once. */
  stop(): void {
    this.#stopped = true;
    for (const stop of [...this.#stops]) stop();
  }

  #context(check: RunnableCheck, client: Client, signal: AbortSignal): CheckContext {
    const { clock, random, log, callIns } = this.#parts;
    return { clock, random, log, signal, client, check, calledIn: (name) => callIns.read(name) };
  }

  /** Waits for a run no longer than its limit, and no longer than until `stop`; tells it when it is over. */
  #guard(timeoutMs: number, run: (signal: AbortSignal) => Promise<CheckOutcome>): Promise<Ending> {
    const controller = new AbortController();
    return new Promise((resolve) => {
      const end = (ending: Ending): void => {
        timer?.cancel();
        this.#stops.delete(stop);
        resolve(ending);
      };
      const cut = (ending: Ending): void => {
        end(ending);
        controller.abort();
      };
      const stop = (): void => cut('stopped');
      const timer = timeoutMs > 0 ? this.#parts.clock.after(timeoutMs, () => cut('timeout')) : undefined;
      this.#stops.add(stop);
      void run(controller.signal).then(end);
    });
  }
}

/** Runs the function; what it throws becomes an outcome, and so does what is none. */
async function attempt(
  plugin: CheckPlugin,
  options: Record<string, unknown>,
  context: CheckContext,
): Promise<CheckOutcome> {
  try {
    const outcome: unknown = await plugin.run(options, context);
    if (isOutcome(outcome)) return outcome;
    return ours(
      `Unexpected error: the check ${plugin.name} did not return a whole-number status and an output`,
    );
  } catch (error) {
    return ours(`Unexpected error: ${errorText(error)}`);
  }
}

function isOutcome(outcome: unknown): outcome is CheckOutcome {
  if (typeof outcome !== 'object' || outcome === null) return false;
  const { status, output } = outcome as Partial<CheckOutcome>;
  return Number.isInteger(status) && typeof output === 'string';
}

/** What is wrong with the options, as a check's output says it; undefined when nothing is. */
function invalidOptions(plugin: CheckPlugin, options: unknown): string | undefined {
  const problems = problemsOf(plugin.options, options, [plugin.name]);
  if (problems.length === 0) return undefined;
  const told = problems
    .slice(0, MOST_PROBLEMS)
    .map(({ path, expected, found }) => `${path}: expected ${expected}, found ${found}`);
  return `Invalid options: ${told.join('; ')}`;
}

function ours(output: string): CheckOutcome {
  return { status: 3, output, fault: 'ours' };
}
