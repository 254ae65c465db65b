import type { DeadLetter, Delivery } from '../model/delivery.ts';
import type { Event } from '../model/event.ts';
import type { FeedItem, Store } from '../store/port.ts';
import {
  type CheckState,
  type ClientState,
  type Documents,
  type KeptSignature,
  type Kind,
  type SilenceState,
  type Stash,
  splitStateName,
} from './documents.ts';

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
  readonly #silences: ReadonlyMap<string, SilenceState>;
  readonly #stashes: ReadonlyMap<string, Stash>;
  readonly #signatures: ReadonlyMap<string, KeptSignature>;
  readonly #deliveries: ReadonlyMap<string, Delivery>;
  readonly #dead: ReadonlyMap<string, DeadLetter>;
  /** client → names of its units of state */
  readonly #byClient = new Map<string, Set<string>>();
  /** names of units of state that the indexes hold → what they hold of it (`standing`); most results change nothing */
  readonly #known = new Map<string, number>();
  /** names of units of state with an open event */
  readonly #open = new Set<string>();
  /** check → names of its units of state with an open event */
  readonly #openByCheck = new Map<string, Set<string>>();
  /** names of units of state whose result was deleted while their event is open */
  readonly #resultless = new Set<string>();
  /** names of units of state whose last result has a `ttl` */
  readonly #ttl = new Set<string>();
  /** aggregate → names of its units of state, and the other way round */
  readonly #aggregates = new Map<string, Set<string>>();
  readonly #memberships = new Map<string, readonly string[]>();
  /** names of the servers' own clients */
  readonly #self = new Set<string>();
  /** who is told when a dead letter has changed */
  readonly #deadFollowers = new Set<() => void>();
  /** who waits until the indexes have come to a cursor */
  #waiting: { cursor: string; resolve: () => void }[] = [];
  #cursor: string;

  private constructor(store: Store, cursor: string) {
    this.#store = store;
    this.#cursor = cursor;
    this.#clients = live(store, 'client');
    this.#states = live(store, 'state');
    this.#silences = live(store, 'silence');
    this.#stashes = live(store, 'stash');
    this.#signatures = live(store, 'signature');
    this.#deliveries = live(store, 'delivery');
    this.#dead = live(store, 'dead');
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

  /** True for a client under which a server reports about itself. */
  isSelf(client: string): boolean {
    return this.#clients.get(client)?.self === true;
  }

  /** Names of these clients. */
  selfNames(): string[] {
    return [...this.#self];
  }

  /** The state of every check, or of one client's checks. */
  *states(client?: string): Generator<NamedState> {
    if (client !== undefined) yield* this.#named(this.#byClient.get(client));
    else for (const [name, state] of this.#states) yield named(name, state);
  }

  /** The state of every check that has a result, or of one client's; see `hasResult`. */
  *results(client?: string): Generator<NamedState> {
    for (const found of this.states(client)) {
      if (hasResult(found.state)) yield found;
    }
  }

  /** How many checks of a client have a state. */
  stateCount(client: string): number {
    return this.#byClient.get(client)?.size ?? 0;
  }

  resultCount(): number {
    return this.#states.size - this.#resultless.size;
  }

  /** Every unit of state by its name, live. */
  units(): ReadonlyMap<string, CheckState> {
    return this.#states;
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

  /** Open events of the checks of one name, at all clients. */
  *eventsOf(check: string): Generator<Event> {
    for (const { state } of this.#named(this.#openByCheck.get(check))) {
      if (state.event) yield state.event;
    }
  }

  eventCount(): number {
    return this.#open.size;
  }

  /** Silences, stashes and kept signatures as they are stored: those that `hasEnded` are for the reader to pass over. */
  silences(): Iterable<SilenceState> {
    return this.#silences.values();
  }

  /** False when there is no silence at all, ended ones included. */
  hasSilences(): boolean {
    return this.#silences.size > 0;
  }

  silence(id: string): SilenceState | undefined {
    return this.#silences.get(id);
  }

  stashes(): Iterable<Stash> {
    return this.#stashes.values();
  }

  stash(path: string): Stash | undefined {
    return this.#stashes.get(path);
  }

  signatures(): Iterable<[client: string, kept: KeptSignature]> {
    return this.#signatures;
  }

  signature(client: string): KeptSignature | undefined {
    return this.#signatures.get(client);
  }

  /** Deliveries that are due or under way. */
  deliveries(): Iterable<Delivery> {
    return this.#deliveries.values();
  }

  deliveryCount(): number {
    return this.#deliveries.size;
  }

  /** Deliveries that were given up and wait for a person, by their ids. */
  deadLetters(): ReadonlyMap<string, DeadLetter> {
    return this.#dead;
  }

  /** Calls `changed` after any dead letter came, changed or went, until `signal` aborts. It must not throw. */
  followDeadLetters(changed: () => void, signal: AbortSignal): void {
    this.#deadFollowers.add(changed);
    signal.addEventListener('abort', () => this.#deadFollowers.delete(changed), { once: true });
  }

  deadLetterCount(): number {
    return this.#dead.size;
  }

  /** Names of the aggregates that have members. */
  aggregates(): Iterable<string> {
    return this.#aggregates.keys();
  }

  /** Members of an aggregate: checks whose last result belongs to it and is there; none for one that does not exist. */
  members(aggregate: string): Generator<NamedState> {
    return this.#named(this.#aggregates.get(aggregate));
  }

  /** Names of the units of state whose last result has a `ttl`. */
  namesWithTtl(): Iterable<string> {
    return this.#ttl;
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
    this.#openByCheck.clear();
    this.#resultless.clear();
    this.#ttl.clear();
    this.#aggregates.clear();
    this.#memberships.clear();
    this.#self.clear();
    for (const [name, state] of this.#states) this.#note(name, state);
    for (const name of this.#clients.keys()) keep(this.#self, name, this.isSelf(name));
  }

  *#named(names: Iterable<string> = []): Generator<NamedState> {
    for (const name of names) {
      const state = this.#states.get(name);
      if (state) yield named(name, state);
    }
  }

  #note(name: string, state: CheckState | undefined): void {
    this.#noteAggregates(name, aggregatesOf(state));
    const open = state?.event != null;
    const standing = state ? standingOf(state) : undefined;
    if (standing !== undefined && this.#known.get(name) === standing) return;
    if (standing !== undefined) this.#known.set(name, standing);
    else this.#known.delete(name);
    const { client, check } = splitStateName(name);
    keepUnder(this.#byClient, client, name, state !== undefined);
    keepUnder(this.#openByCheck, check, name, open);
    keep(this.#open, name, open);
    keep(this.#resultless, name, state !== undefined && !hasResult(state));
    keep(this.#ttl, name, state !== undefined && hasTtl(state));
  }

  #noteAggregates(name: string, aggregates: readonly string[]): void {
    const before = this.#memberships.get(name) ?? NO_AGGREGATES;
    if (before.length === aggregates.length && before.every((one, at) => one === aggregates[at])) return;
    for (const aggregate of before) keepUnder(this.#aggregates, aggregate, name, false);
    for (const aggregate of aggregates) keepUnder(this.#aggregates, aggregate, name, true);
    if (aggregates.length > 0) this.#memberships.set(name, aggregates);
    else this.#memberships.delete(name);
  }

  #tellOfDead(): void {
    for (const changed of this.#deadFollowers) changed();
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
        if (item.type === 'resync') {
          this.#index();
          this.#tellOfDead();
        } else if (item.type === 'document' && item.kind === 'state') {
          // The item may be older than the map; the index follows the map.
          this.#note(item.name, this.#states.get(item.name));
        } else if (item.type === 'document' && item.kind === 'client') {
          keep(this.#self, item.name, this.isSelf(item.name));
        } else if (item.type === 'document' && item.kind === 'dead') this.#tellOfDead();
        this.#arrive(item.cursor, item.type === 'resync');
      }
    }
  }
}

/** False when the result was deleted while its event is open: then the unit remembers the event alone. */
export function hasResult(state: CheckState): boolean {
  return state.history.length > 0;
}

/** Lists go through many of these, and spreading the two names costs more than the rest of it. */
function named(name: string, state: CheckState): NamedState {
  const { client, check } = splitStateName(name);
  return { client, check, state };
}

const NO_AGGREGATES: readonly string[] = [];

/** The aggregates that a check is a member of: with its result it leaves them. */
function aggregatesOf(state: CheckState | undefined): readonly string[] {
  return (state && hasResult(state) && state.aggregates) || NO_AGGREGATES;
}

/** Keeps a name in a set, or out of it. */
function keep(names: Set<string>, name: string, inside: boolean): void {
  if (inside) names.add(name);
  else names.delete(name);
}

/** Keeps a name in the set under a key, or out of it; there are no empty sets. */
function keepUnder(sets: Map<string, Set<string>>, key: string, name: string, inside: boolean): void {
  const names = sets.get(key);
  if (!inside) {
    if (names?.delete(name) && names.size === 0) sets.delete(key);
  } else if (names) names.add(name);
  else sets.set(key, new Set([name]));
}

/** What the indexes tell apart: whether an event is open, whether there is a result, and whether it has a `ttl`. */
function standingOf(state: CheckState): number {
  return (state.event ? 1 : 0) + (hasResult(state) ? 2 : 0) + (hasTtl(state) ? 4 : 0);
}

function hasTtl(state: CheckState): boolean {
  return hasResult(state) && typeof state.check.ttl === 'number';
}

function live<K extends Kind>(store: Store, kind: K): ReadonlyMap<string, Documents[K]> {
  const view = store.view(kind);
  if (!view) throw new Error(`the store "${store.name}" holds no documents in memory`);
  return view as ReadonlyMap<string, Documents[K]>;
}
