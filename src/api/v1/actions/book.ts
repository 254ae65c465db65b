import type { Clock, Timer } from '../../../runtime/clock.ts';
import { errorText } from '../../../runtime/errors.ts';
import type { Log } from '../../../runtime/log.ts';
import type { Random } from '../../../runtime/random.ts';
import type { ActionName, ActionSubject, Parameters } from './wish.ts';

/** Where an action stands. */
export type ActionState = 'waiting' | 'running' | 'done' | 'cancelled' | 'failed';

/** What became of one thing: it was done, or there was nothing to do (any more). */
export type Outcome = 'done' | 'skipped';

/** One thing that is done; it rejects when it cannot be. */
export type Deed = (name: string) => Promise<Outcome>;

/** An action that was asked for; what it hits does not change any more. */
export interface PlannedAction {
  action: ActionName;
  subject: ActionSubject;
  parameters: Parameters;
  names: readonly string[];
  /** Who asked: the user of the request, if it named one. */
  by: string | null;
}

/** An action as the API shows it. Times are Unix seconds with milliseconds behind the point. */
export interface ActionDocument {
  id: string;
  action: ActionName;
  subject: ActionSubject;
  parameters: Parameters;
  state: ActionState;
  by: string | null;
  /** How many things it hits, and the first of their names. */
  count: number;
  sample: string[];
  requested_at: number;
  runs_at: number;
  ended_at: number | null;
  progress: { done: number; skipped: number; failed: number };
  /** The first things that failed, and why. */
  errors: { name: string; error: string }[];
  /** Why it ended before its end; null when it did not. */
  why: string | null;
}

export interface BookParts {
  clock: Clock;
  random: Random;
  log: Log;
  /** Is told of each action that has ended. */
  ended(action: ActionDocument): void;
}

/** Bounds that tests make small. */
export interface BookLimits {
  /** Most actions that wait or run, and most names of all of them. */
  actions: number;
  names: number;
  /** Ended actions that are remembered. */
  ended: number;
  /** Things that are done at the same time. */
  atOnce: number;
  /** So many failures without a success between them end an action. */
  failuresInARow: number;
}

export const BOOK_LIMITS: BookLimits = {
  actions: 20,
  names: 200_000,
  ended: 100,
  atOnce: 50,
  failuresInARow: 100,
};

export const SAMPLE = 20;
const MOST_ERRORS = 20;

interface Kept {
  document: ActionDocument;
  names: readonly string[];
  deed: Deed;
  timer?: Timer | undefined;
}

/**
 * The bulk actions of this process: held for a while in which they can be cancelled, then carried out, then remembered.
 * Kept in memory alone: what is held when the process stops never happens.
 */
export class ActionBook {
  readonly #parts: BookParts;
  readonly #limits: BookLimits;
  readonly #actions = new Map<string, Kept>();
  readonly #running = new Set<Promise<void>>();
  #closed = false;

  constructor(parts: BookParts, limits: Partial<BookLimits> = {}) {
    this.#parts = parts;
    this.#limits = { ...BOOK_LIMITS, ...limits };
  }

  /** False while too much waits or runs for an action on so many names. */
  hasRoom(names: number): boolean {
    const open = [...this.#actions.values()].filter(({ document }) => isOpen(document));
    const held = open.reduce((sum, { document }) => sum + document.count, 0);
    return !this.#closed && open.length < this.#limits.actions && held + names <= this.#limits.names;
  }

  /** Holds an action, then carries it out name by name. */
  hold(planned: PlannedAction, deed: Deed, holdMs: number): ActionDocument {
    const { clock, random } = this.#parts;
    const { names, ...told } = planned;
    const document: ActionDocument = {
      ...{ id: random.uuid(), ...told, state: 'waiting', count: names.length },
      ...{ sample: names.slice(0, SAMPLE), requested_at: clock.now() / 1000 },
      ...{ runs_at: (clock.now() + holdMs) / 1000, ended_at: null },
      ...{ progress: { done: 0, skipped: 0, failed: 0 }, errors: [], why: null },
    };
    const kept: Kept = { document, names, deed };
    this.#actions.set(document.id, kept);
    kept.timer = clock.after(holdMs, () => this.#start(kept));
    this.#tell('a bulk action was asked for', document);
    return document;
  }

  /** All actions, the newest first. */
  all(): ActionDocument[] {
    return [...this.#actions.values()].map(({ document }) => document).reverse();
  }

  find(id: string): ActionDocument | undefined {
    return this.#actions.get(id)?.document;
  }

  /** Cancels an action that is held; false when it is too late, undefined when there is none. */
  cancel(id: string, by: string | null): boolean | undefined {
    const kept = this.#actions.get(id);
    if (!kept) return undefined;
    if (kept.document.state !== 'waiting') return false;
    this.#end(kept, 'cancelled', by === null ? 'on request' : `on request of ${by}`);
    return true;
  }

  /** Cancels what is held, and ends what runs after the things that are in hand. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const kept of this.#actions.values()) {
      if (kept.document.state === 'waiting') this.#end(kept, 'cancelled', 'Tocsin stopped');
    }
    await Promise.all(this.#running);
  }

  #start(kept: Kept): void {
    kept.document.state = 'running';
    const running = this.#run(kept).finally(() => this.#running.delete(running));
    this.#running.add(running);
  }

  async #run(kept: Kept): Promise<void> {
    let next = 0;
    let inARow = 0;
    const hand = async (): Promise<void> => {
      while (next < kept.names.length && inARow < this.#limits.failuresInARow && !this.#closed) {
        const name = kept.names[next++] ?? '';
        inARow = (await this.#do(kept, name)) ? 0 : inARow + 1;
        // A deed that has nothing to wait for must not keep others waiting.
        await new Promise<void>((resolve) => setImmediate(resolve));
      }
    };
    await Promise.all(Array.from({ length: this.#limits.atOnce }, hand));
    if (next >= kept.names.length && inARow < this.#limits.failuresInARow) this.#end(kept, 'done', null);
    else if (this.#closed) this.#end(kept, 'failed', 'Tocsin stopped');
    else this.#end(kept, 'failed', `${inARow} failures in a row; the rest was left undone`);
  }

  /** True unless it failed. */
  async #do({ document, deed }: Kept, name: string): Promise<boolean> {
    try {
      document.progress[await deed(name)]++;
      return true;
    } catch (error) {
      document.progress.failed++;
      if (document.errors.length < MOST_ERRORS) document.errors.push({ name, error: errorText(error) });
      return false;
    }
  }

  #end(kept: Kept, state: 'done' | 'cancelled' | 'failed', why: string | null): void {
    kept.timer?.cancel();
    kept.names = [];
    const { document } = kept;
    document.state = document.progress.failed > 0 && state === 'done' ? 'failed' : state;
    document.why = why;
    document.ended_at = this.#parts.clock.now() / 1000;
    this.#tell('a bulk action ended', document);
    this.#parts.ended(document);
    const ended = [...this.#actions.values()].filter((other) => !isOpen(other.document));
    for (const { document: old } of ended.slice(0, Math.max(0, ended.length - this.#limits.ended))) {
      this.#actions.delete(old.id);
    }
  }

  #tell(message: string, document: ActionDocument): void {
    const { id, action, subject, state, by, count, sample, progress, why, parameters } = document;
    this.#parts.log.warn(message, {
      id,
      action,
      subject,
      state,
      by,
      count,
      sample,
      parameters,
      progress,
      why,
    });
  }
}

function isOpen({ state }: ActionDocument): boolean {
  return state === 'waiting' || state === 'running';
}
