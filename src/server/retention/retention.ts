import type { Settings } from '../../config/settings.ts';
import type { Clock, Timer } from '../../runtime/clock.ts';
import type { Counters } from '../../runtime/counters.ts';
import { errorText } from '../../runtime/errors.ts';
import type { Log } from '../../runtime/log.ts';
import type { ClientState } from '../../state/documents.ts';
import type { Registry } from '../../state/registry.ts';
import type { NamedState, Views } from '../../state/views.ts';
import type { Transport } from '../../transport/port.ts';
import { EndedSweep } from './ended.ts';
import { expiredFor } from './expiry.ts';
import { Leftovers } from './leftovers.ts';
import { Removals } from './removals.ts';
import { Walk } from './walk.ts';

export interface RetentionParts {
  /** The settings in force. */
  settings: () => Pick<Settings, 'checks' | 'skippedChecks' | 'retention'>;
  registry: Registry;
  views: Views;
  transport: Transport;
  attendance: { attendedMs(): number; attendedHereMs(): number };
  clock: Clock;
  log: Log;
  counters: Counters;
}

const TICK_MS = 1000;
/** Results, and clients, that are looked at in a second. */
const SLICE = 1000;
/** Leftovers of removals are looked for this often. */
const LEFTOVERS_TICKS = 60;
/** Nothing is removed before a new process has attended for so long: whoever lives reports within it. */
export const SETTLED_MS = 120_000;

/** Forgets, a slice each second, what has ended by itself. */
export class Retention {
  readonly #parts: RetentionParts;
  readonly #removals: Removals;
  readonly #ended: EndedSweep;
  readonly #leftovers: Leftovers;
  readonly #states: Walk<NamedState>;
  readonly #clients: Walk<ClientState>;
  #timer: Timer | undefined;
  #ticks = 0;
  #sweeping = false;

  constructor(parts: RetentionParts) {
    const { views } = parts;
    this.#parts = parts;
    this.#removals = new Removals(parts);
    this.#ended = new EndedSweep(parts);
    this.#leftovers = new Leftovers(parts);
    this.#states = new Walk(() => views.states());
    this.#clients = new Walk(() => views.clients());
  }

  start(): void {
    this.#timer = this.#parts.clock.after(TICK_MS, () => this.#tick());
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#removals.stop();
  }

  /**
   * Takes a client that has sent no keepalive for as long as it may. False when it is not removed now: we have not
   * listened for long enough, or too many are being removed.
   */
  silent(client: ClientState, ageSeconds: number, removeAfter: number): boolean {
    return this.#settled && this.#removals.removeSilent(client, ageSeconds, removeAfter);
  }

  /** True for a client that is being removed. */
  leaving(client: string): boolean {
    return this.#removals.leaving(client);
  }

  get #settled(): boolean {
    return this.#parts.attendance.attendedHereMs() >= SETTLED_MS;
  }

  #tick(): void {
    this.#timer = this.#parts.clock.after(TICK_MS, () => this.#tick());
    this.#ticks++;
    if (this.#settled) this.#look();
    this.#removals.begin();
    if (!this.#sweeping) void this.#sweep();
  }

  #look(): void {
    const { settings, attendance, views, clock } = this.#parts;
    if (settings().retention.resultsMs === 0 || this.#removals.full) return;
    const attendedMs = attendance.attendedMs();
    const facts = {
      settings: settings(),
      attendedMs,
      attendedBeforeMs: attendedMs - attendance.attendedHereMs(),
      nowMs: clock.now(),
      gapsMs: new Map<string, number>(),
    };
    this.#states.forEach(SLICE, (named) => {
      if (views.isSelf(named.client)) return;
      const seconds = expiredFor(named, { ...facts, client: views.client(named.client) });
      if (seconds !== undefined) this.#removals.removeExpired(named, seconds);
    });
    this.#clients.forEach(SLICE, ({ client, blank }) => {
      if (blank && views.states(client.name).next().done) this.#removals.removeBlank(client.name);
    });
  }

  async #sweep(): Promise<void> {
    this.#sweeping = true;
    try {
      await this.#ended.sweep();
      if (this.#ticks % LEFTOVERS_TICKS === 0) await this.#leftovers.sweep();
    } catch (error) {
      this.#parts.log.warn('could not delete what has ended', { error: errorText(error) });
    } finally {
      this.#sweeping = false;
    }
  }
}
