import type { CheckRequest } from '../model/check.ts';
import type { ResultId } from '../model/taken.ts';

/**
 * The transport port: how requests reach agents and how results and keepalives reach servers.
 * `docs/transport.md` states in MUST sentences what every driver holds to; the suite in
 * `testing/transport-contract.ts` tests them.
 */

/** A result or keepalive on its way to the servers. */
export interface Outgoing {
  /** The document. It belongs to the transport from here on. */
  body: unknown;
  /** The number our agents give to a result. */
  id?: ResultId | undefined;
  /** True for a result that waited on disk until it could be sent; others of its check may have overtaken it. */
  spooled?: true | undefined;
}

/** A result or keepalive as a server receives it: parsed JSON, not yet judged. */
export interface Incoming {
  body: unknown;
  id?: ResultId | undefined;
  /** As in `Outgoing`. */
  spooled?: true | undefined;
  /** True when it may have been handed to a server before. */
  redelivered: boolean;
}

/** Takes a batch; what it holds is acknowledged when the promise resolves, and handed out again when it rejects. */
export type Consumer = (batch: readonly Incoming[]) => Promise<void>;

/** How batches are cut. */
export interface BatchOptions {
  /** Most messages in one batch. */
  size: number;
  /**
   * Milliseconds to gather when a batch ended just now: batches of one are dear. A batch is handed out at
   * once when the last one ended longer ago, or when `size` messages wait.
   */
  spacingMs: number;
  /** True for a second consumption of the same server, which statistics do not count: they count servers. */
  assists?: boolean | undefined;
}

/** A running consumption or subscription. */
export interface Subscription {
  /** Resolves when nothing more is handed out and the batch or request in hand has ended. */
  stop(): Promise<void>;
}

/** Who asks for requests: a client and what it subscribes to. */
export interface Subscriber {
  client: string;
  /** `web`, `client:i-42` (each subscriber gets a copy), `roundrobin:poll` or `direct:x` (one of them gets it). */
  subscriptions: readonly string[];
}

/**
 * Takes a request: parsed JSON, not yet judged. The promise resolves when the agent could run the same check
 * again; until then a round-robin request of that name goes to another agent. It rejects when the request was not
 * taken: one for one of many goes to another agent then.
 */
export type RequestTaker = (request: unknown) => Promise<void>;

/** Messages waiting in a queue, and who consumes it. */
export interface QueueStatistics {
  messages: number;
  consumers: number;
}

export interface TransportStatistics {
  keepalives: QueueStatistics;
  results: QueueStatistics;
}

/** Where other programs listen: an exchange of that type and name (Sensu Core 1.9 documentation, "Transport handlers"). */
export interface Pipe {
  type: 'direct' | 'fanout' | 'topic';
  name: string;
  /** How the exchange is declared; a driver without a broker has no use for them. */
  options?: Readonly<Record<string, unknown>> | undefined;
}

export interface Transport {
  /** Name of the driver, as configured. */
  readonly name: string;
  readonly connected: boolean;

  /** Resolves when the result is acknowledged; rejects with kind `unavailable` or `closed` when it will not be. */
  publishResult(message: Outgoing): Promise<void>;
  /** As `publishResult`, for a keepalive. */
  publishKeepalive(message: Outgoing): Promise<void>;
  /** Hands a request to a subscription; resolves with how many agents it was handed to (null: unknown). */
  publishRequest(subscription: string, request: CheckRequest): Promise<number | null>;
  /**
   * Hands a text to a pipe for other programs; resolves with how many listen there (null: unknown). Rejects with
   * kind `refused` where the driver has no such pipes.
   */
  publishTo(pipe: Pipe, data: string): Promise<number | null>;

  subscribe(subscriber: Subscriber, take: RequestTaker): Promise<Subscription>;
  consumeResults(consumer: Consumer, options: BatchOptions): Promise<Subscription>;
  consumeKeepalives(consumer: Consumer, options: BatchOptions): Promise<Subscription>;

  /** Queue depths; null when they cannot be known now. */
  statistics(): Promise<TransportStatistics | null>;
  /** Lets go of everything; later calls reject with kind `closed`. May be called twice. */
  close(): Promise<void>;
}
