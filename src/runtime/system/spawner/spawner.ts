import { randomUUID } from 'node:crypto';
import type { Clock, Timer } from '../../clock.ts';
import type { Log } from '../../log.ts';
import type { CommandLine, Execution, Spawner } from '../../spawner.ts';
import { Direct } from './direct.ts';
import { FOLDER_PLACES, PrivateFolder } from './folder.ts';
import { ProcessGroups } from './groups.ts';
import { Pool } from './pool.ts';
import { Queue } from './queue.ts';
import { refusal } from './quoting.ts';
import { Watcher } from './watcher.ts';
import type { Attempt, Ending, Way } from './way.ts';

/** Between SIGTERM and SIGKILL after a timeout (Sensu Core 1.9 documentation: up to three seconds). */
const TIMEOUT_GRACE_MS = 3000;
/** The same when we are closing: for commands that run, then for what earlier ones left behind. */
const CLOSE_GRACE_MS = 1500;
const LEFTOVER_GRACE_MS = 500;

export interface SpawnerOptions {
  /** Commands at once; the others wait in order of arrival. */
  limit: number;
  /** Of a longer output only the first and the last half of this are kept. */
  outputLimitBytes: number;
  clock: Clock;
  log: Log;
  /** What commands inherit; as it is now, later changes do not count. Default: that of this process. */
  environment?: NodeJS.ProcessEnv | undefined;
  /** Where a private folder may be made, first choice first; none: every command gets a shell of its own. */
  folders?: readonly string[] | undefined;
}

/** Makes a spawner. It starts no process and touches no file before its first command. */
export function createSpawner(options: SpawnerOptions): Spawner {
  return new ShellSpawner(options);
}

/** The parts that need processes or files, made for the first command. */
interface Works {
  way: Way;
  groups: ProcessGroups;
  watcher: Watcher;
  folder: PrivateFolder | undefined;
}

/** A command from its arrival to its answer. */
interface Turn {
  line: CommandLine;
  arrivedMs: number;
  answer: (execution: Execution) => void;
  attempt?: Attempt;
  timeout?: Timer | undefined;
}

class ShellSpawner implements Spawner {
  readonly #options: SpawnerOptions;
  readonly #environment: NodeJS.ProcessEnv;
  readonly #waiting = new Queue<Turn>();
  readonly #running = new Set<Turn>();
  #works: Works | undefined;
  #stopping = false;
  #closed: Promise<void> | undefined;

  constructor(options: SpawnerOptions) {
    this.#options = options;
    this.#environment = { ...(options.environment ?? process.env) };
  }

  get running(): number {
    return this.#running.size;
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  run(line: CommandLine): Promise<Execution> {
    return new Promise((answer) => {
      const turn: Turn = { line, arrivedMs: this.#options.clock.elapsed(), answer };
      const refused = refusal(line);
      if (this.#stopping) return this.#answer(turn, stopped);
      if (refused !== undefined) return this.#answer(turn, failed(refused));
      this.#waiting.push(turn);
      this.#beginNext();
    });
  }

  close(): Promise<void> {
    this.#stopping = true;
    this.#closed ??= this.#close();
    return this.#closed;
  }

  #beginNext(): void {
    while (!this.#stopping && this.#running.size < this.#options.limit) {
      const turn = this.#waiting.shift();
      if (!turn) return;
      this.#begin(turn);
    }
  }

  #begin(turn: Turn): void {
    this.#works ??= this.#open();
    this.#running.add(turn);
    turn.attempt = this.#works.way.begin(turn.line, (ending) => this.#end(turn, outcome(ending)));
    const { timeoutMs } = turn.line;
    if (timeoutMs) turn.timeout = this.#options.clock.after(timeoutMs, () => void this.#timeOut(turn));
  }

  async #timeOut(turn: Turn): Promise<void> {
    const left = await turn.attempt?.terminate(TIMEOUT_GRACE_MS);
    const output = left === undefined ? 'Execution timed out' : `Execution timed out - ${left}`;
    this.#end(turn, { status: 2, output, ended: 'timeout' });
  }

  #end(turn: Turn, how: Outcome): void {
    turn.timeout?.cancel();
    if (!this.#running.delete(turn)) return;
    this.#answer(turn, this.#stopping && how.ended === 'exit' ? stopped : how);
    this.#beginNext();
  }

  #answer(turn: Turn, how: Outcome): void {
    turn.answer({ ...how, durationMs: this.#options.clock.elapsed() - turn.arrivedMs });
  }

  #open(): Works {
    const { clock, log, outputLimitBytes } = this.#options;
    const environment = this.#environment;
    const folder = PrivateFolder.make(this.#options.folders ?? FOLDER_PLACES);
    const watcher = new Watcher(folder?.path ?? '', environment);
    const groups = new ProcessGroups(watcher, clock);
    const direct = new Direct({ environment, outputLimitBytes }, groups);
    if (!folder) return { way: direct, groups, watcher, folder };
    const secret = randomUUID();
    let count = 0;
    const nonce = (): string => `${secret}-${++count}`;
    const pool = new Pool({ folder, clock, environment, outputLimitBytes, nonce }, groups, log, direct);
    return { way: pool, groups, watcher, folder };
  }

  async #close(): Promise<void> {
    for (let turn = this.#waiting.shift(); turn; turn = this.#waiting.shift()) this.#answer(turn, stopped);
    const stop = async (turn: Turn): Promise<void> => {
      turn.timeout?.cancel();
      await turn.attempt?.terminate(CLOSE_GRACE_MS);
      this.#end(turn, stopped);
    };
    await Promise.all([...this.#running].map(stop));
    const works = this.#works;
    if (!works) return;
    await works.groups.endAll(LEFTOVER_GRACE_MS);
    await works.watcher.close();
    works.folder?.remove();
  }
}

type Outcome = Omit<Execution, 'durationMs'>;

const stopped: Outcome = { status: 3, output: 'Unexpected error: stopped before it ended', ended: 'stopped' };

function failed(text: string): Outcome {
  return { status: 3, output: `Unexpected error: ${text}`, ended: 'start' };
}

function outcome(ending: Ending): Outcome {
  return 'failure' in ending ? failed(ending.failure) : { ...ending, ended: 'exit' };
}
