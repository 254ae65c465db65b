import type { Access } from '../access/index.ts';
import type { Settings } from '../config/settings.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Counters } from '../runtime/counters.ts';
import type { Log } from '../runtime/log.ts';
import type { Metrics } from '../runtime/metrics.ts';
import type { Random } from '../runtime/random.ts';
import type { Registry } from '../state/registry.ts';
import type { SearchLimits } from '../state/search/index.ts';
import type { SelfStatus } from '../state/self-status.ts';
import type { Views } from '../state/views.ts';
import type { Transport } from '../transport/port.ts';
import type { BookLimits } from './v1/actions/book.ts';

/** What a server tells of itself, as `GET /info` shows it (Sensu Core 1.9 documentation, "Info API"). */
export interface ServerInfo {
  id: string;
  hostname: string;
  address: string;
  /** Single tasks that this server does now. */
  tasks: readonly string[];
  /** Seconds of processor time used so far. */
  metrics: { cpu: { user: number; system: number } };
  sensu: { version: string; settings: { hexdigest: string } };
  /** Unix seconds. */
  timestamp: number;
}

/** What somebody who calls in says of itself. */
export interface CallInReport {
  /** 0–3 */
  status: number;
  output: string;
}

/** Bounds that tests make small. */
export interface ApiLimits {
  /** Milliseconds to wait for the acknowledgement of a result that the API publishes. */
  acknowledgeMs: number;
  /** Milliseconds to wait until the events of a client that is removed are resolved. */
  resolveMs: number;
  /** Bytes up to which a list is gathered, so that its length can be told; a longer one is sent while it is made. */
  listBytes: number;
  /** Bytes of all lists that are gathered and wait for their readers; beyond it lists are sent as they are made. */
  heldBytes: number;
  /** Most streams at once. */
  streams: number;
  /** Changes that are kept for readers of the stream who come back. */
  streamChanges: number;
  /** Bytes that may wait in this process for one reader of the stream. */
  streamBufferBytes: number;
  /** Milliseconds between two signs of life on a quiet stream. */
  streamHeartbeatMs: number;
  /** Milliseconds in which the headers of a request, and all of it, have to arrive. */
  headersMs: number;
  requestMs: number;
  /** Milliseconds that open requests get to end when the API closes. */
  closeMs: number;
  /** Bounds of searches and of bulk actions, where they are not the usual ones. */
  search?: Partial<SearchLimits> | undefined;
  actions?: Partial<BookLimits> | undefined;
}

/** What the port speaks TLS with: PEM, as the files hold it. */
export interface PortTls {
  /** The certificate of this server and those between it and its authority. */
  certificate: string;
  key: string;
  /** Who signs the certificates of those who connect. */
  authority: string | undefined;
  /** `offered`: who connects is asked for a certificate and may come without; `demanded`: may not. */
  clientCertificates: 'off' | 'offered' | 'demanded';
}

/** What the API is handed. */
export interface ApiParts {
  /** The settings of now: read them at each request, they change with a reload. */
  readonly settings: Settings;
  transport: Transport;
  registry: Registry;
  views: Views;
  clock: Clock;
  random: Random;
  log: Log;
  counters: Counters;
  /** Version that `GET /info` and registered clients carry. */
  version: string;
  serverInfo(): readonly ServerInfo[];
  /** How the server in this process finds itself; missing or undefined: none runs here. */
  self?: (() => SelfStatus | undefined) | undefined;
  /** What this process measures, for `GET /metrics`; missing: nothing is there. */
  metrics?: Metrics | undefined;
  /** Takes a call for the check that waits under this name; false when there is none. */
  callIn(name: string, report: CallInReport): boolean;
  /** Who may do what; whoever serves agents as well hands in the one of both. Missing: one of its own, over the same store. */
  access?: Access | undefined;
  /** Undefined: plain HTTP. */
  tls?: PortTls | undefined;
  /** True: the port is for agents; of the API there is `/metrics` alone. */
  metricsOnly?: boolean | undefined;
  /** A folder of ours, for a backup that is on its way out; missing: there are none. */
  backupFolder?: string | undefined;
  limits?: Partial<ApiLimits> | undefined;
}

export const LIMITS: ApiLimits = {
  acknowledgeMs: 15_000,
  resolveMs: 5_000,
  listBytes: 16 * 1024 * 1024,
  heldBytes: 256 * 1024 * 1024,
  streams: 200,
  streamChanges: 10_000,
  streamBufferBytes: 256 * 1024,
  streamHeartbeatMs: 15_000,
  headersMs: 10_000,
  requestMs: 30_000,
  closeMs: 3_000,
};
