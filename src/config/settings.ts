import type { Check } from '../model/check.ts';
import type { Client } from '../model/client.ts';
import type { Filter, Handler, Mutator } from '../model/handler.ts';
import type { Attributes } from '../model/schema.ts';
import type { ConfigProblem } from './problem.ts';

/** Everything that was configured, complete and valid: defaults filled in, so nobody else knows a default. */
export interface Settings {
  /** The client that this machine is. */
  client: Client;
  checks: ReadonlyMap<string, Check>;
  /** Checks that were left out because they are invalid, with what is wrong with each. */
  skippedChecks: ReadonlyMap<string, readonly ConfigProblem[]>;
  handlers: ReadonlyMap<string, Handler>;
  filters: ReadonlyMap<string, Filter>;
  mutators: ReadonlyMap<string, Mutator>;
  /** Modules of plugins to load: name → path or package, made absolute against the file that names it. */
  extensions: ReadonlyMap<string, string>;
  spawn: {
    /** Most commands at once, for agent and server each (`sensu.spawn.limit`). */
    limit: number;
    /** Milliseconds for a command without `timeout`; 0: for ever (`tocsin.default_timeout`, seconds). */
    defaultTimeoutMs: number;
    /** Bytes of output beyond which only head and tail are kept (`tocsin.output_limit`). */
    outputLimitBytes: number;
  };
  keepalives: {
    /** Attributes laid over every keepalive check (`sensu.keepalives`), thresholds (seconds) always among them. */
    check: Attributes & { thresholds: { warning: number; critical: number } };
  };
  api: {
    bind: string;
    port: number;
    user: string | undefined;
    password: string | undefined;
    /** Header suffix → value (`api.cors`). */
    cors: Readonly<Record<string, string>>;
  };
  store: {
    /** What a resolved commit survives: the death of the process, or loss of power (`tocsin.store.sync`). */
    sync: 'process' | 'power';
    /** Family of logs → how much is kept (`tocsin.store.logs`). */
    logs: Readonly<
      Record<'transitions' | 'deliveries' | 'days' | 'removals' | 'audit', { entries: number; ageMs: number }>
    >;
  };
  retention: {
    /**
     * Milliseconds after its last result at which a check that nobody runs any more is forgotten; 0: never
     * (`tocsin.retention.results`, seconds).
     */
    resultsMs: number;
  };
  /** What this server calls itself: its own client is `tocsin-<name>` (`tocsin.server.name`). */
  server: { name: string };
  /** Files (absolute paths, PEM) with which the one port speaks TLS; undefined: it does not (`tocsin.tls`). */
  tls: TlsSettings | undefined;
  /** How an agent in a process of its own reaches servers, and what it keeps meanwhile (`tocsin.agent`). */
  agent: AgentSettings;
  /** Where RabbitMQ is; undefined: another transport is used (`rabbitmq`, `transport.name`). */
  rabbitmq: RabbitmqSettings | undefined;
  /** What one client may send (`tocsin.limits`). */
  limits: ClientLimits;
  /** How the server watches itself (`tocsin.blindness`). */
  blindness: {
    /** Milliseconds between two canaries; 0: none. */
    canaryMs: number;
    /** Called with GET each time the canary came through. */
    heartbeatUrl: string | undefined;
  };
  /** The merged document as written, for plugins and for showing; secrets inside. */
  document: Attributes;
  /** Files it came from, in the order they were read. */
  files: readonly string[];
}

/** Files of the server's TLS, PEM, absolute paths. */
export interface TlsSettings {
  certificate: string;
  key: string;
  /** Who signs the certificates of clients. */
  authority: string | undefined;
  /** From whom a certificate signed by `authority` is demanded. */
  clientCertificates: 'off' | 'agents' | 'everyone';
}

export interface AgentSettings {
  /** Addresses like `wss://monitoring:4567`; tried in turns. Empty: none configured. */
  servers: readonly string[];
  /** Secret from `tocsin join`. */
  token: string | undefined;
  /** Who signs the server's certificate; undefined: whom this machine trusts. */
  authority: string | undefined;
  /** The agent's own certificate and key. */
  certificate: string | undefined;
  key: string | undefined;
  /** Most bytes of results that wait on disk. */
  spoolBytes: number;
}

/** What one client may send. */
export interface ClientLimits {
  resultsPerSecond: number;
  bytesPerSecond: number;
  /** Of one message. */
  messageBytes: number;
  /** Different checks with a result. */
  checks: number;
}

export interface RabbitmqSettings {
  /** Tried one after another; at least one. */
  brokers: readonly BrokerSettings[];
  /** True: our results and keepalives go into queues that outlive the broker. */
  durable: boolean;
  /** Most messages that a server holds of a queue, where it is more than batches need. */
  prefetch: number | undefined;
  /** Exchanges that a server takes from; undefined: they are named like the queues (`sensu.server`). */
  pipes: { results: string | undefined; keepalives: string | undefined };
}

export interface BrokerSettings {
  host: string;
  port: number;
  vhost: string;
  user: string;
  password: string;
  mechanism: 'PLAIN' | 'EXTERNAL';
  /** 0: what the broker proposes. */
  heartbeatSeconds: number;
  frameMax: number;
  tls: BrokerTlsSettings | undefined;
}

/** Files (absolute paths, PEM) with which a connection to a broker is encrypted. */
export interface BrokerTlsSettings {
  certificate: string | undefined;
  key: string | undefined;
  /** Who signs the certificates of brokers; undefined: whom this machine trusts. */
  authority: string | undefined;
  /** False: whoever answers is believed. */
  verify: boolean;
  /** The name that the certificate has to carry; undefined: the host. */
  serverName: string | undefined;
}
