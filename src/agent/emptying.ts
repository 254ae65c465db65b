import { type Clock, sleep, type Timer } from '../runtime/clock.ts';
import { errorText } from '../runtime/errors.ts';
import type { Log } from '../runtime/log.ts';
import type { Kept, Spool } from './spool/index.ts';

/** Results of the spool that are sent together. */
export const SENT_AT_ONCE = 50;
/** Milliseconds from one lot to the next on disk: half of what a server takes of one client is left for what is new. */
export const PACE_MS = 100;
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 30_000;

/** Milliseconds until the next try after so many that failed in a row. */
export function pauseMs(failures: number): number {
  return Math.min(FIRST_PAUSE_MS * 2 ** Math.max(failures - 1, 0), LONGEST_PAUSE_MS);
}

export interface EmptyingParts {
  spool: Spool;
  /** Sends one; resolves with whether it waits on: false when it was delivered or never will be. Never rejects. */
  send(kept: Kept): Promise<boolean>;
  /** Whether there is anybody to send to. */
  connected(): boolean;
  /** Told each time that nothing waits any more. */
  emptied(): void;
  clock: Clock;
  log: Log;
}

/** Sends what waits in the spool: at a bounded pace while it is taken, and after ever longer pauses while it is not. */
export class Emptying {
  readonly #parts: EmptyingParts;
  #failures = 0;
  #timer: Timer | undefined;
  #running = false;
  /** Something began to wait, or was not taken, since the spool was asked last. */
  #asked = false;
  readonly #stop = new AbortController();

  constructor(parts: EmptyingParts) {
    this.#parts = parts;
  }

  /** Something is waiting that was not taken: it is tried after a pause. */
  later(): void {
    this.#asked = true;
    if (this.#timer || this.#running || this.#stop.signal.aborted) return;
    const { clock, log } = this.#parts;
    this.#failures += 1;
    const pause = pauseMs(this.#failures);
    log.warn('results are not taken and will be sent again', { again_in_ms: pause });
    this.#timer = clock.after(pause, () => this.#again());
  }

  /** Something was taken: what waits is tried now. */
  now(): void {
    this.#failures = 0;
    if (this.#parts.spool.size > 0) this.#begin();
  }

  stop(): void {
    this.#stop.abort();
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #again(): void {
    const { clock, connected } = this.#parts;
    this.#timer = undefined;
    if (connected()) this.#begin();
    else this.#timer = clock.after(FIRST_PAUSE_MS, () => this.#again());
  }

  #begin(): void {
    if (this.#running || this.#stop.signal.aborted) return;
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#running = true;
    void this.#run();
  }

  async #run(): Promise<void> {
    const { spool, log, emptied } = this.#parts;
    try {
      await this.#sendAll();
    } catch (error) {
      log.error('the spool could not be emptied', { error: errorText(error) });
      this.#asked = true;
    }
    this.#running = false;
    if (this.#asked) this.later();
    else if (spool.size === 0) emptied();
  }

  /** Sends lot after lot, until one is not taken or nothing is left. */
  async #sendAll(): Promise<void> {
    const { spool, clock } = this.#parts;
    const { signal } = this.#stop;
    while (!signal.aborted) {
      const nextMs = clock.elapsed() + (spool.lasting ? PACE_MS : 0);
      this.#asked = false;
      const lot = await spool.take(SENT_AT_ONCE);
      if (lot.length === 0) return;
      if (!(await this.#sendLot(lot))) {
        this.#asked = true;
        return;
      }
      const restMs = nextMs - clock.elapsed();
      if (spool.size > 0 && restMs > 0) await sleep(clock, restMs, signal);
    }
  }

  /** False when some of it waits on. */
  async #sendLot(lot: readonly Kept[]): Promise<boolean> {
    const { spool, send } = this.#parts;
    const waits = await Promise.all(lot.map(send));
    const placesThat = (wait: boolean) =>
      lot.flatMap(({ place }, index) => (waits[index] === wait ? [place] : []));
    const back = placesThat(true);
    spool.done(placesThat(false));
    if (back.length < lot.length) this.#failures = 0;
    spool.giveBack(back);
    return back.length === 0;
  }
}
