import type { Settings } from '../../config/settings.ts';
import type { RegisteredClient } from '../../model/client.ts';
import type { Delivery } from '../../model/delivery.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { Counters } from '../../runtime/counters.ts';
import { TocsinError } from '../../runtime/errors.ts';
import type { Random } from '../../runtime/random.ts';
import type { ClientState } from '../../state/documents.ts';
import { type Read, type Registry, writing } from '../../state/registry.ts';
import type { Views } from '../../state/views.ts';
import type { Change } from '../../store/port.ts';
import type { Incoming } from '../../transport/port.ts';
import type { Admission } from './admission.ts';
import type { AttendanceKeeper } from './attendance.ts';
import { type Creation, createClient, keptSignature } from './clients.ts';
import { registeredClient } from './prepare.ts';
import { bookTelling } from './results.ts';
import { SilencesInForce } from './silences.ts';
import type { Decide } from './tell.ts';

export interface KeepaliveIntakeParts {
  /** The settings in force. */
  settings: () => Pick<Settings, 'handlers'>;
  registry: Registry;
  views: Pick<Views, 'silence' | 'hasSilences'>;
  admission: Admission;
  attendance: AttendanceKeeper;
  /** Decides, without touching anything, who is to be told of an event. */
  decide: Decide;
  /** Carries out deliveries whose commit has resolved. */
  take: (deliveries: readonly Delivery[]) => void;
  clock: Clock;
  random: Random;
  counters: Counters;
}

/** A keepalive that is accepted, and what it changes. */
interface Accepted {
  keepalive: RegisteredClient;
  change: Change;
  /** Set when its client comes into being. */
  creation?: Creation;
}

const MOST_ROUNDS = 20;
/** A commit that takes longer than this is not a slow one any more. */
const STUCK_MS = 3000;

/**
 * Takes batches of keepalives: each replaces what the registry knew of its client, pins the first
 * signature, and notes when the client was last heard, by the server's own time. Of new clients it is told.
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
    const { registry } = this.#parts;
    const names = [...newest.keys()];
    const reads = await registry.read('client', names);
    const unknown = names.filter((_, index) => !reads[index]);
    const found = unknown.length > 0 ? await registry.read('signature', unknown) : [];
    const kept = new Map(unknown.map((name, index) => [name, found[index]]));
    const accepted = [...newest.values()].flatMap(
      (keepalive, index) => this.#accept(keepalive, reads[index], kept.get(keepalive.name)) ?? [],
    );
    const { conflicts } = await registry.store.commit(accepted.map(({ change }) => change));
    this.#book(accepted.filter((_, index) => !conflicts.includes(index)));
    const undone = conflicts.flatMap((index) => accepted[index]?.keepalive ?? []);
    return new Map(undone.map((client) => [client.name, client]));
  }

  /** What a keepalive changes; undefined, and booked, when it does not carry its client's signature. */
  #accept(
    keepalive: RegisteredClient,
    read: Read<'client'> | undefined,
    kept: Read<'signature'> | undefined,
  ): Accepted | undefined {
    const { admission, attendance, clock } = this.#parts;
    const { name, signature = '' } = keepalive;
    const pinned = read ? read.value.signature : keptSignature(kept, clock.now());
    if (pinned !== '' && pinned !== signature) {
      admission.refuse('keepalives_unsigned', 'invalid client signature', `client ${name}`, keepalive);
      return undefined;
    }
    const state: ClientState = {
      client: registeredClient(keepalive),
      signature,
      seenAttendedMs: attendance.attendedMs(),
      seenAtMs: clock.now(),
    };
    if (read) return { keepalive, change: { writes: [writing('client', name, state, read.revision)] } };
    const creation = this.#create(state, kept);
    return { keepalive, change: creation.change, creation };
  }

  #create(state: ClientState, kept: Read<'signature'> | undefined): Creation {
    const { settings, views, decide, clock, random } = this.#parts;
    const nowMs = clock.now();
    const silences = SilencesInForce.of(views, nowMs);
    const newId = (): string => random.uuid();
    return createClient(state, { settings: settings(), kept, decide, newId, silences, nowMs });
  }

  /** Keeps the books of what is committed, and hands on what is to be delivered. */
  #book(committed: readonly Accepted[]): void {
    const { counters, take } = this.#parts;
    counters.increment('keepalives_taken', committed.length);
    for (const { creation } of committed) {
      if (!creation) continue;
      bookTelling(counters, creation);
      if (creation.deliveries.length > 0) take(creation.deliveries);
    }
  }
}
