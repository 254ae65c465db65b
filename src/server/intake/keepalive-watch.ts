import type { Settings } from '../../config/settings.ts';
import { type Clock, turn, unixSeconds } from '../../runtime/clock.ts';
import type { Counters } from '../../runtime/counters.ts';
import { errorText } from '../../runtime/errors.ts';
import type { Log } from '../../runtime/log.ts';
import type { ClientState } from '../../state/documents.ts';
import type { Views } from '../../state/views.ts';
import type { Transport } from '../../transport/port.ts';
import type { AttendanceKeeper } from './attendance.ts';
import { Causes } from './causes.ts';
import { type JudgedKeepalive, judgeKeepalive } from './keepalive-check.ts';
import { Rounds } from './rounds.ts';

export interface KeepaliveWatchParts {
  /** The settings in force. */
  settings: () => Pick<Settings, 'keepalives' | 'handlers'>;
  views: Pick<Views, 'clientNames' | 'client'>;
  attendance: Pick<AttendanceKeeper, 'attendedMs'>;
  transport: Pick<Transport, 'publishResult'>;
  /** Takes a client that has been silent for as long as it may; false when it is not to be removed now. */
  silent: (client: ClientState, ageSeconds: number, removeAfter: number) => boolean;
  clock: Clock;
  log: Log;
  counters: Counters;
}

/** Clients that are judged before other work gets a turn: a second's share of a large fleet takes long. */
const MOST_IN_TURN = 100;

/**
 * Turns the age of each client's last keepalive into a result, every 30 s, a share of the clients each
 * second. The result goes the way of every other.
 */
export class KeepaliveWatch {
  readonly #parts: KeepaliveWatchParts;
  readonly #rounds: Rounds;
  readonly #causes = new Causes();
  #stopped = false;

  constructor(parts: KeepaliveWatchParts) {
    this.#parts = parts;
    this.#rounds = new Rounds({
      clock: parts.clock,
      names: () => parts.views.clientNames(),
      look: (names) => void this.#lookAt(names),
    });
  }

  start(): void {
    this.#rounds.start();
  }

  stop(): void {
    this.#stopped = true;
    this.#rounds.stop();
  }

  /** Never rejects: a client that cannot be judged keeps nobody else from being judged. */
  async #lookAt(names: readonly string[]): Promise<void> {
    const { views, log } = this.#parts;
    for (const [index, name] of names.entries()) {
      if (index > 0 && index % MOST_IN_TURN === 0) await turn();
      if (this.#stopped) return;
      try {
        const known = views.client(name);
        if (known) this.#look(known);
      } catch (error) {
        log.error('could not judge the keepalives of a client', { client: name, error: errorText(error) });
      }
    }
  }

  #look(known: ClientState): void {
    const { settings, attendance, silent, clock } = this.#parts;
    const { client } = known;
    if (client.keepalives === false) return;
    const ageSeconds = Math.max(0, Math.floor((attendance.attendedMs() - known.seenAttendedMs) / 1000));
    const { keepalives, handlers } = settings();
    const judged = judgeKeepalive(client, ageSeconds, {
      check: keepalives.check,
      hasHandler: handlers.has('keepalive'),
      now: unixSeconds(clock),
    });
    const { removeAfter } = judged;
    if (removeAfter !== undefined && ageSeconds >= removeAfter && silent(known, ageSeconds, removeAfter))
      return;
    if (judged.wrong.length > 0) this.#tellWrong(client.name, judged);
    this.#publish(known, judged);
  }

  #publish({ client, signature }: ClientState, { check }: JudgedKeepalive): void {
    const { transport, log } = this.#parts;
    transport
      .publishResult({ body: { client: client.name, check, signature } })
      .catch((error: unknown) => log.warn('could not publish keepalive result', { error: errorText(error) }));
  }

  #tellWrong(client: string, { wrong }: JudgedKeepalive): void {
    this.#parts.counters.increment('keepalive_attributes_invalid');
    const attributes = wrong.slice(0, 10).join(', ').slice(0, 500);
    if (!this.#causes.isNew(`${client} ${attributes}`)) return;
    this.#parts.log.warn('keepalive attributes do not fit and are left out', { client, attributes });
  }
}
