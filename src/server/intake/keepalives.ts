import type { RegisteredClient } from '../../model/client.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { Counters } from '../../runtime/counters.ts';
import { TocsinError } from '../../runtime/errors.ts';
import type { ClientState } from '../../state/documents.ts';
import { type Read, type Registry, writing } from '../../state/registry.ts';
import type { Incoming } from '../../transport/port.ts';
import type { Admission } from './admission.ts';
import type { AttendanceKeeper } from './attendance.ts';
import { registeredClient } from './prepare.ts';

export interface KeepaliveIntakeParts {
  registry: Registry;
  admission: Admission;
  attendance: AttendanceKeeper;
  clock: Clock;
  counters: Counters;
}

const MOST_ROUNDS = 20;
/** A commit that takes longer than this is not a slow one any more. */
const STUCK_MS = 3000;

/**
 * Takes batches of keepalives: each replaces what the registry knew of its client, pins the first
 * signature, and notes when the client was last heard, by the server's own time.
 */
export class KeepaliveIntake {
  readonly #parts: KeepaliveIntakeParts;
  #begunMs: number | undefined;

  constructor(parts: KeepaliveIntakeParts) {
    this.#parts = parts;
  }

  /** True while a batch waits for a store that does not answer: keepalives behind it are not heard. */
  get stuck(): boolean {
    return this.#begunMs !== undefined && this.#parts.clock.elapsed() - this.#begunMs > STUCK_MS;
  }

  /** Resolves when the whole batch is committed; rejects when it must be handed out again. */
  async take(batch: readonly Incoming[]): Promise<void> {
    this.#begunMs = this.#parts.clock.elapsed();
    try {
      await this.#takeAll(batch);
    } finally {
      this.#begunMs = undefined;
    }
  }

  async #takeAll(batch: readonly Incoming[]): Promise<void> {
    let newest = this.#newest(batch);
    for (let round = 0; newest.size > 0; round++) {
      if (round === MOST_ROUNDS) {
        throw new TocsinError(
          'WRITE_CONFLICT',
          `${newest.size} clients were changed by other writers again and again`,
        );
      }
      newest = await this.#register(newest);
    }
  }

  /** The last keepalive of each client in the batch. */
  #newest(batch: readonly Incoming[]): Map<string, RegisteredClient> {
    const newest = new Map<string, RegisteredClient>();
    for (const message of batch) {
      const keepalive = this.#parts.admission.keepalive(message);
      if (keepalive) newest.set(keepalive.name, keepalive);
    }
    return newest;
  }

  async #register(newest: Map<string, RegisteredClient>): Promise<Map<string, RegisteredClient>> {
    const { registry, admission, counters } = this.#parts;
    const keepalives = [...newest.values()];
    const reads = await registry.read('client', [...newest.keys()]);
    const accepted: RegisteredClient[] = [];
    const changes = keepalives.flatMap((keepalive, index) => {
      const read = reads[index];
      const state = this.#stateOf(keepalive, read);
      if (!state) {
        admission.refuse(
          'keepalives_unsigned',
          'invalid client signature',
          `client ${keepalive.name}`,
          keepalive,
        );
        return [];
      }
      accepted.push(keepalive);
      return [{ writes: [writing('client', keepalive.name, state, read?.revision ?? 'absent')] }];
    });
    const { conflicts } = await registry.store.commit(changes);
    counters.increment('keepalives_taken', changes.length - conflicts.length);
    return new Map(
      conflicts.map((index) => accepted[index] as RegisteredClient).map((client) => [client.name, client]),
    );
  }

  /** The client as it is kept from now on; undefined when the keepalive does not carry its signature. */
  #stateOf(keepalive: RegisteredClient, read: Read<'client'> | undefined): ClientState | undefined {
    const pinned = read?.value.signature ?? '';
    const signature = keepalive.signature ?? '';
    if (pinned !== '' && pinned !== signature) return undefined;
    return {
      client: registeredClient(keepalive),
      signature,
      seenAttendedMs: this.#parts.attendance.attendedMs(),
      seenAtMs: this.#parts.clock.now(),
    };
  }
}
