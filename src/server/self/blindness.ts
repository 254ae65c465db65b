import type { Settings } from '../../config/settings.ts';
import type { RegisteredClient } from '../../model/client.ts';
import { type Clock, unixSeconds } from '../../runtime/clock.ts';
import type { Counters } from '../../runtime/counters.ts';
import type { Log } from '../../runtime/log.ts';
import type { Random } from '../../runtime/random.ts';
import type { Spawner } from '../../runtime/spawner.ts';
import type { PipelineRules } from '../pipeline/index.ts';
import { blindEvent, callHandlers } from './blind-call.ts';

export interface BlindnessParts {
  settings: () => Settings;
  plugins: () => PipelineRules['plugins'];
  /** The server's own client. */
  client: () => RegisteredClient;
  spawner: Spawner;
  clock: Clock;
  random: Random;
  log: Log;
  counters: Counters;
  signal: AbortSignal;
}

/** The server is blind when no canary came back for so many periods. */
export const PERIODS = 3;

/** Knows whether the server is blind, and tells whoever wants to know when that begins and when it is over. */
export class Blindness {
  readonly #parts: BlindnessParts;
  /** Id of the event of this episode. */
  #episode: string | undefined;
  #begunMs = 0;
  /** What is told goes out one after the other, so that nobody hears of the end first. */
  #last: Promise<void> = Promise.resolve();

  constructor(parts: BlindnessParts) {
    this.#parts = parts;
  }

  get blind(): boolean {
    return this.#episode !== undefined;
  }

  /** @param quietMs how long no canary came back */
  look(quietMs: number): void {
    const { settings, random, clock, counters, log } = this.#parts;
    const { canaryMs } = settings().blindness;
    if (canaryMs === 0) this.sees();
    if (canaryMs === 0 || this.#episode !== undefined || quietMs < PERIODS * canaryMs) return;
    this.#episode = random.uuid();
    this.#begunMs = clock.elapsed();
    counters.increment('blind_episodes');
    const output = `Tocsin has gone blind: no canary came back for ${Math.round(quietMs / 1000)} s, so results may not be taken and nobody may be told`;
    log.fatal(output);
    this.#tell('create', this.#episode, output);
  }

  /** A canary came back, or none is sent any more. */
  sees(): void {
    const { clock, log } = this.#parts;
    if (this.#episode === undefined) return;
    const id = this.#episode;
    this.#episode = undefined;
    const output = `Tocsin sees again after ${Math.round((clock.elapsed() - this.#begunMs) / 1000)} s`;
    log.warn(output);
    this.#tell('resolve', id, output);
  }

  #tell(action: 'create' | 'resolve', id: string, output: string): void {
    const { settings, plugins, client, clock, random } = this.#parts;
    const event = blindEvent(action, { id, output, client: client(), now: unixSeconds(clock) });
    const { spawn, ...rules } = settings();
    const tools = {
      ...this.#parts,
      commandTimeoutMs: spawn.defaultTimeoutMs,
      newId: () => random.uuid(),
    };
    this.#last = this.#last.then(() => callHandlers(event, { ...rules, plugins: plugins() }, tools));
  }
}
