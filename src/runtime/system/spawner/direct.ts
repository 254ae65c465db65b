import { type ChildProcess, spawn } from 'node:child_process';
import { constants } from 'node:os';
import type { Writable } from 'node:stream';
import { errorText } from '../../errors.ts';
import type { CommandLine } from '../../spawner.ts';
import type { ProcessGroups } from './groups.ts';
import { OutputBuffer } from './output.ts';
import { type Attempt, type Ending, SHELL, type Way } from './way.ts';

/**
 * What becomes the command's shell: it waits for a line that says that the watcher knows it, and joins error output to
 * output, because Node gives a child one pipe a stream. Without the line, when we have died meanwhile, it ends.
 */
const PRELUDE = `read -r go <&3 && exec ${SHELL} -c "$1" sh 2>&1 3<&-`;

export interface DirectSettings {
  environment: NodeJS.ProcessEnv;
  outputLimitBytes: number;
}

/**
 * The other way: each command gets a shell of its own that this process starts. Slower, and slower still the more
 * memory this process has; but it needs no folder, and takes any environment and any length.
 */
export class Direct implements Way {
  readonly #settings: DirectSettings;
  readonly #groups: ProcessGroups;

  constructor(settings: DirectSettings, groups: ProcessGroups) {
    this.#settings = settings;
    this.#groups = groups;
  }

  begin(line: CommandLine, ended: (ending: Ending) => void): Attempt {
    const attempt = new DirectAttempt(this.#groups, ended);
    // Starting a process from another's exit event, again and again, would leave nobody else a turn.
    setImmediate(() => attempt.start(line, this.#settings));
    return attempt;
  }
}

class DirectAttempt implements Attempt {
  readonly #groups: ProcessGroups;
  #ended: ((ending: Ending) => void) | undefined;
  #child: ChildProcess | undefined;

  constructor(groups: ProcessGroups, ended: (ending: Ending) => void) {
    this.#groups = groups;
    this.#ended = ended;
  }

  start(line: CommandLine, settings: DirectSettings): void {
    if (!this.#ended) return;
    try {
      this.#follow(this.#spawn(line, settings), new OutputBuffer(settings.outputLimitBytes));
    } catch (error) {
      this.#end({ failure: errorText(error) });
    }
  }

  async terminate(graceMs: number): Promise<string | undefined> {
    this.#ended = undefined;
    const group = this.#child?.pid;
    const left = group === undefined ? undefined : await this.#groups.end(group, graceMs, 'command');
    this.#child?.stdout?.destroy();
    return left;
  }

  #spawn(line: CommandLine, settings: DirectSettings): ChildProcess {
    const child = spawn(SHELL, ['-c', PRELUDE, 'sh', line.command], {
      detached: true,
      stdio: [line.stdin ? 'pipe' : 'ignore', 'pipe', 'ignore', 'pipe'],
      env: { ...settings.environment, ...line.env },
    });
    this.#child = child;
    if (child.pid !== undefined) this.#groups.add(child.pid);
    const gate = child.stdio[3] as Writable | null;
    gate?.on('error', () => {}).end('\n');
    // A command that ends without reading its input is no error.
    child.stdin?.on('error', () => {}).end(line.stdin);
    return child;
  }

  #follow(child: ChildProcess, output: OutputBuffer): void {
    child.stdout?.on('data', (bytes: Buffer) => output.add(bytes));
    child.on('error', (error) => this.#end({ failure: errorText(error) }));
    child.on('exit', () => this.#groups.leaderEnded());
    child.on('close', (code, signal) => {
      this.#end({ status: code ?? (signal ? constants.signals[signal] : 0), ...output.written() });
    });
  }

  #end(ending: Ending): void {
    const ended = this.#ended;
    this.#ended = undefined;
    ended?.(ending);
  }
}
