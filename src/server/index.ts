/**
 * The server: schedule → transport → intake → event → pipeline. In: settings, a transport and a store. Out:
 * requests, state and events in the store, deliveries to handlers. Runs in `tocsin up`. Remembers what is under way;
 * everything that must survive is in the store. Never opens a socket or a file by itself: it is handed them.
 */
import type { Settings } from '../config/settings.ts';
import { valueAt } from '../model/attributes.ts';
import { type Clock, sleep } from '../runtime/clock.ts';
import type { Counters } from '../runtime/counters.ts';
import type { Log } from '../runtime/log.ts';
import { Metrics } from '../runtime/metrics.ts';
import type { Random } from '../runtime/random.ts';
import type { Spawner } from '../runtime/spawner.ts';
import type { Registry } from '../state/registry.ts';
import { selfClientName } from '../state/self-reports.ts';
import type { SelfStatus } from '../state/self-status.ts';
import type { Views } from '../state/views.ts';
import { withoutSelf } from '../state/without-self.ts';
import type { BatchOptions, Incoming, Subscription, Transport } from '../transport/port.ts';
import {
  Admission,
  AttendanceKeeper,
  ClientLimits,
  KeepaliveIntake,
  KeepaliveWatch,
  ResultIntake,
  type ResultIntakeParts,
  TtlWatch,
} from './intake/index.ts';
import { Pipeline, type PipelineRules } from './pipeline/index.ts';
import { Retention } from './retention/index.ts';
import { Schedule } from './schedule/index.ts';
import { SelfWatch } from './self/index.ts';

export interface ServerParts {
  settings: Settings;
  /** Filters, mutators and handlers that run in process. */
  plugins: PipelineRules['plugins'];
  transport: Transport;
  registry: Registry;
  views: Views;
  spawner: Spawner;
  clock: Clock;
  random: Random;
  log: Log;
  counters: Counters;
  /** Where the server measures itself; missing: in a place of its own that nobody asks. */
  metrics?: Metrics | undefined;
  /** How many agents are connected to the port of this server; missing: nobody can be. */
  agents?: (() => number) | undefined;
  version: string;
}

/** Batches of results: large enough to share a commit, small enough to come back soon. */
const RESULTS: BatchOptions = { size: 500, spacingMs: 12 };
/** While a batch becomes durable the next is decided already, if it is a full one: less than that can wait. */
const OVERLAPPING: BatchOptions = { ...RESULTS, spacingMs: 3_600_000, assists: true };
const KEEPALIVES: BatchOptions = { size: 500, spacingMs: 50 };

/** One server with everything it does. */
export class Server {
  readonly #parts: ServerParts;
  readonly #pipeline: Pipeline;
  readonly #limits: ClientLimits;
  readonly #results: ResultIntake;
  readonly #keepalives: KeepaliveIntake;
  readonly #attendance: AttendanceKeeper;
  readonly #watch: KeepaliveWatch;
  readonly #ttlWatch: TtlWatch;
  readonly #retention: Retention;
  readonly #schedule: Schedule;
  readonly #self: SelfWatch;
  #plugins: ServerParts['plugins'];
  #consumptions: Subscription[] = [];
  #settings: Settings;
  #largestBytes: number | undefined;

  constructor(parts: ServerParts) {
    const { settings, transport, registry, clock, log, counters } = parts;
    this.#parts = parts;
    this.#settings = settings;
    this.#plugins = parts.plugins;
    this.#largestBytes = largestBytesOf(settings);
    this.#self = new SelfWatch({
      ...parts,
      metrics: parts.metrics ?? new Metrics(counters),
      settings: () => this.#settings,
      plugins: () => this.#plugins,
    });
    this.#pipeline = new Pipeline({
      ...parts,
      rules: { ...settings, plugins: this.#withCanary(parts.plugins) },
      commandTimeoutMs: settings.spawn.defaultTimeoutMs,
    });
    const admission = new Admission({
      ...{ log, counters },
      largestBytes: () => this.#largestBytes,
      refused: (sender) => this.#limits.invalid(sender),
    });
    const listening = (): boolean =>
      registry.store.connected &&
      transport.connected &&
      this.#consumptions.length > 0 &&
      !this.#keepalives.stuck;
    this.#attendance = new AttendanceKeeper({ registry, clock, log, listening });
    this.#limits = new ClientLimits({
      ...parts,
      limits: () => this.#settings.limits,
      report: (report) => void this.#self.reports.report(report),
    });
    const shared = { ...parts, settings: () => this.#settings, attendance: this.#attendance };
    const intake: ResultIntakeParts = {
      ...shared,
      admission,
      limits: this.#limits,
      decide: (event, quietly) => this.#pipeline.decide(event, quietly),
      take: (deliveries) => this.#pipeline.take(deliveries),
      selfClient: () => selfClientName(this.#settings.server.name),
    };
    this.#results = new ResultIntake(intake);
    this.#keepalives = new KeepaliveIntake({ ...intake, attendance: this.#attendance });
    const retention = new Retention(shared);
    this.#retention = retention;
    this.#watch = new KeepaliveWatch({
      ...shared,
      silent: (client, ageSeconds, removeAfter) => retention.silent(client, ageSeconds, removeAfter),
    });
    this.#ttlWatch = new TtlWatch({
      ...shared,
      take: (results) => this.#results.takeStale(results),
      leaving: (client) => retention.leaving(client),
    });
    this.#schedule = new Schedule({
      ...parts,
      views: withoutSelf(parts.views),
      checks: settings.checks,
      lateness: (lateMs) => this.#self.scheduled(lateMs),
    });
  }

  /** How this server finds itself. */
  self(): SelfStatus {
    return this.#self.status();
  }

  /** Takes up what a former process left, then listens, then asks. */
  async start(): Promise<void> {
    const { transport } = this.#parts;
    const take = (batch: readonly Incoming[]): Promise<void> =>
      this.#self.batch(() => this.#results.take(batch));
    await this.#pipeline.start();
    await this.#attendance.start();
    this.#consumptions = [
      await transport.consumeKeepalives((batch) => this.#keepalives.take(batch), KEEPALIVES),
      await transport.consumeResults(take, RESULTS),
      await transport.consumeResults(take, OVERLAPPING),
    ];
    this.#self.start();
    this.#limits.start();
    this.#watch.start();
    this.#ttlWatch.start();
    this.#retention.start();
    this.#schedule.start();
  }

  /** Goes on by other settings: what is under way ends by the old ones, nothing is asked or told twice. */
  async reload(settings: Settings, plugins: ServerParts['plugins']): Promise<void> {
    this.#settings = settings;
    this.#plugins = plugins;
    this.#largestBytes = largestBytesOf(settings);
    this.#pipeline.reload({ ...settings, plugins: this.#withCanary(plugins) });
    this.#schedule.reload(settings.checks);
  }

  /**
   * Asks no more, lets deliveries end for at most `boundMs` while it still listens (one that removes a client has its
   * events resolved first), then listens no more. What has not ended stays in the store.
   */
  async stop(boundMs: number): Promise<void> {
    const { clock } = this.#parts;
    const begunMs = clock.elapsed();
    this.#self.stop();
    this.#limits.stop();
    this.#schedule.stop();
    this.#watch.stop();
    this.#retention.stop();
    await this.#ttlWatch.stop();
    await this.#settled(boundMs);
    const consumptions = this.#consumptions;
    this.#consumptions = [];
    await Promise.all(consumptions.map((consumption) => consumption.stop()));
    await this.#pipeline.stop(Math.max(0, boundMs - (clock.elapsed() - begunMs)));
    await this.#attendance.stop();
  }

  /** The canary comes back to a handler of ours, among those that are loaded. */
  #withCanary(plugins: ServerParts['plugins']): ServerParts['plugins'] {
    const { plugin } = this.#self.canary;
    return new Map([...plugins, [plugin.name, plugin]]);
  }

  /** Resolves when no delivery is in hand, or after `boundMs`. */
  async #settled(boundMs: number): Promise<void> {
    if (boundMs <= 0) return;
    const settled = new AbortController();
    void this.#pipeline.idle().then(() => settled.abort());
    await sleep(this.#parts.clock, boundMs, settled.signal);
  }
}

/** Bytes that a message may have (`sensu.server.max_message_size`); undefined: any number. */
function largestBytesOf({ document }: Settings): number | undefined {
  const bytes = valueAt(document, ['sensu', 'server', 'max_message_size']);
  return typeof bytes === 'number' ? bytes : undefined;
}
