import { isDeepStrictEqual } from 'node:util';
import type { Check, CheckResult, ExecutedCheck } from '../../model/check.ts';
import type { RegisteredClient } from '../../model/client.ts';
import type { ResultId } from '../../model/taken.ts';
import { type CheckState, stateName, type TakenNumber } from '../../state/documents.ts';
import { logging, type Read, writing } from '../../state/registry.ts';
import type { Append, Change, Write } from '../../store/port.ts';
import { applyResult, judgeNumber, type Meaning, type NumberVerdict } from '../event/index.ts';
import { prepareCheck } from './prepare.ts';
import type { SilencesInForce } from './silences.ts';
import { type Decide, type Telling, tell } from './tell.ts';

/** A result that concerns a unit of state, and how it came. */
export interface UnitResult {
  result: CheckResult;
  id: ResultId | undefined;
  redelivered: boolean;
  /** True for one that we made of the last execution because it is too old: it counts while no other was reported. */
  stale?: true;
}

/** What is known when a unit is decided. */
export interface UnitFacts {
  client: RegisteredClient;
  signature: string;
  configured: Check | undefined;
  decide: Decide;
  newId: () => string;
  nowMs: number;
  /** Milliseconds attended so far. */
  attendedMs: number;
  silences: SilencesInForce | undefined;
}

/** What becomes of a unit: the change to commit (null: none), what to do after it, and the books. */
export interface UnitDecision extends Telling {
  change: Change | null;
  taken: number;
  repeated: number;
  late: number;
  /** Ids of silences that end with the change. */
  silencesEnded: string[];
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
    events: 0,
    filtered: 0,
    failed: 0,
    taken: 0,
    repeated: 0,
    late: 0,
    silencesEnded: [],
    unsigned: [],
  };
  const writes: Write[] = [];
  const appends: Append[] = [];
  let state = read?.value;
  for (const entry of results) {
    const judged = judge(entry, state, facts.signature);
    if (judged.verdict === 'unsigned') decision.unsigned.push(entry.result);
    else if (judged.verdict === 'overtaken') continue;
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
): NumberVerdict | { verdict: 'unsigned' } | { verdict: 'overtaken' } {
  if (signature !== '' && entry.result.signature !== signature) return { verdict: 'unsigned' };
  const taken = state?.taken ?? NOTHING_TAKEN;
  if (entry.stale)
    return isOvertaken(entry.result.check, state) ? { verdict: 'overtaken' } : { verdict: 'new', taken };
  if (entry.id) return judgeNumber(taken, entry.id);
  const again = state !== undefined && entry.redelivered && saysTheSame(entry.result.check, state.check);
  return again ? { verdict: 'repeat' } : { verdict: 'new', taken };
}

/** Whether something else was reported since a stale result was made; nobody sent that one, so nothing is lost. */
function isOvertaken(check: ExecutedCheck, state: CheckState | undefined): boolean {
  return state?.check.executed !== check.executed || state?.check.force_resolve === true;
}

/** When the last execution was reported: now, unless a server made this result of an earlier one. */
function reportedAt(entry: UnitResult, state: CheckState | undefined, facts: UnitFacts): number | undefined {
  const made = entry.stale || entry.result.check.force_resolve === true;
  return made && state ? state.takenAttendedMs : facts.attendedMs;
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
    stale: entry.stale,
    newId: facts.newId,
    taken,
    takenAttendedMs: reportedAt(entry, state, facts),
    silences: facts.silences?.find,
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
  for (const id of meaning.silencesEnded) {
    facts.silences?.end(id);
    decision.silencesEnded.push(id);
  }
  if (meaning.event) tell(meaning.event, facts, decision, writes, appends);
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
