import { COUNTERS, type CounterName, type Counters } from './counters.ts';

/** Everything that is measured beside what is counted, with what it means. Units stand in the names. */
export const METRICS = {
  blind: { type: 'gauge', help: '1 while the canary does not come back, else 0' },
  canary_age_seconds: { type: 'gauge', help: 'time since the canary came back last' },
  canary_duration_seconds: { type: 'gauge', help: 'time that the last canary took for the whole way' },
  intake_lag_seconds: { type: 'gauge', help: 'time that a result waits now until it is committed' },
  results_waiting: { type: 'gauge', help: 'results that wait in the transport' },
  keepalives_waiting: { type: 'gauge', help: 'keepalives that wait in the transport' },
  outbox_deliveries: { type: 'gauge', help: 'deliveries that are due or under way' },
  outbox_age_seconds: { type: 'gauge', help: 'age of the oldest delivery that is due or under way' },
  dead_letters: { type: 'gauge', help: 'deliveries that were given up and wait for a person' },
  agents_connected: { type: 'gauge', help: 'agents connected to the port of this server' },
  clock_skew_seconds: { type: 'gauge', help: 'largest difference between the clock of a client and ours' },
  clients_skewed: { type: 'gauge', help: 'clients whose clocks differ from ours by more than the threshold' },
  store_connected: { type: 'gauge', help: '1 while the store answers, else 0' },
  transport_connected: { type: 'gauge', help: '1 while the transport is connected, else 0' },
  clients: { type: 'gauge', help: 'clients that are known' },
  results: { type: 'gauge', help: 'checks of clients with a result' },
  events_open: { type: 'gauge', help: 'open events' },
  schedule_lateness_seconds: { type: 'histogram', help: 'how late check requests were published' },
  intake_batch_seconds: {
    type: 'histogram',
    help: 'time from taking a batch of results to the end of its commit',
  },
  event_loop_delay_seconds: {
    type: 'histogram',
    help: 'how late this process woke up, looked at once a second',
  },
} as const satisfies Record<string, { type: 'gauge' | 'histogram'; help: string }>;

type Names<Type extends 'gauge' | 'histogram'> = {
  [Name in keyof typeof METRICS]: (typeof METRICS)[Name]['type'] extends Type ? Name : never;
}[keyof typeof METRICS];

export type GaugeName = Names<'gauge'>;
export type HistogramName = Names<'histogram'>;

/** Upper bounds of what is counted together, in seconds. */
export const BUCKETS: readonly number[] = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30, 60];
/** The content type of the text (Prometheus, "Exposition formats"). */
export const METRICS_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

/** How often values up to each bound were seen, and their sum. */
export class Histogram {
  readonly #counts = new Array<number>(BUCKETS.length + 1).fill(0);
  #sum = 0;

  /** A value that is no number of seconds, or below 0, counts as 0. */
  observe(seconds: number): void {
    const value = seconds > 0 ? seconds : 0;
    const bucket = BUCKETS.findIndex((bound) => value <= bound);
    const at = bucket === -1 ? BUCKETS.length : bucket;
    this.#counts[at] = (this.#counts[at] ?? 0) + 1;
    this.#sum += value;
  }

  /** Its lines for a name: each bucket holds all that lies below it. */
  lines(name: string): string[] {
    let total = 0;
    const buckets = this.#counts.map((count, index) => {
      total += count;
      return `${name}_bucket{le="${BUCKETS[index] ?? '+Inf'}"} ${total}`;
    });
    return [...buckets, `${name}_sum ${number(this.#sum)}`, `${name}_count ${total}`];
  }
}

/**
 * What one process measures and counts, for whoever asks: gauges are read then, so measuring costs nothing meanwhile.
 * The text is that of Prometheus ("Exposition formats", version 0.0.4); every name begins with `tocsin_`.
 */
export class Metrics {
  readonly #counters: Counters;
  readonly #gauges = new Map<GaugeName, () => number | undefined>();
  readonly #histograms = new Map<HistogramName, Histogram>();

  constructor(counters: Counters) {
    this.#counters = counters;
  }

  /** Tells how a gauge is read; undefined: it is not known now, and left out. It must not throw. */
  gauge(name: GaugeName, read: () => number | undefined): void {
    this.#gauges.set(name, read);
  }

  /** The histogram of that name, empty at first. */
  histogram(name: HistogramName): Histogram {
    const known = this.#histograms.get(name);
    if (known) return known;
    const histogram = new Histogram();
    this.#histograms.set(name, histogram);
    return histogram;
  }

  /** Everything, as text. What this process does not measure is left out. */
  text(): string {
    const lines = [...this.#measured(), ...this.#counted()];
    return `${lines.join('\n')}\n`;
  }

  *#measured(): Generator<string> {
    for (const name of Object.keys(METRICS) as (keyof typeof METRICS)[]) {
      const values = this.#values(name);
      if (values.length === 0) continue;
      const { type, help } = METRICS[name];
      yield* described(`tocsin_${name}`, type, help);
      yield* values;
    }
  }

  #values(name: keyof typeof METRICS): string[] {
    const value = this.#gauges.get(name as GaugeName)?.();
    if (value !== undefined) return [`tocsin_${name} ${number(value)}`];
    return this.#histograms.get(name as HistogramName)?.lines(`tocsin_${name}`) ?? [];
  }

  *#counted(): Generator<string> {
    for (const [name, value] of Object.entries(this.#counters.all())) {
      yield* described(`tocsin_${name}_total`, 'counter', COUNTERS[name as CounterName]);
      yield `tocsin_${name}_total ${value}`;
    }
  }
}

function described(name: string, type: string, help: string): string[] {
  const escaped = help.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
  return [`# HELP ${name} ${escaped}`, `# TYPE ${name} ${type}`];
}

/** At most microseconds; the format has its own words for what is no number. */
function number(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf';
  return String(Math.round(value * 1e6) / 1e6);
}
