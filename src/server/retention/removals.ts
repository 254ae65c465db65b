import type { Counters } from '../../runtime/counters.ts';
import { errorText } from '../../runtime/errors.ts';
import type { Log } from '../../runtime/log.ts';
import { type ClientState, stateName } from '../../state/documents.ts';
import {
  type ClientRemovalOptions,
  type RemovalParts,
  removeClient,
  removeResult,
} from '../../state/removal.ts';
import type { NamedState } from '../../state/views.ts';

export interface RemovalsParts extends RemovalParts {
  log: Log;
  counters: Counters;
}

interface Removal {
  /** The client that goes; undefined when only a result of one goes. */
  client: string | undefined;
  key: string;
  run: () => Promise<boolean>;
}

/** Removals that run at once; each waits for its resolves to be taken. */
const MOST_AT_ONCE = 10;
const MOST_PER_SECOND = 50;
/** Removals that wait; beyond it nothing more is looked for. */
const MOST_WAITING = 500;
const BOUNDS = { acknowledgeMs: 15_000, resolveMs: 5_000 };

/**
 * Carries out the removals that the server decides by itself, a few at a time. What was decided is looked at again
 * when it is carried out: a client that came back and a result that was renewed stay.
 */
export class Removals {
  readonly #parts: RemovalsParts;
  readonly #waiting: Removal[] = [];
  /** Keys of those that wait or run. */
  readonly #keys = new Set<string>();
  readonly #leaving = new Set<string>();
  #running = 0;
  #stopped = false;

  constructor(parts: RemovalsParts) {
    this.#parts = parts;
  }

  /** True when no more should be looked for now. */
  get full(): boolean {
    return this.#waiting.length >= MOST_WAITING;
  }

  /** True for a client that is being removed: nothing is to be told of it any more. */
  leaving(client: string): boolean {
    return this.#leaving.has(client);
  }

  /** Removes a client that has sent no keepalive for so many seconds. False when there is too much to do already. */
  removeSilent({ client, seenAttendedMs }: ClientState, ageSeconds: number, removeAfter: number): boolean {
    return this.#removeClient(client.name, {
      ...BOUNDS,
      output: `Client removed: no keepalive for ${ageSeconds} seconds (remove_after ${removeAfter})`,
      reason: 'silent',
      why: `no keepalive for ${ageSeconds} seconds; its remove_after is ${removeAfter}`,
      onlyIf: (known) => known.seenAttendedMs === seenAttendedMs,
    });
  }

  /** Removes a client that was made up from results of which none is left. */
  removeBlank(client: string): boolean {
    return this.#removeClient(client, {
      ...BOUNDS,
      output: 'Client removed: no result of it is left',
      reason: 'expired',
      why: 'it was made up from results, and none is left',
      onlyIf: (known, states) => known.blank === true && states === 0,
    });
  }

  /** Forgets a result that was not renewed for so many seconds. */
  removeExpired({ client, check, state }: NamedState, seconds: number): boolean {
    const { takenAttendedMs } = state;
    const why = `not reported for ${seconds} seconds, and nobody asks for it here any more`;
    const run = (): Promise<boolean> =>
      removeResult(this.#parts, client, check, {
        ...BOUNDS,
        output: `Result forgotten: ${why}`,
        reason: 'expired',
        why,
        onlyIf: (known) => known.takenAttendedMs === takenAttendedMs,
      });
    return this.#add({ client: undefined, key: stateName(client, check), run });
  }

  /** Begins as many as one second may have. */
  begin(): void {
    for (let begun = 0; begun < MOST_PER_SECOND && this.#running < MOST_AT_ONCE; begun++) {
      const next = this.#waiting.shift();
      if (!next) return;
      void this.#carryOut(next);
    }
  }

  /** Begins nothing more. What runs writes all or nothing, and ends with the store and the transport. */
  stop(): void {
    this.#stopped = true;
    this.#waiting.length = 0;
  }

  #removeClient(name: string, options: ClientRemovalOptions): boolean {
    return this.#add({ client: name, key: name, run: () => removeClient(this.#parts, name, options) });
  }

  #add(removal: Removal): boolean {
    if (this.#keys.has(removal.key)) return true;
    if (this.full || this.#stopped) return false;
    this.#keys.add(removal.key);
    if (removal.client !== undefined) this.#leaving.add(removal.client);
    this.#waiting.push(removal);
    return true;
  }

  async #carryOut({ key, client, run }: Removal): Promise<void> {
    const { counters, log } = this.#parts;
    this.#running++;
    try {
      if (await run()) counters.increment(client === undefined ? 'results_removed' : 'clients_removed');
    } catch (error) {
      // It is looked for again in the next round.
      if (!this.#stopped) log.warn('could not remove', { removal: key, error: errorText(error) });
    } finally {
      this.#running--;
      this.#keys.delete(key);
      if (client !== undefined) this.#leaving.delete(client);
    }
  }
}
