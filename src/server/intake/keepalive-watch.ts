import type { ExecutedCheck } from '../../model/check.ts';
import type { RegisteredClient } from '../../model/client.ts';
import { deepMerge } from '../../model/merge.ts';
import type { Attributes } from '../../model/schema.ts';
import { type Clock, type Timer, unixSeconds } from '../../runtime/clock.ts';
import { errorText } from '../../runtime/errors.ts';
import type { Log } from '../../runtime/log.ts';
import type { ClientState } from '../../state/documents.ts';
import type { Views } from '../../state/views.ts';
import type { Transport } from '../../transport/port.ts';
import type { AttendanceKeeper } from './attendance.ts';

export interface KeepaliveWatchParts {
  views: Pick<Views, 'clients' | 'client'>;
  attendance: Pick<AttendanceKeeper, 'attendedMs'>;
  transport: Pick<Transport, 'publishResult'>;
  /** Attributes of every keepalive check, thresholds among them. */
  check: Attributes;
  /** True when a handler called `keepalive` is configured. */
  hasHandler: boolean;
  clock: Clock;
  log: Log;
}

/** Every client is looked at this often. */
const PERIOD_SECONDS = 30;

/**
 * Turns the age of each client's last keepalive into a result, every 30 s, a share of the clients each
 * second. The result goes the way of every other.
 */
export class KeepaliveWatch {
  readonly #parts: KeepaliveWatchParts;
  #timer: Timer | undefined;
  #second = 0;
  /** Names of the clients of this round: what is known of each is looked up when its second comes. */
  #round: string[] = [];

  constructor(parts: KeepaliveWatchParts) {
    this.#parts = parts;
  }

  start(): void {
    this.#timer = this.#parts.clock.after(1000, () => this.#tick());
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  /** The first round begins 30 s after the start: until then those that live can be heard. */
  #tick(): void {
    if (this.#second % PERIOD_SECONDS === 0) {
      this.#round =
        this.#second === 0 ? [] : Array.from(this.#parts.views.clients(), ({ client }) => client.name);
    }
    const step = this.#second % PERIOD_SECONDS;
    for (let index = step; index < this.#round.length; index += PERIOD_SECONDS) {
      const known = this.#parts.views.client(this.#round[index] ?? '');
      if (known) this.#look(known);
    }
    this.#second++;
    this.#timer = this.#parts.clock.after(1000, () => this.#tick());
  }

  #look(known: ClientState): void {
    const { attendance, transport, check, hasHandler, clock, log } = this.#parts;
    const { client, signature } = known;
    if (client.keepalives === false) return;
    const ageSeconds = Math.max(0, Math.floor((attendance.attendedMs() - known.seenAttendedMs) / 1000));
    const body = {
      client: client.name,
      check: keepaliveCheck(client, ageSeconds, { check, hasHandler, now: unixSeconds(clock) }),
      signature,
    };
    transport
      .publishResult({ body })
      .catch((error: unknown) => log.warn('could not publish keepalive result', { error: errorText(error) }));
  }
}

/**
 * The keepalive check of a client as a result: critical or warning from the client's own thresholds on, which are
 * laid over the configured ones. (Sensu Core 1.9 documentation, "Keepalive monitoring".)
 */
export function keepaliveCheck(
  client: RegisteredClient,
  ageSeconds: number,
  settings: { check: Attributes; hasHandler: boolean; now: number },
): ExecutedCheck {
  const base = settings.hasHandler ? { handler: 'keepalive' } : {};
  const check = deepMerge(deepMerge(base, settings.check), client.keepalive ?? {}) as Attributes;
  const thresholds = check['thresholds'] as { warning?: number; critical?: number } | undefined;
  return {
    ...check,
    name: 'keepalive',
    issued: settings.now,
    executed: settings.now,
    ...verdict(ageSeconds, thresholds?.warning ?? 120, thresholds?.critical ?? 180),
  };
}

function verdict(age: number, warning: number, critical: number): { output: string; status: number } {
  const quiet = (threshold: number): string =>
    `No keepalive sent from client for ${age} seconds (>=${threshold})`;
  if (age >= critical) return { output: quiet(critical), status: 2 };
  if (age >= warning) return { output: quiet(warning), status: 1 };
  return { output: `Keepalive sent from client ${age} seconds ago`, status: 0 };
}
