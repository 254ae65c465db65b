import type { AuditEntry } from '../model/access.ts';
import { type Clock, sleep, unixSeconds } from '../runtime/clock.ts';
import type { Counters } from '../runtime/counters.ts';
import { errorText } from '../runtime/errors.ts';
import type { Log } from '../runtime/log.ts';
import { logging, type Registry } from '../state/registry.ts';

/** Both names of the one log of audits, like that of removals. */
const AUDIT = '-';
const MOST_WAITING = 1_000;
const AGAIN_MS = 2_000;
const LONGEST_TEXT = 300;
const SELDOM_MS = 3_600_000;
/** Causes that are recorded within one such time: whoever makes up causes cannot push out what others did. */
const MOST_CAUSES = 200;
/** Of these, how many may be of one source: nor can it use them up and hide what others try. */
const MOST_OF_ONE_SOURCE = 50;

export interface AuditParts {
  registry: Registry;
  clock: Clock;
  log: Log;
  counters: Counters;
}

type Entry = Omit<AuditEntry, 'timestamp'>;

/**
 * The record of who did what and when, in the log `audit`. Entries are written in their order, as many at once as have
 * come; while the store is away a bounded number waits.
 */
export class Audit {
  readonly #parts: AuditParts;
  #waiting: AuditEntry[] = [];
  #writing: Promise<void> | undefined;
  #willTryAgain = false;
  readonly #ended = new AbortController();
  /** source and cause → when it was recorded, oldest first */
  readonly #causes = new Map<string, { source: string; atMs: number }>();

  constructor(parts: AuditParts) {
    this.#parts = parts;
  }

  /** Resolves when the entry is written, or waits for a store that is away. Never rejects. */
  async record(entry: Entry): Promise<void> {
    const { counters, clock } = this.#parts;
    if (this.#waiting.length >= MOST_WAITING) {
      counters.increment('audit_lost');
      return;
    }
    this.#waiting.push({ timestamp: unixSeconds(clock), ...bounded(entry) });
    await this.#write();
  }

  /**
   * As `record`, but once in an hour for the same cause of the same source, and for a bounded number of causes, of each
   * source and of all.
   * @param source who is to be told apart from others: an address, or a name that was found true
   */
  recordSeldom(source: string, cause: string, entry: Entry): void {
    const nowMs = this.#parts.clock.elapsed();
    for (const [known, { atMs }] of this.#causes) {
      if (nowMs - atMs < SELDOM_MS) break;
      this.#causes.delete(known);
    }
    const key = `${source}\n${cause}`;
    if (this.#causes.has(key) || this.#causes.size >= MOST_CAUSES) return;
    let own = 0;
    for (const known of this.#causes.values()) if (known.source === source) own += 1;
    if (own >= MOST_OF_ONE_SOURCE) return;
    this.#causes.set(key, { source, atMs: nowMs });
    void this.record(entry);
  }

  /** The last entries, newest first; `before` as in the store. */
  read(options: {
    limit: number;
    before?: number;
  }): Promise<{ sequence: number; timeMs: number; entry: AuditEntry }[]> {
    return this.#parts.registry.log('audit', AUDIT, AUDIT, options);
  }

  /** Ends when what waits is written, or cannot be. */
  async close(): Promise<void> {
    this.#ended.abort();
    await this.#writing;
  }

  /** Resolves after the next attempt to write what waits now. */
  async #write(): Promise<void> {
    // Whoever finds a commit under way waits for it, and then for the one that takes his entry along.
    while (this.#writing && this.#waiting.length > 0) await this.#writing;
    if (this.#waiting.length === 0) return;
    this.#writing = this.#commit();
    await this.#writing;
  }

  async #commit(): Promise<void> {
    const { registry, clock, log } = this.#parts;
    const entries = this.#waiting;
    this.#waiting = [];
    const nowMs = clock.now();
    try {
      const appends = entries.map((entry) => logging('audit', AUDIT, AUDIT, nowMs, entry));
      await registry.store.commit([{ writes: [], appends }]);
    } catch (error) {
      this.#waiting = [...entries, ...this.#waiting];
      log.error('the audit log cannot be written; entries wait', {
        entries: this.#waiting.length,
        error: errorText(error),
      });
      void this.#again();
    } finally {
      this.#writing = undefined;
    }
  }

  async #again(): Promise<void> {
    if (this.#willTryAgain) return;
    this.#willTryAgain = true;
    await sleep(this.#parts.clock, AGAIN_MS, this.#ended.signal);
    this.#willTryAgain = false;
    if (!this.#ended.signal.aborted) await this.#write();
  }
}

/** What comes from outside is told in one line of bounded length. */
function bounded(entry: Entry): Entry {
  const { what, target, result } = entry;
  return { ...entry, what: oneLine(what), target: oneLine(target), result: oneLine(result) };
}

function oneLine(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is to be removed
  return text.slice(0, LONGEST_TEXT).replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g, ' ');
}
