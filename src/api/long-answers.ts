import type { ServerResponse } from 'node:http';
import type { Identity } from '../access/index.ts';
import type { Clock, Timer } from '../runtime/clock.ts';

/** Milliseconds after which the right of their readers is looked at again. */
const LOOK_EVERY_MS = 5_000;

/** Answers that go on for long: they end within seconds after their reader's right has. */
export class LongAnswers {
  readonly #clock: Clock;
  readonly #open = new Map<ServerResponse, Identity>();
  #timer: Timer | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  add(response: ServerResponse, reader: Identity): void {
    if (response.destroyed) return;
    this.#open.set(response, reader);
    response.once('close', () => this.#remove(response));
    this.#timer ??= this.#clock.after(LOOK_EVERY_MS, () => this.#look());
  }

  #look(): void {
    this.#timer = undefined;
    for (const [response, reader] of this.#open) {
      if (!reader.counts()) response.destroy();
    }
    if (this.#open.size > 0) this.#timer = this.#clock.after(LOOK_EVERY_MS, () => this.#look());
  }

  #remove(response: ServerResponse): void {
    this.#open.delete(response);
    if (this.#open.size > 0) return;
    this.#timer?.cancel();
    this.#timer = undefined;
  }
}
