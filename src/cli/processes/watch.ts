import { type FSWatcher, watch } from 'node:fs';
import { basename } from 'node:path';
import type { Fingerprint } from '../../config/index.ts';

/** A burst of changes (an editor, a checkout, a configuration tool) is looked at once, this long after its last one. */
const QUIET_MS = 300;
/** … but no later than this after its first. */
const LONGEST_BURST_MS = 3_000;
/** Where the system tells of no changes (network file systems, too many watches), we look this often. */
const LOOK_MS = 30_000;
/** Directories beyond these are only looked at now and then. */
const MOST_WATCHED = 500;

export interface WatchParts {
  look(): Promise<Fingerprint>;
  /** Called after a change; what it does has its own order. */
  changed(): void;
  /** What the places looked like before they were read; what has changed since is a change. */
  seen?: Fingerprint | undefined;
  /** Milliseconds between two looks that nothing has asked for. */
  lookMs?: number | undefined;
}

/** Watches the places of a configuration, and nothing else, until it is closed. Never throws. */
export class Watch {
  readonly #parts: WatchParts;
  readonly #watchers = new Map<string, FSWatcher>();
  readonly #regular: NodeJS.Timeout;
  #seen: string | undefined;
  #pending: NodeJS.Timeout | undefined;
  #burstEndsAtMs: number | undefined;
  #looking = false;
  #again = false;
  #closed = false;

  constructor(parts: WatchParts) {
    this.#parts = parts;
    this.#seen = parts.seen?.text;
    this.#regular = setInterval(() => void this.#look(), parts.lookMs ?? LOOK_MS);
  }

  /** Resolves when it watches: what changes from then on is noticed. */
  start(): Promise<void> {
    return this.#look();
  }

  close(): void {
    this.#closed = true;
    clearInterval(this.#regular);
    clearTimeout(this.#pending);
    for (const watcher of this.#watchers.values()) watcher.close();
    this.#watchers.clear();
  }

  #touched(): void {
    if (this.#closed) return;
    const nowMs = performance.now();
    this.#burstEndsAtMs ??= nowMs + LONGEST_BURST_MS;
    clearTimeout(this.#pending);
    const delayMs = Math.max(0, Math.min(QUIET_MS, this.#burstEndsAtMs - nowMs));
    this.#pending = setTimeout(() => {
      this.#burstEndsAtMs = undefined;
      void this.#look();
    }, delayMs);
  }

  async #look(): Promise<void> {
    if (this.#looking) {
      this.#again = true;
      return;
    }
    this.#looking = true;
    do {
      this.#again = false;
      const { text, directories } = await this.#parts.look();
      if (this.#closed) return;
      const before = this.#seen;
      this.#seen = text;
      // What was created before it was watched is found by a second look.
      if (this.#watchAll(directories)) this.#again = true;
      if (before !== undefined && before !== text) this.#parts.changed();
    } while (this.#again);
    this.#looking = false;
  }

  /** True when there is a directory among them that was not watched before. */
  #watchAll(directories: readonly string[]): boolean {
    const wanted = new Set(directories.slice(0, MOST_WATCHED));
    for (const [directory, watcher] of this.#watchers) {
      if (wanted.has(directory)) continue;
      watcher.close();
      this.#watchers.delete(directory);
    }
    const added = [...wanted].filter((directory) => !this.#watchers.has(directory));
    return added.filter((directory) => this.#watch(directory)).length > 0;
  }

  #watch(directory: string): boolean {
    try {
      const watcher = watch(directory, { persistent: false }, (event, name) => {
        // It was removed or moved away itself; one that comes in its place has to be watched anew.
        if (event === 'rename' && name === basename(directory)) forget();
        // A file that is no configuration is written, like our own data, without concerning us.
        if (event === 'rename' || name === null || name.endsWith('.json')) this.#touched();
      });
      const forget = (): void => {
        watcher.close();
        if (this.#watchers.get(directory) === watcher) this.#watchers.delete(directory);
      };
      watcher.on('error', forget);
      this.#watchers.set(directory, watcher);
      return true;
    } catch {
      return false;
    }
  }
}
