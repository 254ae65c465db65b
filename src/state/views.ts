import type { Event, Silence } from '../model/event.ts';
import type { FeedItem, Store } from '../store/port.ts';
import { type CheckState, type ClientState, type Documents, type Kind, splitStateName } from './documents.ts';

/** The state of one client's one check, with the names it stands under. */
export interface NamedState {
  client: string;
  check: string;
  state: CheckState;
}

/**
 * What serves reads: the committed documents, live and in memory, with the indexes that lists need. Nobody who
 * serves a request scans the store. Documents are shared: nobody changes them.
 */
export class Views {
  readonly #store: Store;
  readonly #clients: ReadonlyMap<string, ClientState>;
  readonly #states: ReadonlyMap<string, CheckState>;
  readonly #silences: ReadonlyMap<string, Silence>;
  /** client → names of its units of state */
  readonly #byClient = new Map<string, Set<string>>();
  /** names of units of state that the indexes hold → what they hold of it (`standing`); most results change nothing */
  readonly #known = new Map<string, number>();
  /** names of units of state with an open event */
  readonly #open = new Set<string>();
  /** names of units of state whose result was deleted while their event is open */
  readonly #resultless = new Set<string>();
  /** who waits until the indexes have come to a cursor */
  #waiting: { cursor: string; resolve: () => void }[] = [];
  #cursor: string;

  private constructor(store: Store, cursor: string) {
    this.#store = store;
    this.#cursor = cursor;
    this.#clients = live(store, 'client');
    this.#states = live(store, 'state');
    this.#silences = live(store, 'silence');
  }

  /** Opens the views on a store that holds its documents in memory; they follow it until `signal` aborts. */
  static open(store: Store, signal: AbortSignal, failed: (error: unknown) => void): Views {
    const views = new Views(store, store.cursor());
    views.#index();
    views.#follow(signal).catch(failed);
    return views;
  }

  /** All clients, in the order they were first seen. */
  clients(): Iterable<ClientState> {
    return this.#clients.values();
  }

  clientNames(): Iterable<string> {
    return this.#clients.keys();
  }

  clientCount(): number {
    return this.#clients.size;
  }

  client(name: string): ClientState | undefined {
    return this.#clients.get(name);
  }

  /** The state of every check, or of one client's checks. */
  *states(client?: string): Generator<NamedState> {
    const names = client === undefined ? this.#states.keys() : (this.#byClient.get(client) ?? []);
    for (const name of names) {
      const state = this.#states.get(name);
      if (state) yield { ...splitStateName(name), state };
    }
  }

  /** The state of every check that has a result, or of one client's; see `hasResult`. */
  *results(client?: string): Generator<NamedState> {
    for (const named of this.states(client)) {
      if (hasResult(named.state)) yield named;
    }
  }

  resultCount(): number {
    return this.#states.size - this.#resultless.size;
  }

  state(client: string, check: string): CheckState | undefined {
    return this.#states.get(`${client}/${check}`);
  }

  /** Open events, of all clients or of one. */
  *events(client?: string): Generator<Event> {
    const names = client === undefined ? this.#open : (this.#byClient.get(client) ?? []);
    for (const name of names) {
      const event = this.#states.get(name)?.event;
      if (event) yield event;
    }
  }

  eventCount(): number {
    return this.#open.size;
  }

  silences(): Iterable<Silence> {
    return this.#silences.values();
  }

  /** Cursor of the newest change that the indexes show. */
  get cursor(): string {
    return this.#cursor;
  }

  /** Resolves when the indexes show everything that was committed before the call. */
  shown(): Promise<void> {
    const cursor = this.#store.cursor();
    if (cursor <= this.#cursor) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push({ cursor, resolve }));
  }

  /** Changes behind `cursor`, as the store tells them; see `Store.follow`. */
  follow(cursor: string | undefined, signal: AbortSignal): AsyncIterable<readonly FeedItem[]> {
    return this.#store.follow(cursor, signal);
  }

  #index(): void {
    this.#byClient.clear();
    this.#known.clear();
    this.#open.clear();
    this.#resultless.clear();
    for (const [name, state] of this.#states) this.#note(name, state);
  }

  #note(name: string, state: CheckState | undefined): void {
    const open = state?.event != null;
    const standing = state ? standingOf(state) : undefined;
    if (standing !== undefined && this.#known.get(name) === standing) return;
    if (standing !== undefined) this.#known.set(name, standing);
    else this.#known.delete(name);
    const { client } = splitStateName(name);
    const names = this.#byClient.get(client);
    if (state) {
      if (names) names.add(name);
      else this.#byClient.set(client, new Set([name]));
    } else if (names?.delete(name) && names.size === 0) this.#byClient.delete(client);
    if (open) this.#open.add(name);
    else this.#open.delete(name);
    if (state && !hasResult(state)) this.#resultless.add(name);
    else this.#resultless.delete(name);
  }

  #arrive(cursor: string, all: boolean): void {
    this.#cursor = cursor;
    if (this.#waiting.length === 0) return;
    const arrived = this.#waiting.filter((waiting) => all || waiting.cursor <= cursor);
    this.#waiting = this.#waiting.filter((waiting) => !arrived.includes(waiting));
    for (const { resolve } of arrived) resolve();
  }

  async #follow(signal: AbortSignal): Promise<void> {
    for await (const items of this.#store.follow(this.#cursor, signal)) {
      for (const item of items) {
        if (item.type === 'resync') this.#index();
        else if (item.type === 'document' && item.kind === 'state') {
          // The item may be older than the map; the index follows the map.
          this.#note(item.name, this.#states.get(item.name));
        }
        this.#arrive(item.cursor, item.type === 'resync');
      }
    }
  }
}

/** False when the result was deleted while its event is open: then the unit remembers the event alone. */
export function hasResult(state: CheckState): boolean {
  return state.history.length > 0;
}

/** What the indexes tell apart: whether an event is open, and whether there is a result. */
function standingOf(state: CheckState): number {
  return (state.event ? 1 : 0) + (hasResult(state) ? 2 : 0);
}

function live<K extends Kind>(store: Store, kind: K): ReadonlyMap<string, Documents[K]> {
  const view = store.view(kind);
  if (!view) throw new Error(`the store "${store.name}" holds no documents in memory`);
  return view as ReadonlyMap<string, Documents[K]>;
}
