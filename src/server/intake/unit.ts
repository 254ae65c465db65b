import { isDeepStrictEqual } from 'node:util';
import type { Check, CheckResult, ExecutedCheck } from '../../model/check.ts';
import type { RegisteredClient } from '../../model/client.ts';
import type { ResultId } from '../../model/taken.ts';
import { type CheckState, stateName, type TakenNumber } from '../../state/documents.ts';
import { logging, type Read, writing } from '../../state/registry.ts';
import type { Append, Change, Write } from '../../store/port.ts';
import { applyResult, judgeNumber, type Meaning, type NumberVerdict, withPoint } from '../event/index.ts';
import { judgeLate } from './late.ts';
import { prepareCheck } from './prepare.ts';
import type { SilencesInForce } from './silences.ts';
import { type Decide, type Telling, tell } from './tell.ts';

/** A result that concerns a unit of state, and how it came. */
export interface UnitResult {
  result: CheckResult;
  id: ResultId | undefined;
  redelivered: boolean;
  /** True for one that waited on disk at its agent. */
  spooled?: true | undefined;
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
  /** Results whose judgement threw: nothing came of them, and the others are as if they had not come. */
  setAside: { result: CheckResult; error: unknown }[];
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
    setAside: [],
  };
  const writes: Write[] = [];
  const appends: Append[] = [];
  let state = read?.value;
  for (const entry of results) {
    try {
      state = applyEntry(entry, state, facts, decision, writes, appends);
    } catch (error) {
      decision.setAside.push({ result: entry.result, error });
    }
  }
  const first = results[0] as UnitResult;
  const name = stateName(facts.client.name, first.result.check.name);
  if (state && state !== read?.value)
    writes.unshift(writing('state', name, state, read?.revision ?? 'absent'));
  if (writes.length > 0 || appends.length > 0) decision.change = { writes, appends };
  return decision;
}

/** Applies one result and returns the state behind it. When it throws, it has added nothing. */
function applyEntry(
  entry: UnitResult,
  state: CheckState | undefined,
  facts: UnitFacts,
  decision: UnitDecision,
  writes: Write[],
  appends: Append[],
): CheckState | undefined {
  const judged = judge(entry, state, facts.signature);
  if (judged.verdict === 'new') {
    const meaning = meaningOf(entry, state, judged.taken, facts);
    book(meaning, facts, decision, writes, appends);
    decision.taken++;
    return meaning.state;
  }
  if (judged.verdict === 'unsigned') decision.unsigned.push(entry.result);
  else if (judged.verdict === 'repeat') decision.repeated++;
  else if (judged.verdict === 'late') {
    const { result, id } = entry;
    const check = prepareCheck(result, facts.configured, facts.client);
    const late = judgeLate(judged.taken, id?.agent, { ...facts, check });
    appends.push(...late.appends);
    decision.late++;
    if (state && late.taken !== state.taken) return { ...state, taken: late.taken };
  }
  return state;
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
  const overtaken = entry.spooled === true && wasOvertaken(entry.result.check, state);
  if (entry.id) {
    const arrival = overtaken ? 'overtaken' : entry.spooled ? 'spooled' : 'live';
    return judgeWithGap(judgeNumber(taken, entry.id, arrival), state);
  }
  if (overtaken) return { verdict: 'late', taken };
  const again = state !== undefined && entry.redelivered && saysTheSame(entry.result.check, state.check);
  return again ? { verdict: 'repeat' } : { verdict: 'new', taken };
}

/** Where results are missing now, what the check was like before them is remembered. */
function judgeWithGap(judged: NumberVerdict, state: CheckState | undefined): NumberVerdict {
  if (judged.verdict !== 'new' || !judged.gap) return judged;
  return { verdict: 'new', taken: withPoint(judged.taken, state?.check) };
}

/** Whether a newer execution was reported before a result that waited on disk. */
function wasOvertaken({ executed }: ExecutedCheck, state: CheckState | undefined): boolean {
  const newest = state?.check.executed;
  return executed !== undefined && newest !== undefined && executed < newest;
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
  // First, since only this may throw.
  if (meaning.event) tell(meaning.event, facts, decision, writes, appends);
  if (meaning.transition) appends.push(logging('transitions', client.name, check, nowMs, meaning.transition));
  if (meaning.day) appends.push(logging('days', client.name, check, nowMs, meaning.day));
  for (const id of meaning.silencesEnded) {
    facts.silences?.end(id);
    decision.silencesEnded.push(id);
  }
}
