import type { Clock, Timer } from '../../runtime/clock.ts';
import { errorText } from '../../runtime/errors.ts';
import type { Log } from '../../runtime/log.ts';
import { type Registry, writing } from '../../state/registry.ts';

export interface AttendanceParts {
  registry: Registry;
  clock: Clock;
  log: Log;
  /** True while keepalives that arrive are really being taken. */
  listening: () => boolean;
}

/** Name of the one document of kind `attendance`. */
const NAME = 'keepalives';
const TICK_MS = 1000;
/** More than this between two ticks was not attended: the machine slept or the process stood still. */
const LONGEST_TICK_MS = 3000;
/** The mark is stored this often; what a crash loses of it only makes clients look younger. */
const STORE_EVERY_TICKS = 5;

/**
 * Keeps the time in which keepalives were being taken, over restarts. Ages of clients are differences
 * of it, so neither a stopped server, nor an outage, nor a set clock makes a client look dead.
 */
export class AttendanceKeeper {
  readonly #parts: AttendanceParts;
  #attendedMs = 0;
  #startMs = 0;
  #lastElapsedMs = 0;
  #ticks = 0;
  #timer: Timer | undefined;

  constructor(parts: AttendanceParts) {
    this.#parts = parts;
  }

  /** Goes on from the stored mark. */
  async start(): Promise<void> {
    const [mark] = await this.#parts.registry.read('attendance', [NAME]);
    this.#attendedMs = mark?.value.attendedMs ?? 0;
    this.#startMs = this.#attendedMs;
    this.#lastElapsedMs = this.#parts.clock.elapsed();
    this.#arm();
  }

  /** Whole milliseconds attended so far, by all processes that took keepalives on this store. */
  attendedMs(): number {
    return Math.floor(this.#attendedMs);
  }

  /** The same, of this process alone. */
  attendedHereMs(): number {
    return Math.floor(this.#attendedMs - this.#startMs);
  }

  async stop(): Promise<void> {
    this.#timer?.cancel();
    this.#timer = undefined;
    await this.#store();
  }

  #arm(): void {
    this.#timer = this.#parts.clock.after(TICK_MS, () => this.#tick());
  }

  #tick(): void {
    const elapsedMs = this.#parts.clock.elapsed();
    const passedMs = elapsedMs - this.#lastElapsedMs;
    this.#lastElapsedMs = elapsedMs;
    if (this.#parts.listening()) this.#attendedMs += Math.min(passedMs, LONGEST_TICK_MS);
    this.#ticks++;
    if (this.#ticks % STORE_EVERY_TICKS === 0) void this.#store();
    this.#arm();
  }

  async #store(): Promise<void> {
    const { registry, log } = this.#parts;
    const write = writing('attendance', NAME, { attendedMs: this.#attendedMs });
    try {
      await registry.store.commit([{ writes: [write] }]);
    } catch (error) {
      log.warn('could not store how long keepalives were attended', { error: errorText(error) });
    }
  }
}
