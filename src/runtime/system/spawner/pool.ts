import type { Log } from '../../log.ts';
import type { CommandLine } from '../../spawner.ts';
import { CoProcess, type CoProcessSettings } from './coprocess.ts';
import type { ProcessGroups } from './groups.ts';
import { fitsCoProcess } from './quoting.ts';
import type { Attempt, Ending, Way } from './way.ts';

/** How long a co-process may take to begin. */
const START_WITHIN_MS = 5000;
/** So many that would not begin one after the other, and no more are tried. */
const FAILURES_TO_GIVE_UP = 3;

/** The usual way: each command goes to an idle co-process, the one used last first; without one another is started. */
export class Pool implements Way {
  readonly #settings: CoProcessSettings;
  readonly #groups: ProcessGroups;
  readonly #log: Log;
  readonly #direct: Way;
  readonly #idle: CoProcess[] = [];
  #failures = 0;

  /** @param direct runs what a co-process cannot */
  constructor(settings: CoProcessSettings, groups: ProcessGroups, log: Log, direct: Way) {
    this.#settings = settings;
    this.#groups = groups;
    this.#log = log;
    this.#direct = direct;
  }

  begin(line: CommandLine, ended: (ending: Ending) => void): Attempt {
    if (this.#failures >= FAILURES_TO_GIVE_UP || !fitsCoProcess(line)) return this.#direct.begin(line, ended);
    for (let shell = this.#idle.pop(); shell; shell = this.#idle.pop()) {
      if (!shell.dead) return this.#runOn(shell, line, ended);
    }
    return this.#runOnNew(line, ended);
  }

  #runOn(shell: CoProcess, line: CommandLine, ended: (ending: Ending) => void): Attempt {
    try {
      shell.run(line, (ending) => {
        if (shell.dead) shell.release();
        else this.#idle.push(shell);
        ended(ending);
      });
      return { terminate: (graceMs) => this.#terminate(shell, graceMs) };
    } catch (error) {
      this.#log.debug('a command runs in a shell of its own, its files could not be made', {
        error: String(error),
      });
      shell.release();
      return this.#direct.begin(line, ended);
    }
  }

  #runOnNew(line: CommandLine, ended: (ending: Ending) => void): Attempt {
    let current: Attempt | undefined;
    let cancelled = false;
    this.#start((shell) => {
      if (!cancelled) current = shell ? this.#runOn(shell, line, ended) : this.#direct.begin(line, ended);
      else if (shell) this.#idle.push(shell);
    });
    return {
      terminate: async (graceMs) => {
        cancelled = true;
        return current?.terminate(graceMs);
      },
    };
  }

  /** @param begun is given the new co-process, or nothing when it does not work */
  #start(begun: (shell: CoProcess | undefined) => void): void {
    const shell = new CoProcess(
      this.#settings,
      (works) => {
        late.cancel();
        this.#failures = works ? 0 : this.#failures + 1;
        if (!works) this.#failed(shell);
        begun(works ? shell : undefined);
      },
      () => this.#groups.leaderEnded(),
    );
    const late = this.#settings.clock.after(START_WITHIN_MS, () => {
      shell.forget();
      this.#failures++;
      this.#failed(shell);
      begun(undefined);
    });
    if (shell.group !== undefined) this.#groups.add(shell.group);
  }

  #failed(shell: CoProcess): void {
    shell.release();
    if (this.#failures !== FAILURES_TO_GIVE_UP) return;
    this.#log.warn('co-processes do not work here, every command gets a shell of its own, which is slower', {
      folder: this.#settings.folder.path,
    });
  }

  async #terminate(shell: CoProcess, graceMs: number): Promise<string | undefined> {
    shell.forget();
    const { group } = shell;
    const left = group === undefined ? undefined : await this.#groups.end(group, graceMs, 'co-process');
    shell.release();
    return left;
  }
}
