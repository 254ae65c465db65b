import type { Event } from '../model/event.ts';
import type { ClientState } from './documents.ts';
import type { NamedState, Views } from './views.ts';

/** What serves the reads of those to whom the servers' own clients are not shown. */
export type VisibleViews = Pick<
  Views,
  | 'clients'
  | 'clientNames'
  | 'clientCount'
  | 'client'
  | 'states'
  | 'results'
  | 'resultCount'
  | 'state'
  | 'events'
  | 'eventCount'
  | 'eventsOf'
  | 'silences'
  | 'silence'
  | 'hasSilences'
  | 'stashes'
  | 'stash'
  | 'signature'
  | 'aggregates'
  | 'members'
  | 'shown'
>;

/**
 * The views without the clients under which servers report about themselves: what programs see that count clients and
 * know nothing of these, and what checks may be asked of.
 */
export function withoutSelf(views: Views): VisibleViews {
  return new WithoutSelf(views);
}

class WithoutSelf implements VisibleViews {
  readonly #views: Views;

  constructor(views: Views) {
    this.#views = views;
  }

  *clients(): Generator<ClientState> {
    for (const state of this.#views.clients()) if (state.self !== true) yield state;
  }

  *clientNames(): Generator<string> {
    for (const { client } of this.clients()) yield client.name;
  }

  clientCount(): number {
    return this.#views.clientCount() - this.#views.selfNames().length;
  }

  client(name: string): ClientState | undefined {
    const state = this.#views.client(name);
    return state?.self === true ? undefined : state;
  }

  states(client?: string): Generator<NamedState> {
    return this.#shown(this.#views.states(client));
  }

  results(client?: string): Generator<NamedState> {
    return this.#shown(this.#views.results(client));
  }

  resultCount(): number {
    return this.#views.resultCount() - this.#hidden((name) => this.#views.results(name));
  }

  state(client: string, check: string): ReturnType<Views['state']> {
    return this.#views.isSelf(client) ? undefined : this.#views.state(client, check);
  }

  *events(client?: string): Generator<Event> {
    for (const event of this.#views.events(client)) if (!this.#views.isSelf(event.client.name)) yield event;
  }

  eventCount(): number {
    return this.#views.eventCount() - this.#hidden((name) => this.#views.events(name));
  }

  *eventsOf(check: string): Generator<Event> {
    for (const event of this.#views.eventsOf(check)) {
      if (!this.#views.isSelf(event.client.name)) yield event;
    }
  }

  *aggregates(): Generator<string> {
    for (const name of this.#views.aggregates()) if (!this.members(name).next().done) yield name;
  }

  members(aggregate: string): Generator<NamedState> {
    return this.#shown(this.#views.members(aggregate));
  }

  silences(): ReturnType<Views['silences']> {
    return this.#views.silences();
  }

  silence(id: string): ReturnType<Views['silence']> {
    return this.#views.silence(id);
  }

  hasSilences(): boolean {
    return this.#views.hasSilences();
  }

  stashes(): ReturnType<Views['stashes']> {
    return this.#views.stashes();
  }

  stash(path: string): ReturnType<Views['stash']> {
    return this.#views.stash(path);
  }

  signature(client: string): ReturnType<Views['signature']> {
    return this.#views.signature(client);
  }

  shown(): Promise<void> {
    return this.#views.shown();
  }

  *#shown(states: Generator<NamedState>): Generator<NamedState> {
    for (const found of states) if (!this.#views.isSelf(found.client)) yield found;
  }

  /** How many of a list are of the servers' own clients, of which there are few. */
  #hidden(list: (client: string) => Iterable<unknown>): number {
    return this.#views.selfNames().reduce((sum, name) => sum + [...list(name)].length, 0);
  }
}
