import type { LogEntry } from '../port.ts';

/** Log entries that are not yet known to be in the table of logs. */
export class RecentLogs {
  readonly #entries = new Map<string, LogEntry[]>();

  add(log: string, entry: LogEntry): void {
    const entries = this.#entries.get(log);
    if (entries) entries.push(entry);
    else this.#entries.set(log, [entry]);
  }

  /** Entries of a log, oldest first. */
  of(log: string): readonly LogEntry[] {
    return this.#entries.get(log) ?? [];
  }

  /** Entries up to this sequence are in the table. */
  moved(sequence: number): void {
    for (const [log, entries] of this.#entries) {
      const rest = entries.filter((entry) => entry.sequence > sequence);
      if (rest.length > 0) this.#entries.set(log, rest);
      else this.#entries.delete(log);
    }
  }

  drop(prefix: string): void {
    for (const log of this.#entries.keys()) if (log.startsWith(prefix)) this.#entries.delete(log);
  }
}
