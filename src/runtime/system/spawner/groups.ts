import { type Clock, sleep } from '../../clock.ts';
import { leftBehind, membersOf } from './processes.ts';
import type { Watcher } from './watcher.ts';

/** How long the killed may take to disappear. */
const AFTER_KILL_MS = 1000;
const FIRST_LOOK_MS = 5;
const LOOK_EVERY_MS = 100;

/**
 * The process groups that we started and have not yet seen empty, by their leader's number. Numbers are used again
 * by the system, so a group that was seen empty is forgotten and never signalled.
 */
export class ProcessGroups {
  readonly #groups = new Set<number>();
  readonly #watcher: Watcher;
  readonly #clock: Clock;

  constructor(watcher: Watcher, clock: Clock) {
    this.#watcher = watcher;
    this.#clock = clock;
  }

  add(group: number): void {
    this.#groups.add(group);
    this.#watcher.tell(this.#groups);
  }

  /** The leader has ended. What it left behind lives on until `endAll`; groups without members are forgotten. */
  leaderEnded(): void {
    const before = this.#groups.size;
    for (const group of this.#groups) this.#isEmpty(group);
    if (this.#groups.size !== before) this.#watcher.tell(this.#groups);
  }

  /**
   * SIGTERM to the group, SIGKILL after `graceMs`; processes that an earlier command of the same co-process left
   * behind are spared. Resolves when it is empty or killed, with the reason when the system does not let us.
   */
  async end(group: number, graceMs: number, leader: 'command' | 'co-process'): Promise<string | undefined> {
    const spared = leader === 'co-process' ? leftBehind(await membersOf(new Set([group])), group) : [];
    if (spared.length > 0) return this.#endSome(group, graceMs, new Set(spared));
    return this.#endBy(graceMs, {
      signal: (name) => this.#signal(group, name),
      isEmpty: () => this.#haveEnded([group]),
    });
  }

  /** Ends every group. Resolves when all are empty, or could not be emptied within the time. */
  async endAll(graceMs: number): Promise<void> {
    await this.#endBy(graceMs, {
      signal: (name) => {
        for (const group of this.#groups) this.#signal(group, name);
        return undefined;
      },
      isEmpty: () => this.#haveEnded([...this.#groups]),
    });
  }

  async #endSome(group: number, graceMs: number, spared: ReadonlySet<number>): Promise<string | undefined> {
    const victims = async (): Promise<number[]> =>
      (await membersOf(new Set([group])))
        .filter((row) => !row.ended && !spared.has(row.pid))
        .map((row) => row.pid);
    let known = await victims();
    return this.#endBy(graceMs, {
      signal: (name) => known.map((pid) => trySignal(pid, name)).find((refused) => refused !== undefined),
      isEmpty: async () => {
        known = await victims();
        return known.length === 0;
      },
    });
  }

  async #endBy(graceMs: number, target: Target): Promise<string | undefined> {
    const refused = target.signal('SIGTERM');
    if (await this.#emptyWithin(graceMs, target)) return undefined;
    const refusedToo = target.signal('SIGKILL');
    if (await this.#emptyWithin(AFTER_KILL_MS, target)) return undefined;
    return refusedToo ?? refused;
  }

  async #emptyWithin(ms: number, target: Target): Promise<boolean> {
    const end = this.#clock.elapsed() + ms;
    for (let waitMs = FIRST_LOOK_MS; ; waitMs = Math.min(waitMs * 2, LOOK_EVERY_MS)) {
      if (await target.isEmpty()) return true;
      const leftMs = end - this.#clock.elapsed();
      if (leftMs <= 0) return false;
      await sleep(this.#clock, Math.min(waitMs, leftMs));
    }
  }

  #signal(group: number, name: NodeJS.Signals): string | undefined {
    return this.#groups.has(group) ? trySignal(-group, name) : undefined;
  }

  /** Whether nothing runs in these groups; ended processes that nobody has asked about may still be there. */
  async #haveEnded(groups: readonly number[]): Promise<boolean> {
    const inhabited = new Set(groups.filter((group) => !this.#isEmpty(group)));
    if (inhabited.size === 0) return true;
    const members = await membersOf(inhabited);
    return members.length > 0 && members.every((row) => row.ended);
  }

  #isEmpty(group: number): boolean {
    if (!this.#groups.has(group)) return true;
    try {
      process.kill(-group, 0);
      return false;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') return false;
      this.#groups.delete(group);
      return true;
    }
  }
}

/** What `#endBy` ends: something to signal, and a look whether it has gone. */
interface Target {
  signal(name: NodeJS.Signals): string | undefined;
  isEmpty(): Promise<boolean>;
}

/** Signals a process, or a group by its negative number; the reason when the system refuses. */
function trySignal(pid: number, name: NodeJS.Signals): string | undefined {
  try {
    process.kill(pid, name);
    return undefined;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    return code === 'ESRCH' ? undefined : `Unable to TERM/KILL the process: #${Math.abs(pid)}, ${message}`;
  }
}
