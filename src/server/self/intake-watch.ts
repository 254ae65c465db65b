import type { Clock } from '../../runtime/clock.ts';
import type { Counters } from '../../runtime/counters.ts';
import type { Metrics } from '../../runtime/metrics.ts';
import type { Transport, TransportStatistics } from '../../transport/port.ts';

export interface IntakeWatchParts {
  transport: Pick<Transport, 'statistics'>;
  clock: Clock;
  counters: Counters;
  metrics: Metrics;
}

/** Watches batches of results from the moment they are taken to the end of their commit, and what waits behind them. */
export class IntakeWatch {
  readonly #parts: IntakeWatchParts;
  /** Batches in hand, oldest first. */
  readonly #inHand = new Set<{ begunMs: number }>();
  #queues: TransportStatistics | undefined;
  #failed = 0;
  #failedBefore = 0;

  constructor(parts: IntakeWatchParts) {
    this.#parts = parts;
  }

  /** Messages that wait, as of the last look. */
  get queues(): TransportStatistics | undefined {
    return this.#queues;
  }

  /** Milliseconds that the oldest batch in hand waits already. */
  get inHandMs(): number {
    const [oldest] = this.#inHand;
    return oldest ? this.#parts.clock.elapsed() - oldest.begunMs : 0;
  }

  /** Batches that failed between the last two looks. */
  get failed(): number {
    return this.#failedBefore;
  }

  /** Passes on how it ended. */
  async batch(take: () => Promise<void>): Promise<void> {
    const { clock, counters, metrics } = this.#parts;
    const batch = { begunMs: clock.elapsed() };
    this.#inHand.add(batch);
    try {
      await take();
      metrics.histogram('intake_batch_seconds').observe((clock.elapsed() - batch.begunMs) / 1000);
    } catch (error) {
      counters.increment('batches_failed');
      this.#failed++;
      throw error;
    } finally {
      this.#inHand.delete(batch);
    }
  }

  look(): void {
    this.#failedBefore = this.#failed;
    this.#failed = 0;
    this.#parts.transport.statistics().then(
      (queues) => {
        this.#queues = queues ?? undefined;
      },
      () => {
        this.#queues = undefined;
      },
    );
  }
}
