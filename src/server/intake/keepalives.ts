import type { Settings } from '../../config/settings.ts';
import type { RegisteredClient } from '../../model/client.ts';
import type { Delivery } from '../../model/delivery.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { Counters } from '../../runtime/counters.ts';
import { TocsinError } from '../../runtime/errors.ts';
import type { Log } from '../../runtime/log.ts';
import type { Random } from '../../runtime/random.ts';
import { commitApart } from '../../state/commit-apart.ts';
import type { ClientState } from '../../state/documents.ts';
import { type Read, type Registry, writing } from '../../state/registry.ts';
import type { Views } from '../../state/views.ts';
import type { Change } from '../../store/port.ts';
import type { Incoming } from '../../transport/port.ts';
import type { Admission } from './admission.ts';
import type { AttendanceKeeper } from './attendance.ts';
import { bookCreation, type Creation, createClient, keptSignature } from './clients.ts';
import { Defects } from './defects.ts';
import { registeredClient } from './prepare.ts';
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
  log: Log;
  counters: Counters;
}

/** The keepalives of a batch by client, in order. */
type Heard = Map<string, RegisteredClient[]>;

/** The keepalives of one client that are accepted, of which the last one stays, and what they change. */
interface Accepted {
  name: string;
  keepalives: RegisteredClient[];
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
  readonly #defects: Defects;
  #begunMs: number | undefined;

  constructor(parts: KeepaliveIntakeParts) {
    this.#parts = parts;
    this.#defects = new Defects(parts);
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
    let heard = this.#sort(batch);
    for (let round = 0; heard.size > 0; round++) {
      if (round === MOST_ROUNDS) {
        throw new TocsinError(
          'WRITE_CONFLICT',
          `${heard.size} clients were changed by other writers again and again`,
        );
      }
      heard = await this.#register(heard);
    }
  }

  /** The keepalives of each client in the batch that fit the schema. */
  #sort(batch: readonly Incoming[]): Heard {
    const heard: Heard = new Map();
    for (const message of batch) {
      const keepalive = this.#admit(message);
      if (!keepalive) continue;
      const others = heard.get(keepalive.name);
      if (others) others.push(keepalive);
      else heard.set(keepalive.name, [keepalive]);
    }
    return heard;
  }

  #admit(message: Incoming): RegisteredClient | undefined {
    try {
      return this.#parts.admission.keepalive(message);
    } catch (error) {
      this.#defects.setAside('keepalive', error, {});
      return undefined;
    }
  }

  /** One round: the clients that met another writer come back, with what was accepted of them. */
  async #register(heard: Heard): Promise<Heard> {
    const { registry } = this.#parts;
    const names = [...heard.keys()];
    const reads = await registry.read('client', names);
    const unknown = names.filter((_, index) => isUnheard(reads[index]));
    const found = unknown.length > 0 ? await registry.read('signature', unknown) : [];
    const kept = new Map(unknown.map((name, index) => [name, found[index]]));
    const accepted = [...heard.values()].flatMap(
      (keepalives, index) => this.#tryAccept(keepalives, reads[index], kept.get(names[index] ?? '')) ?? [],
    );
    const { conflicts, impossible } = await commitApart(
      registry.store,
      accepted.map(({ change }) => change),
    );
    for (const { index, error } of impossible) this.#setAside(accepted[index]?.keepalives ?? [], error);
    const undone = new Set([...conflicts, ...impossible.map(({ index }) => index)]);
    this.#book(accepted.filter((_, index) => !undone.has(index)));
    return new Map(
      conflicts.flatMap((index) => {
        const undone = accepted[index];
        return undone ? [[undone.name, undone.keepalives]] : [];
      }),
    );
  }

  /** As `#accept`; keepalives that a defect of ours keeps from being judged are set aside. */
  #tryAccept(
    keepalives: readonly RegisteredClient[],
    read: Read<'client'> | undefined,
    kept: Read<'signature'> | undefined,
  ): Accepted | undefined {
    try {
      return this.#accept(keepalives, read, kept);
    } catch (error) {
      this.#setAside(keepalives, error);
      return undefined;
    }
  }

  #setAside(keepalives: readonly RegisteredClient[], error: unknown): void {
    for (const { name } of keepalives) this.#defects.setAside('keepalive', error, { client: name });
  }

  /** What the keepalives of one client change; undefined when none of them carries its signature. */
  #accept(
    keepalives: readonly RegisteredClient[],
    read: Read<'client'> | undefined,
    kept: Read<'signature'> | undefined,
  ): Accepted | undefined {
    const { attendance, clock } = this.#parts;
    if (read?.value.self) return this.#refuseSelf(keepalives);
    const known = read?.value.signature || keptSignature(kept, clock.now());
    const signed = this.#signed(keepalives, known);
    const newest = signed.at(-1);
    if (!newest) return undefined;
    const { name, signature = '' } = newest;
    const state: ClientState = {
      client: registeredClient(newest),
      signature,
      seenAttendedMs: attendance.attendedMs(),
      seenAtMs: clock.now(),
    };
    const accepted = { name, keepalives: signed };
    if (read && !isUnheard(read))
      return { ...accepted, change: { writes: [writing('client', name, state, read.revision)] } };
    const creation = this.#create(state, kept, read);
    return { ...accepted, change: creation.change, creation };
  }

  /** An agent that is called like a server would take over what that reports about itself. */
  #refuseSelf(keepalives: readonly RegisteredClient[]): undefined {
    for (const keepalive of keepalives) {
      const cause = `client ${keepalive.name}`;
      this.#parts.admission.refuse(
        'keepalives_of_server',
        'client is called like a server',
        cause,
        keepalive,
      );
    }
  }

  /** Those that carry the signature, which the first that has one pins when none is; the others are booked. */
  #signed(keepalives: readonly RegisteredClient[], known: string): RegisteredClient[] {
    const { admission } = this.#parts;
    let pinned = known;
    return keepalives.filter((keepalive) => {
      const { name, signature = '' } = keepalive;
      if (pinned === '' || pinned === signature) {
        pinned = signature;
        return true;
      }
      admission.refuse('keepalives_unsigned', 'invalid client signature', `client ${name}`, keepalive);
      return false;
    });
  }

  #create(
    state: ClientState,
    kept: Read<'signature'> | undefined,
    posted: Read<'client'> | undefined,
  ): Creation {
    const { settings, views, decide, clock, random } = this.#parts;
    const nowMs = clock.now();
    const silences = SilencesInForce.of(views, nowMs);
    const newId = (): string => random.uuid();
    return createClient(state, { settings: settings(), kept, decide, newId, silences, nowMs }, posted);
  }

  /** Keeps the books of what is committed, and hands on what is to be delivered. */
  #book(committed: readonly Accepted[]): void {
    const { counters, take } = this.#parts;
    for (const { creation, keepalives } of committed) {
      counters.increment('keepalives_taken', keepalives.length);
      if (!creation) continue;
      bookCreation(counters, this.#defects, creation);
      if (creation.deliveries.length > 0) take(creation.deliveries);
    }
  }
}

/** True for a client of which there is nothing but what the API may have put there. */
function isUnheard(read: Read<'client'> | undefined): boolean {
  return !read || read.value.posted === true;
}
