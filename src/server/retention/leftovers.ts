import type { Registry } from '../../state/registry.ts';
import { dropLogs, REMOVALS } from '../../state/removal.ts';
import type { Views } from '../../state/views.ts';

export interface LeftoversParts {
  registry: Registry;
  views: Pick<Views, 'client' | 'deliveries'>;
}

/** Removals that are looked back at: as many as can have come since the last look. */
const LOOK_BACK = 5000;
/** Clients whose logs are dropped in one go. */
const MOST_AT_ONCE = 50;

/**
 * Drops what was logged of a client after it was removed: that its last events were told is recorded when the handler
 * has ended, which may be later. Whoever removed it, and also before a restart.
 */
export class Leftovers {
  readonly #parts: LeftoversParts;
  readonly #clients = new Set<string>();
  #seen = -1;

  constructor(parts: LeftoversParts) {
    this.#parts = parts;
  }

  /** Drops the logs of clients that were removed and of which nothing more is to be told. Rejects as the store does. */
  async sweep(): Promise<void> {
    await this.#lookBack();
    if (this.#clients.size === 0) return;
    const { registry, views } = this.#parts;
    const told = new Set(Array.from(views.deliveries(), ({ event }) => event.client.name));
    let dropped = 0;
    for (const client of this.#clients) {
      if (dropped === MOST_AT_ONCE) return;
      if (told.has(client)) continue;
      this.#clients.delete(client);
      // One that came back has logs of its own by now.
      if (views.client(client)) continue;
      await dropLogs(registry, client);
      dropped++;
    }
  }

  async #lookBack(): Promise<void> {
    const removals = await this.#parts.registry.log('removals', REMOVALS, REMOVALS, { limit: LOOK_BACK });
    for (const { sequence, entry } of removals) {
      if (sequence > this.#seen && entry.check === null) this.#clients.add(entry.client);
    }
    this.#seen = removals[0]?.sequence ?? this.#seen;
  }
}
