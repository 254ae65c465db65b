import { isDeepStrictEqual } from 'node:util';
import type { Check, CheckResult, ExecutedCheck } from '../../model/check.ts';
import type { RegisteredClient } from '../../model/client.ts';
import type { Delivery, DeliveryRecord } from '../../model/delivery.ts';
import type { Event } from '../../model/event.ts';
import type { ResultId } from '../../model/taken.ts';
import { type CheckState, stateName, type TakenNumber } from '../../state/documents.ts';
import { logging, type Read, writing } from '../../state/registry.ts';
import type { Append, Change, Write } from '../../store/port.ts';
import { applyResult, judgeNumber, type Meaning, type NumberVerdict } from '../event/index.ts';
import { prepareCheck } from './prepare.ts';

/** What becomes of an event: the deliveries that are due, and the records of those that are held back. */
export interface DeliveryDecision {
  deliveries: readonly Delivery[];
  records: readonly DeliveryRecord[];
}

/** A result that concerns a unit of state, and how it came. */
export interface UnitResult {
  result: CheckResult;
  id: ResultId | undefined;
  redelivered: boolean;
}

/** What is known when a unit is decided. */
export interface UnitFacts {
  client: RegisteredClient;
  signature: string;
  configured: Check | undefined;
  decide: (event: Event) => DeliveryDecision;
  newId: () => string;
  nowMs: number;
}

/** What becomes of a unit: the change to commit (null: none), what to do after it, and the books. */
export interface UnitDecision {
  change: Change | null;
  deliveries: Delivery[];
  taken: number;
  repeated: number;
  late: number;
  events: number;
  filtered: number;
  failed: number;
  /** Results that did not carry the client's signature. */
  unsigned: CheckResult[];
}

/** Applies the results of one unit, one after another, and gathers what is to be written. */
export function decideUnit(
  results: readonly UnitResult[],
  read: Read<'state'> | undefined,
  facts: UnitFacts,
): UnitDecision {
  const decision: UnitDecision = {
    change: null,
    deliveries: [],
    taken: 0,
    repeated: 0,
    late: 0,
    events: 0,
    filtered: 0,
    failed: 0,
    unsigned: [],
  };
  const writes: Write[] = [];
  const appends: Append[] = [];
  let state = read?.value;
  for (const entry of results) {
    const judged = judge(entry, state, facts.signature);
    if (judged.verdict === 'unsigned') decision.unsigned.push(entry.result);
    else if (judged.verdict === 'repeat') decision.repeated++;
    else if (judged.verdict === 'late') {
      decision.late++;
      appends.push(logLate(entry.result, facts));
    } else {
      const meaning = meaningOf(entry, state, judged.taken, facts);
      state = meaning.state;
      decision.taken++;
      book(meaning, facts, decision, writes, appends);
    }
  }
  const first = results[0] as UnitResult;
  const name = stateName(facts.client.name, first.result.check.name);
  if (state && state !== read?.value)
    writes.unshift(writing('state', name, state, read?.revision ?? 'absent'));
  if (writes.length > 0 || appends.length > 0) decision.change = { writes, appends };
  return decision;
}

/** Nothing taken yet. */
const NOTHING_TAKEN: readonly TakenNumber[] = [];

/** Whether a result is to be taken, and the numbers to remember then. */
function judge(
  entry: UnitResult,
  state: CheckState | undefined,
  signature: string,
): NumberVerdict | { verdict: 'unsigned' } {
  if (signature !== '' && entry.result.signature !== signature) return { verdict: 'unsigned' };
  const taken = state?.taken ?? NOTHING_TAKEN;
  if (entry.id) return judgeNumber(taken, entry.id);
  const again = state !== undefined && entry.redelivered && saysTheSame(entry.result.check, state.check);
  return again ? { verdict: 'repeat' } : { verdict: 'new', taken };
}

/** Whether every attribute of the result stands in what was stored last; the output may have been cut. */
function saysTheSame(check: ExecutedCheck, stored: ExecutedCheck): boolean {
  return Object.entries(check).every(
    ([key, value]) => key === 'output' || key === 'command' || isDeepStrictEqual(value, stored[key]),
  );
}

function meaningOf(
  entry: UnitResult,
  state: CheckState | undefined,
  taken: readonly TakenNumber[],
  facts: UnitFacts,
): Meaning {
  return applyResult(state, {
    client: facts.client,
    check: prepareCheck(entry.result, facts.configured, facts.client),
    now: Math.floor(facts.nowMs / 1000),
    newId: facts.newId,
    taken,
  });
}

function book(
  meaning: Meaning,
  facts: UnitFacts,
  decision: UnitDecision,
  writes: Write[],
  appends: Append[],
): void {
  const { nowMs, client } = facts;
  const check = meaning.state.check.name;
  if (meaning.transition) appends.push(logging('transitions', client.name, check, nowMs, meaning.transition));
  if (meaning.day) appends.push(logging('days', client.name, check, nowMs, meaning.day));
  if (!meaning.event) return;
  decision.events++;
  const { deliveries, records } = facts.decide(meaning.event);
  for (const delivery of deliveries) {
    writes.push(writing('delivery', delivery.id, delivery, 'absent'));
    decision.deliveries.push(delivery);
  }
  for (const record of records) {
    appends.push(logging('deliveries', client.name, check, nowMs, record));
    if (record.outcome === 'filtered') decision.filtered++;
    else decision.failed++;
  }
}

/** A late result changes no state; that it came is told in the log. */
function logLate(result: CheckResult, facts: UnitFacts): Append {
  const { check } = result;
  return logging('transitions', facts.client.name, check.name, facts.nowMs, {
    timestamp: check.executed ?? Math.floor(facts.nowMs / 1000),
    status: check.status,
    from: null,
    action: null,
    event_id: null,
    output: check.output.slice(0, 500),
    late: true,
  });
}
