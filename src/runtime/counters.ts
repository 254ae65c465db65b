/**
 * Everything that is counted, with what it means. Nothing is dropped without one of these, so this list
 * is what `/api/v1` and the docs show.
 */
export const COUNTERS = {
  results_taken: 'results that were committed',
  results_invalid: 'results that did not fit the schema and were dropped',
  results_repeated: 'results that had been taken before and were dropped',
  results_late: 'results older than the newest of their check, logged only',
  results_unsigned: 'results dropped because their signature is not the client’s',
  keepalives_taken: 'keepalives that were committed',
  keepalives_invalid: 'keepalives that did not fit the schema and were dropped',
  keepalives_unsigned: 'keepalives dropped because their signature is not the client’s',
  requests_published: 'check requests handed to the transport',
  requests_invalid: 'check requests that an agent could not read and dropped',
  requests_in_progress: 'check requests dropped by an agent because the check was still running',
  requests_unknown:
    'check requests that an agent dropped because they name no command and no check in process',
  requests_refused: 'check requests that an agent dropped because too many checks were running or waiting',
  requests_unheard: 'check requests for which no agent was subscribed',
  checks_stopped: 'checks that an agent ended without a result because it was stopping',
  results_unsent: 'results that an agent could not deliver and dropped',
  keepalives_unsent: 'keepalives that an agent could not deliver and dropped',
  events: 'events that the server made',
  deliveries_handled: 'deliveries that their handler took',
  deliveries_filtered: 'deliveries held back by a filter',
  deliveries_failed: 'deliveries whose mutator or handler failed',
  commit_conflicts: 'units of state decided again because another writer came first',
  batches: 'batches committed by the intake',
  api_refused: 'HTTP requests refused for a foreign Host or Origin, or without the right user and password',
  api_failed: 'HTTP requests that could not be answered',
  api_dropped: 'HTTP connections refused because too many were open',
  streams_refused: 'readers of the stream refused because too many were there',
  streams_behind: 'readers of the stream that read too slowly and had to start over',
  feed_resyncs: 'followers that fell too far behind and had to start over',
} as const;

export type CounterName = keyof typeof COUNTERS;

/** Counts what happens in one process. */
export class Counters {
  readonly #counts = new Map<CounterName, number>();

  increment(name: CounterName, by = 1): void {
    this.#counts.set(name, (this.#counts.get(name) ?? 0) + by);
  }

  read(name: CounterName): number {
    return this.#counts.get(name) ?? 0;
  }

  /** Every counter with its value, zeros included. */
  all(): Record<CounterName, number> {
    const names = Object.keys(COUNTERS) as CounterName[];
    return Object.fromEntries(names.map((name) => [name, this.read(name)])) as Record<CounterName, number>;
  }
}
