import { sameValue } from '../model/attributes.ts';
import type { Client, RegisteredClient } from '../model/client.ts';
import { DEFAULT_REDACT, redact } from '../model/redact.ts';
import { type Clock, type Timer, unixSeconds } from '../runtime/clock.ts';
import type { Counters } from '../runtime/counters.ts';
import { errorText } from '../runtime/errors.ts';
import type { Log } from '../runtime/log.ts';
import type { Transport } from '../transport/index.ts';

/** Milliseconds between two keepalives. (Sensu Core 1.9 documentation, "Client keepalives".) */
export const KEEPALIVE_PERIOD_MS = 20_000;
/** While there is no connection, it is looked this often whether there is one again. */
const LOOK_AGAIN_MS = 1_000;

/** The client as it reports itself, but for the time: redacted by its own list or the default one. */
export function reportedClient(client: Client, version: string): Omit<RegisteredClient, 'timestamp'> {
  return { ...redact(client, client.redact ?? DEFAULT_REDACT), version };
}

/**
 * Sends the client at once and then every 20 s; after an outage soon after there is a connection again. What cannot be
 * sent is counted and not kept, and an outage is one line of the log.
 */
export class Keepalives {
  readonly #clock: Clock;
  readonly #transport: Transport;
  readonly #log: Log;
  readonly #counters: Counters;
  readonly #version: string;
  #client: Omit<RegisteredClient, 'timestamp'>;
  #timer: Timer | undefined;
  #outage = false;

  constructor(parts: {
    clock: Clock;
    transport: Transport;
    log: Log;
    counters: Counters;
    client: Client;
    version: string;
  }) {
    this.#clock = parts.clock;
    this.#transport = parts.transport;
    this.#log = parts.log;
    this.#counters = parts.counters;
    this.#version = parts.version;
    this.#client = reportedClient(parts.client, parts.version);
  }

  /** Sends the client that it is from now on: at once when it differs, if keepalives are being sent. */
  reload(client: Client): void {
    const reported = reportedClient(client, this.#version);
    if (sameValue(reported, this.#client)) return;
    this.#client = reported;
    if (!this.#timer) return;
    this.#timer.cancel();
    this.#beat();
  }

  start(): void {
    this.#beat();
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #beat(): void {
    this.#timer = this.#clock.after(KEEPALIVE_PERIOD_MS, () => this.#beat());
    const body = { ...this.#client, timestamp: unixSeconds(this.#clock) };
    this.#transport.publishKeepalive({ body }).then(
      () => {
        this.#outage = false;
      },
      (error: unknown) => this.#lost(error),
    );
  }

  #lost(error: unknown): void {
    this.#counters.increment('keepalives_unsent');
    const level = this.#outage ? 'debug' : 'warn';
    this.#outage = true;
    this.#log[level]('a keepalive was not delivered', { error: errorText(error) });
    if (!this.#transport.connected) this.#awaitConnection();
  }

  #awaitConnection(): void {
    if (!this.#timer) return;
    this.#timer.cancel();
    this.#timer = this.#clock.after(LOOK_AGAIN_MS, () => {
      if (this.#transport.connected) this.#beat();
      else this.#awaitConnection();
    });
  }
}
