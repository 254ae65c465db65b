import type { Settings } from '../../config/settings.ts';
import type { RegisteredClient } from '../../model/client.ts';
import { type Clock, type Timer, unixSeconds } from '../../runtime/clock.ts';
import type { Counters } from '../../runtime/counters.ts';
import type { Log } from '../../runtime/log.ts';
import type { Metrics } from '../../runtime/metrics.ts';
import type { Random } from '../../runtime/random.ts';
import type { Spawner } from '../../runtime/spawner.ts';
import type { Registry } from '../../state/registry.ts';
import { SelfReports, selfClientName } from '../../state/self-reports.ts';
import type { SelfStatus } from '../../state/self-status.ts';
import type { Views } from '../../state/views.ts';
import type { Transport } from '../../transport/port.ts';
import type { PipelineRules } from '../pipeline/index.ts';
import { Blindness } from './blindness.ts';
import { Canary } from './canary.ts';
import { Failures } from './failures.ts';
import { offerGauges } from './gauges.ts';
import { Heartbeat } from './heartbeat.ts';
import { IntakeWatch } from './intake-watch.ts';
import { Skews } from './skews.ts';
import { Steady } from './steady.ts';
import { judge, type SelfFacts } from './thresholds.ts';

export interface SelfWatchParts {
  /** The settings in force, and the plugins that are loaded. */
  settings: () => Settings;
  plugins: () => PipelineRules['plugins'];
  transport: Transport;
  registry: Registry;
  views: Views;
  spawner: Spawner;
  clock: Clock;
  random: Random;
  log: Log;
  counters: Counters;
  metrics: Metrics;
  /** How many agents are connected to the port of this server; missing: nobody can be. */
  agents?: (() => number) | undefined;
}

const TICK_MS = 1000;
/** More than this between two ticks is time in which this process stood still, and nothing could come back. */
const LONGEST_TICK_MS = 3000;
/** What is watched is looked at this often. */
const LOOK_TICKS = 10;
const WORST_CLOCKS = 10;

/**
 * The server's eye on itself. Once a second it looks how late it woke up; every ten seconds it compares what it
 * knows with the thresholds and reports what lasts; every so often it sends a canary.
 */
export class SelfWatch {
  readonly canary: Canary;
  readonly reports: SelfReports;
  readonly #parts: SelfWatchParts;
  readonly #intake: IntakeWatch;
  readonly #skews: Skews;
  readonly #failures: Failures;
  readonly #blindness: Blindness;
  readonly #heartbeat: Heartbeat;
  readonly #steady = new Steady();
  readonly #stopped = new AbortController();
  #timer: Timer | undefined;
  #ticks = 0;
  #tickedMs = 0;
  /** Largest of each since the last look, milliseconds, and at the last look. */
  #now = { scheduleLateMs: 0, eventLoopDelayMs: 0 };
  #seen = { scheduleLateMs: 0, eventLoopDelayMs: 0 };

  constructor(parts: SelfWatchParts) {
    const { settings, clock, counters, views } = parts;
    const { signal } = this.#stopped;
    this.#parts = parts;
    this.#intake = new IntakeWatch(parts);
    this.#skews = new Skews(() => views.clients());
    this.#failures = new Failures(counters);
    this.#heartbeat = new Heartbeat({ ...parts, signal });
    this.#blindness = new Blindness({ ...parts, signal, client: () => this.#client() });
    this.reports = new SelfReports({
      ...parts,
      client: () => ({ name: selfClientName(settings().server.name) }),
    });
    this.canary = new Canary({
      ...parts,
      periodMs: () => settings().blindness.canaryMs,
      publish: (check) => {
        const { name, signature } = this.#name();
        return parts.transport.publishResult({ body: { client: name, check, ...signature } });
      },
      passed: () => this.#passed(),
    });
    this.#tickedMs = clock.elapsed();
    offerGauges(parts.metrics, {
      ...parts,
      canary: this.canary,
      blind: () => this.#blindness.blind,
      skews: this.#skews,
      queues: () => this.#intake.queues,
      lagMs: () => this.#lagMs(),
      outboxAgeMs: () => this.#outboxAgeMs(),
    });
  }

  start(): void {
    this.#tickedMs = this.#parts.clock.elapsed();
    this.#timer = this.#parts.clock.after(TICK_MS, () => this.#tick());
  }

  /** Looks no more, and gives up calls that are under way. */
  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#stopped.abort();
  }

  /** A check request went out so late. */
  scheduled(lateMs: number): void {
    this.#now.scheduleLateMs = Math.max(this.#now.scheduleLateMs, lateMs);
    this.#parts.metrics.histogram('schedule_lateness_seconds').observe(lateMs / 1000);
  }

  /** Watches a batch of results being taken. */
  batch(take: () => Promise<void>): Promise<void> {
    return this.#intake.batch(take);
  }

  /** How the server finds itself now. */
  status(): SelfStatus {
    const { settings, views, registry, transport, agents } = this.#parts;
    const { canary } = this;
    const { results, keepalives } = this.#intake.queues ?? {};
    return {
      client: selfClientName(settings().server.name),
      blind: this.#blindness.blind,
      canary: {
        every: settings().blindness.canaryMs / 1000,
        passed_at: canary.passedAtMs === undefined ? null : Math.floor(canary.passedAtMs / 1000),
        took: canary.tookMs === undefined ? null : seconds(canary.tookMs),
        quiet: seconds(canary.quietMs),
      },
      intake: {
        lag: seconds(this.#lagMs()),
        results_waiting: results?.messages ?? null,
        keepalives_waiting: keepalives?.messages ?? null,
      },
      schedule: { lateness: seconds(this.#seen.scheduleLateMs) },
      outbox: { deliveries: views.deliveryCount(), age: seconds(this.#outboxAgeMs()) },
      deliveries: this.#failures.lately,
      dead_letters: views.deadLetterCount(),
      store: { connected: registry.store.connected },
      transport: { connected: transport.connected },
      agents: agents?.() ?? null,
      clocks: {
        clients: this.#skews.skewed.length,
        worst: this.#skews.skewed.slice(0, WORST_CLOCKS),
      },
      event_loop: { delay: seconds(this.#seen.eventLoopDelayMs) },
      problems: this.#steady.problems(),
    };
  }

  #tick(): void {
    const { clock, metrics } = this.#parts;
    const elapsedMs = clock.elapsed();
    const passedMs = elapsedMs - this.#tickedMs;
    this.#tickedMs = elapsedMs;
    this.#timer = clock.after(TICK_MS, () => this.#tick());
    const delayMs = Math.max(0, passedMs - TICK_MS);
    metrics.histogram('event_loop_delay_seconds').observe(delayMs / 1000);
    this.#now.eventLoopDelayMs = Math.max(this.#now.eventLoopDelayMs, delayMs);
    this.canary.tick(Math.min(passedMs, LONGEST_TICK_MS));
    this.#blindness.look(this.canary.quietMs);
    if (++this.#ticks % LOOK_TICKS === 0) this.#look();
  }

  #look(): void {
    this.#seen = this.#now;
    this.#now = { scheduleLateMs: 0, eventLoopDelayMs: 0 };
    this.#intake.look();
    this.#skews.look(this.#parts.clock.now());
    this.#failures.look();
    for (const report of judge(this.#facts())) {
      const changed = this.#steady.note(report);
      if (changed) void this.reports.report(changed);
    }
  }

  #facts(): SelfFacts {
    return {
      ...this.#seen,
      ...this.#failures.lately,
      intakeLagMs: this.#lagMs(),
      outboxAgeMs: this.#outboxAgeMs(),
      storeConnected: this.#parts.registry.store.connected,
      batchesFailed: this.#intake.failed,
      skewed: this.#skews.skewed,
    };
  }

  #passed(): void {
    const { counters, settings } = this.#parts;
    counters.increment('canaries_passed');
    this.#blindness.sees();
    const { heartbeatUrl } = settings().blindness;
    if (heartbeatUrl !== undefined) void this.#heartbeat.beat(heartbeatUrl);
  }

  #lagMs(): number {
    return Math.max(this.canary.lagMs, this.#intake.inHandMs);
  }

  /** Deliveries are looked through in the order in which they were stored, so the first is the oldest. */
  #outboxAgeMs(): number {
    const { views, clock } = this.#parts;
    for (const { event } of views.deliveries()) return Math.max(0, clock.now() - event.timestamp * 1000);
    return 0;
  }

  /** Our name, and the signature that somebody may have pinned to it by taking it first. */
  #name(): { name: string; signature: { signature?: string } } {
    const { settings, views } = this.#parts;
    const name = selfClientName(settings().server.name);
    const signature = views.client(name)?.signature ?? '';
    return { name, signature: signature === '' ? {} : { signature } };
  }

  #client(): RegisteredClient {
    const { views, clock } = this.#parts;
    const { name } = this.#name();
    const made = { name, address: 'unknown', subscriptions: [`client:${name}`] };
    return views.client(name)?.client ?? { ...made, keepalives: false, timestamp: unixSeconds(clock) };
  }
}

/** Three decimals. */
function seconds(ms: number): number {
  return Math.round(ms) / 1000;
}
