import type { Settings } from '../../config/settings.ts';
import type { CheckResult } from '../../model/check.ts';
import type { Delivery } from '../../model/delivery.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { Counters } from '../../runtime/counters.ts';
import { TocsinError } from '../../runtime/errors.ts';
import type { Log } from '../../runtime/log.ts';
import type { Random } from '../../runtime/random.ts';
import { type CommittedApart, commitApart } from '../../state/commit-apart.ts';
import { stateName } from '../../state/documents.ts';
import { type Read, type Registry, writing } from '../../state/registry.ts';
import type { Views } from '../../state/views.ts';
import type { Change } from '../../store/port.ts';
import type { Incoming } from '../../transport/port.ts';
import type { Admission } from './admission.ts';
import type { AttendanceKeeper } from './attendance.ts';
import type { ClientLimits } from './client-limits.ts';
import { bookCreation, type ClientChoice, type Creation, makeUpClient } from './clients.ts';
import { Defects } from './defects.ts';
import { subjectOf } from './prepare.ts';
import { SilencesInForce } from './silences.ts';
import { bookTelling, type Decide, type Telling } from './tell.ts';
import { decideUnit, type UnitDecision, type UnitResult } from './unit.ts';

export interface ResultIntakeParts {
  /** The settings in force. */
  settings: () => Pick<Settings, 'checks' | 'handlers'>;
  registry: Registry;
  views: Pick<Views, 'silence' | 'hasSilences'>;
  admission: Admission;
  /** What each client may send; missing: everything. */
  limits?: Pick<ClientLimits, 'admits'> | undefined;
  attendance: Pick<AttendanceKeeper, 'attendedMs'>;
  /** Decides, without touching anything, who is to be told of an event. */
  decide: Decide;
  /** Carries out deliveries whose commit has resolved. */
  take: (deliveries: readonly Delivery[]) => void;
  clock: Clock;
  random: Random;
  log: Log;
  counters: Counters;
  version: string;
  /** Name of the client under which this server reports about itself. */
  selfClient?: (() => string) | undefined;
}

/** The results of a batch by the unit of state that they concern, in order. */
type Units = Map<string, UnitResult[]>;

/** The decisions of a batch by unit of state, and what writes, in the order of the changes. */
interface Decided {
  decisions: ReadonlyMap<string, UnitDecision>;
  writers: readonly UnitDecision[];
  creations: readonly Creation[];
}

/** How often a batch is decided again because other writers came first, before it is given back whole. */
const MOST_ROUNDS = 20;

/**
 * Takes batches of results: reads the units of state they concern, decides each unit, writes all in one
 * commit, and hands on what is to be delivered. Units that met another writer are read and decided again.
 * Batches may overlap: while one becomes durable the next is decided on what the first has written.
 */
export class ResultIntake {
  readonly #parts: ResultIntakeParts;
  readonly #newId: () => string;
  readonly #defects: Defects;
  /** Settles when the batch before has begun its commit: batches are decided one after another, in order. */
  #turn: Promise<unknown> = Promise.resolve();
  /** Settles as the last commit that was begun. */
  #writing: Promise<unknown> = Promise.resolve();

  constructor(parts: ResultIntakeParts) {
    this.#parts = parts;
    this.#newId = () => parts.random.uuid();
    this.#defects = new Defects(parts);
  }

  /** Resolves when the whole batch is committed; rejects when it must be handed out again. */
  async take(batch: readonly Incoming[]): Promise<void> {
    await this.#takeAll(this.#sort(batch));
    this.#parts.counters.increment('batches');
  }

  /**
   * Takes results that we made ourselves because the last execution of their checks is too old. One whose check was
   * reported meanwhile is passed over. Resolves when they are committed; rejects as the store does.
   */
  async takeStale(results: readonly CheckResult[]): Promise<void> {
    const units: Units = new Map();
    for (const result of results) addTo(units, { result, id: undefined, redelivered: false, stale: true });
    await this.#takeAll(units);
  }

  async #takeAll(batch: Units): Promise<void> {
    let units = batch;
    for (let round = 0; units.size > 0; round++) {
      if (round === MOST_ROUNDS) {
        throw new TocsinError(
          'WRITE_CONFLICT',
          `${units.size} units of state were changed by other writers ${MOST_ROUNDS} times in a row`,
        );
      }
      units = await this.#decideAndCommit(units);
    }
  }

  /** The results of the batch that fit the schema. */
  #sort(batch: readonly Incoming[]): Units {
    const units: Units = new Map();
    for (const message of batch) {
      const result = this.#admit(message);
      const { id, redelivered, spooled } = message;
      if (result) addTo(units, { result, id, redelivered, spooled });
    }
    return units;
  }

  #admit(message: Incoming): CheckResult | undefined {
    const { admission, limits } = this.#parts;
    try {
      const result = admission.result(message);
      return result && limits?.admits(result) !== false ? result : undefined;
    } catch (error) {
      this.#defects.setAside('result', error, {});
      return undefined;
    }
  }

  /** One round: the units that met another writer come back, to be decided again. */
  async #decideAndCommit(units: Units): Promise<Units> {
    const begun = this.#turn.then(() => this.#begin(units));
    this.#turn = begun.catch(() => undefined);
    const { decided, committing } = await begun;
    const { conflicts, impossible } = await committing;
    const { decisions, writers, creations } = decided;
    const tellingAt = (index: number) => writers[index] ?? creations[index - writers.length];
    const hopeless = new Map(impossible.map(({ index, error }) => [tellingAt(index), error]));
    // A client that somebody else has created meanwhile needs nothing more: only units are decided again.
    const undone = new Set(conflicts.map(tellingAt));
    this.#book(decided, undone, hopeless);
    if (hopeless.size > 0) this.#setAside(decided, units, hopeless);
    return new Map(
      [...decisions]
        .filter(([, decision]) => undone.has(decision))
        .map(([name]) => [name, units.get(name) ?? []]),
    );
  }

  /** Reads, decides, and begins to commit. The next batch reads what this one wrote, durable or not. */
  async #begin(units: Units): Promise<{ decided: Decided; committing: Promise<CommittedApart> }> {
    const { registry, views, clock } = this.#parts;
    const names = [...units.keys()];
    const subjects = [
      ...new Set(Array.from(units.values(), ([first]) => subjectOf((first as UnitResult).result))),
    ];
    const [states, clients] = await Promise.all([
      registry.read('state', names),
      registry.read('client', subjects),
    ]);
    const unknown = subjects.filter((_, index) => !clients[index]);
    const kept = unknown.length > 0 ? await registry.read('signature', unknown) : [];
    const signatures = new Map(unknown.map((subject, index) => [subject, kept[index]]));
    const silences = SilencesInForce.of(views, clock.now());
    const choices = this.#chooseClients(subjects, clients, signatures, units, silences);
    const decisions = new Map(
      names.map((name, index) => [
        name,
        this.#decide(units.get(name) ?? [], states[index], choices, silences),
      ]),
    );
    const writers = [...decisions.values()].filter((decision) => decision.change !== null);
    if (silences) await this.#endSilences(writers);
    const creations = unknown.length > 0 ? createdBy(units, decisions, choices) : [];
    const changes = [
      ...writers.flatMap((decision) => decision.change ?? []),
      ...creations.map((creation) => creation.change),
    ];
    return { decided: { decisions, writers, creations }, committing: this.#commit(changes) };
  }

  /** What changes nothing may repeat what is being written: it is as durable as that. */
  #commit(changes: readonly Change[]): Promise<CommittedApart> {
    if (changes.length === 0) return this.#writing.then(() => ({ conflicts: [], impossible: [] }));
    const committing = commitApart(this.#parts.registry.store, changes);
    this.#writing = committing;
    // What failed is handed out again, and read anew; it says nothing of what comes then.
    committing.catch(() => {
      if (this.#writing === committing) this.#writing = Promise.resolve();
    });
    return committing;
  }

  #chooseClients(
    subjects: readonly string[],
    clients: readonly (Read<'client'> | undefined)[],
    signatures: ReadonlyMap<string, Read<'signature'> | undefined>,
    units: Units,
    silences: SilencesInForce | undefined,
  ): Map<string, ClientChoice> {
    const { settings, decide, clock, version, selfClient } = this.#parts;
    const firsts = new Map<string, CheckResult>();
    for (const [first] of units.values()) {
      const { result } = first as UnitResult;
      if (!firsts.has(subjectOf(result))) firsts.set(subjectOf(result), result);
    }
    const world = {
      ...{ settings: settings(), decide, newId: this.#newId, silences, nowMs: clock.now(), version },
      selfClient: selfClient?.(),
    };
    const choose = (subject: string, read: Read<'client'> | undefined): ClientChoice =>
      read
        ? { client: read.value.client, signature: read.value.signature }
        : makeUpClient(firsts.get(subject) as CheckResult, { ...world, kept: signatures.get(subject) });
    return new Map(subjects.map((subject, index) => [subject, choose(subject, clients[index])]));
  }

  #decide(
    results: readonly UnitResult[],
    read: Read<'state'> | undefined,
    choices: ReadonlyMap<string, ClientChoice>,
    silences: SilencesInForce | undefined,
  ): UnitDecision {
    const { settings, decide, clock, attendance } = this.#parts;
    const { result } = results[0] as UnitResult;
    const choice = choices.get(subjectOf(result)) as ClientChoice;
    return decideUnit(results, read, {
      client: choice.client,
      signature: choice.signature,
      configured: settings().checks.get(result.check.name),
      decide,
      newId: this.#newId,
      nowMs: clock.now(),
      attendedMs: attendance.attendedMs(),
      silences,
    });
  }

  /** Lets silences end in the change that resolves what they covered, unless somebody has set them anew meanwhile. */
  async #endSilences(writers: readonly UnitDecision[]): Promise<void> {
    for (const decision of writers) {
      const { change } = decision;
      if (decision.silencesEnded.length === 0 || !change) continue;
      const reads = await this.#parts.registry.read('silence', decision.silencesEnded);
      const writes = reads.flatMap((read, index) =>
        read?.value.silence.expire_on_resolve
          ? [writing('silence', decision.silencesEnded[index] ?? '', undefined, read.revision)]
          : [],
      );
      decision.change = { ...change, writes: [...change.writes, ...writes] };
    }
  }

  /** Keeps the books of what is committed, and hands on what is to be delivered. */
  #book(
    { decisions, creations }: Decided,
    undone: ReadonlySet<Telling | undefined>,
    hopeless: ReadonlyMap<Telling | undefined, unknown>,
  ): void {
    const { counters, take, admission } = this.#parts;
    const deliveries: Delivery[] = [];
    for (const creation of creations) {
      if (undone.has(creation) || hopeless.has(creation)) continue;
      bookCreation(counters, this.#defects, creation);
      deliveries.push(...creation.deliveries);
    }
    for (const decision of decisions.values()) {
      if (undone.has(decision)) {
        counters.increment('commit_conflicts');
        continue;
      }
      if (hopeless.has(decision)) continue;
      counters.increment('results_taken', decision.taken);
      counters.increment('results_repeated', decision.repeated);
      counters.increment('results_late', decision.late);
      bookTelling(counters, decision);
      for (const { result, error } of decision.setAside) this.#setAsideResult(result, error);
      for (const result of decision.unsigned) {
        admission.refuse(
          'results_unsigned',
          'invalid check result signature',
          `client ${subjectOf(result)}`,
          result,
        );
      }
      for (const delivery of decision.deliveries) deliveries.push(delivery);
    }
    if (deliveries.length > 0) take(deliveries);
  }

  /** What the store can never take goes no further, with all results of its unit. */
  #setAside(
    { decisions, creations }: Decided,
    units: Units,
    hopeless: ReadonlyMap<Telling | undefined, unknown>,
  ): void {
    for (const [name, decision] of decisions) {
      if (!hopeless.has(decision)) continue;
      for (const { result } of units.get(name) ?? []) this.#setAsideResult(result, hopeless.get(decision));
    }
    for (const creation of creations) {
      if (!hopeless.has(creation)) continue;
      this.#defects.setAside('registration', hopeless.get(creation), { client: creation.name });
    }
  }

  #setAsideResult(result: CheckResult, error: unknown): void {
    const { name, executed } = result.check;
    this.#defects.setAside('result', error, { client: subjectOf(result), check: name, executed });
  }
}

function addTo(units: Units, entry: UnitResult): void {
  const name = stateName(subjectOf(entry.result), entry.result.check.name);
  const unit = units.get(name);
  if (unit) unit.push(entry);
  else units.set(name, [entry]);
}

/** The clients that come into being because a result of theirs was taken. */
function createdBy(
  units: Units,
  decisions: ReadonlyMap<string, UnitDecision>,
  choices: ReadonlyMap<string, ClientChoice>,
): Creation[] {
  const wanted = new Set<ClientChoice>();
  for (const [name, [first]] of units) {
    if (decisions.get(name)?.taken === 0) continue;
    const choice = choices.get(subjectOf((first as UnitResult).result));
    if (choice?.create) wanted.add(choice);
  }
  return Array.from(wanted, ({ create }) => create?.()).filter((creation) => creation !== undefined);
}
