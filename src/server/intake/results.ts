import type { Check, CheckResult } from '../../model/check.ts';
import type { Delivery } from '../../model/delivery.ts';
import type { Event } from '../../model/event.ts';
import type { Clock } from '../../runtime/clock.ts';
import { unixSeconds } from '../../runtime/clock.ts';
import type { Counters } from '../../runtime/counters.ts';
import { TocsinError } from '../../runtime/errors.ts';
import type { Log } from '../../runtime/log.ts';
import type { Random } from '../../runtime/random.ts';
import { stateName } from '../../state/documents.ts';
import type { Read, Registry } from '../../state/registry.ts';
import type { Committed } from '../../store/port.ts';
import type { Incoming } from '../../transport/port.ts';
import type { Admission } from './admission.ts';
import { type ClientChoice, chooseClient } from './clients.ts';
import { subjectOf } from './prepare.ts';
import { type DeliveryDecision, decideUnit, type UnitDecision, type UnitResult } from './unit.ts';

export interface ResultIntakeParts {
  checks: ReadonlyMap<string, Check>;
  registry: Registry;
  admission: Admission;
  /** Decides, without touching anything, who is to be told of an event. */
  decide: (event: Event) => DeliveryDecision;
  /** Carries out deliveries whose commit has resolved. */
  take: (deliveries: readonly Delivery[]) => void;
  clock: Clock;
  random: Random;
  log: Log;
  counters: Counters;
  version: string;
}

/** The decisions of a batch by unit of state, and those of them that write, in the order of their changes. */
interface Decided {
  decisions: ReadonlyMap<string, UnitDecision>;
  writers: readonly UnitDecision[];
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
  /** Settles when the batch before has begun its commit: batches are decided one after another, in order. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(parts: ResultIntakeParts) {
    this.#parts = parts;
    this.#newId = () => parts.random.uuid();
  }

  /** Resolves when the whole batch is committed; rejects when it must be handed out again. */
  async take(batch: readonly Incoming[]): Promise<void> {
    let units = this.#sort(batch);
    for (let round = 0; units.size > 0; round++) {
      if (round === MOST_ROUNDS) {
        throw new TocsinError(
          'WRITE_CONFLICT',
          `${units.size} units of state were changed by other writers ${MOST_ROUNDS} times in a row`,
        );
      }
      units = await this.#decideAndCommit(units);
    }
    this.#parts.counters.increment('batches');
  }

  /** The results of the batch that fit the schema, by the unit of state they concern, in order. */
  #sort(batch: readonly Incoming[]): Map<string, UnitResult[]> {
    const units = new Map<string, UnitResult[]>();
    for (const message of batch) {
      const result = this.#parts.admission.result(message);
      if (!result) continue;
      const name = stateName(subjectOf(result), result.check.name);
      const unit = units.get(name);
      const entry = { result, id: message.id, redelivered: message.redelivered };
      if (unit) unit.push(entry);
      else units.set(name, [entry]);
    }
    return units;
  }

  /** One round: the units that met another writer come back, to be decided again. */
  async #decideAndCommit(units: Map<string, UnitResult[]>): Promise<Map<string, UnitResult[]>> {
    const begun = this.#turn.then(() => this.#begin(units));
    this.#turn = begun.catch(() => undefined);
    const { decided, committing } = await begun;
    const { conflicts } = await committing;
    // A client that somebody else has created meanwhile needs nothing more, so its conflict is none.
    const undone = new Set(conflicts.map((index) => decided.writers[index]));
    this.#book(decided.decisions, undone);
    return new Map(
      [...decided.decisions]
        .filter(([, decision]) => undone.has(decision))
        .map(([name]) => [name, units.get(name) ?? []]),
    );
  }

  /** Reads, decides, and begins to commit. The next batch reads what this one wrote, durable or not. */
  async #begin(
    units: Map<string, UnitResult[]>,
  ): Promise<{ decided: Decided; committing: Promise<Committed> }> {
    const { registry } = this.#parts;
    const names = [...units.keys()];
    const subjects = [
      ...new Set(Array.from(units.values(), ([first]) => subjectOf((first as UnitResult).result))),
    ];
    const [states, clients] = await Promise.all([
      registry.read('state', names),
      registry.read('client', subjects),
    ]);
    const choices = this.#chooseClients(subjects, clients, units);
    const decisions = new Map(
      names.map((name, index) => [name, this.#decide(units.get(name) ?? [], states[index], choices)]),
    );
    const writers = [...decisions.values()].filter((decision) => decision.change !== null);
    const changes = writers.flatMap((decision) => decision.change ?? []);
    const creations = [...choices.values()].flatMap((choice) => choice.creation ?? []);
    return { decided: { decisions, writers }, committing: registry.store.commit([...changes, ...creations]) };
  }

  #chooseClients(
    subjects: readonly string[],
    clients: readonly (Read<'client'> | undefined)[],
    units: ReadonlyMap<string, readonly UnitResult[]>,
  ): Map<string, ClientChoice> {
    const firsts = new Map<string, CheckResult>();
    for (const [first] of units.values()) {
      const { result } = first as UnitResult;
      if (!firsts.has(subjectOf(result))) firsts.set(subjectOf(result), result);
    }
    const now = unixSeconds(this.#parts.clock);
    return new Map(
      subjects.map((subject, index) => [
        subject,
        chooseClient(clients[index], firsts.get(subject) as CheckResult, this.#parts.version, now),
      ]),
    );
  }

  #decide(
    results: readonly UnitResult[],
    read: Read<'state'> | undefined,
    choices: ReadonlyMap<string, ClientChoice>,
  ): UnitDecision {
    const { result } = results[0] as UnitResult;
    const choice = choices.get(subjectOf(result)) as ClientChoice;
    return decideUnit(results, read, {
      client: choice.client,
      signature: choice.signature,
      configured: this.#parts.checks.get(result.check.name),
      decide: this.#parts.decide,
      newId: this.#newId,
      nowMs: this.#parts.clock.now(),
    });
  }

  /** Keeps the books of what is committed, and hands on what is to be delivered. */
  #book(decisions: ReadonlyMap<string, UnitDecision>, undone: ReadonlySet<UnitDecision | undefined>): void {
    const { counters, take, admission } = this.#parts;
    const deliveries: Delivery[] = [];
    for (const decision of decisions.values()) {
      if (undone.has(decision)) {
        counters.increment('commit_conflicts');
        continue;
      }
      counters.increment('results_taken', decision.taken);
      counters.increment('results_repeated', decision.repeated);
      counters.increment('results_late', decision.late);
      counters.increment('events', decision.events);
      counters.increment('deliveries_filtered', decision.filtered);
      counters.increment('deliveries_failed', decision.failed);
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
}
