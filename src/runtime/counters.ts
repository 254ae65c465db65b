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
  results_oversized: 'results larger than `sensu.server.max_message_size`, dropped',
  results_over_rate: 'results refused because their client sends more a second than `tocsin.limits` says',
  results_over_bytes:
    'results refused because their client sends more bytes a second than `tocsin.limits` says',
  results_over_checks: 'results refused because their client has as many checks as `tocsin.limits` says',
  keepalives_oversized: 'keepalives larger than `sensu.server.max_message_size`, dropped',
  keepalive_attributes_invalid:
    'looks at a client whose keepalive attributes were left out in part because they do not fit',
  clients_removed: 'clients that the server removed because they stayed silent or their last result went',
  results_removed: 'results that the server forgot because nobody renewed them',
  keepalives_unsigned: 'keepalives dropped because their signature is not the client’s',
  requests_published: 'check requests handed to the transport',
  requests_invalid: 'check requests that an agent could not read and dropped',
  requests_in_progress: 'check requests dropped by an agent because the check was still running',
  requests_unknown:
    'check requests that an agent dropped because they name no command and no check in process',
  requests_refused: 'check requests that an agent dropped because too many checks were running or waiting',
  requests_unheard: 'check requests for which no agent was subscribed',
  requests_unsafe: 'check requests that an agent in safe mode answered without running a command',
  requests_doubled: 'second copies of a check request that an agent dropped while its subscriptions changed',
  socket_results: 'results that programs on the machine reported through the sockets of an agent',
  socket_invalid: 'messages to the sockets of an agent that were no valid results',
  socket_refused:
    'connections, requests and results that the sockets of an agent refused: too many, too large, too slow or not allowed',
  requests_subdued: 'moments at which a check was due and not asked for, because it was subdued',
  proxy_requests_unmatched:
    'proxy requests not made because a token of the check has neither a value at the client nor a default',
  proxy_rounds_skipped:
    'moments at which a proxy check was due and not asked for, because its requests of the time before were not all out',
  checks_stopped: 'checks that an agent ended without a result because it was stopping',
  results_spooled:
    'results that an agent kept on disk or in memory because they were not acknowledged at once',
  results_unsent: 'results that an agent could not deliver and dropped',
  keepalives_unsent: 'keepalives that an agent could not deliver and dropped',
  events: 'events that the server made',
  deliveries_handled: 'deliveries that their handler took',
  deliveries_filtered: 'deliveries held back by a filter',
  deliveries_failed: 'deliveries whose mutator or handler failed',
  deliveries_retried: 'tries of deliveries that failed and are made again',
  deliveries_superseded:
    'deliveries that waited for another try when their event was resolved, and were left out',
  deliveries_dead: 'deliveries given up after their last try, kept as dead letters',
  deliveries_claimed: 'deliveries taken over from a server that is gone',
  dead_letters_dropped: 'dead letters dropped because there were too many or they were too old',
  set_aside:
    'results, keepalives, registrations and records of deliveries that a defect of Tocsin kept from being judged or written, set aside',
  commit_conflicts: 'units of state decided again because another writer came first',
  batches: 'batches committed by the intake',
  batches_failed: 'batches that the intake could not commit and gave back, to be taken again',
  keepalives_of_server: 'keepalives dropped because they carry the name of a server’s own client',
  canaries_passed: 'canaries that came back',
  blind_episodes: 'times that no canary came back for three periods',
  heartbeats_sent: 'calls of `tocsin.blindness.heartbeat_url` that were answered well',
  heartbeats_failed: 'calls of `tocsin.blindness.heartbeat_url` that failed',
  servers_lost: 'connections to a server that an agent lost or could not make',
  brokers_lost: 'connections to a broker that were lost or could not be made',
  agent_connections_refused:
    'connections for agents refused before anybody asked who it is: from web pages, with no hello that can be read, or one too many of a client',
  agents_turned_away:
    'connections of agents that were told to come again later, because too many came at once',
  agents_lost: 'connections of agents that the server ended because they were dead or did not read',
  agents_held_back:
    'times that an agent was not read from for a while, because it sent more than it may or than was taken yet',
  agent_messages_invalid: 'messages of connected agents that could not be read and were dropped',
  agent_messages_foreign: 'messages of connected agents dropped because they use a name that is not theirs',
  agent_requests_unsent:
    'check requests that could not be handed to an agent because too many were under way to it',
  api_refused: 'HTTP requests refused for a foreign Host or Origin, or without the right user and password',
  logins_refused: 'logins to the API with a wrong name, password or token, or refused after too many of them',
  agents_refused: 'agents that were not let in, for their token or their name',
  agents_offended: 'times that an agent which was let in did what it may not',
  audit_lost: 'entries of the audit log that were lost because the store was away for long',
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
