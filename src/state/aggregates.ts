import { SEVERITIES, type Severity, severityOf } from '../model/severity.ts';
import { type CheckState, stateName } from './documents.ts';
import type { Registry } from './registry.ts';
import { update } from './update.ts';
import { hasResult, type NamedState, type Views } from './views.ts';

type Members = Pick<Views, 'members'>;

/** How many results of an aggregate there are of each severity. */
export interface AggregateSummary {
  clients: number;
  checks: number;
  results: Record<Severity, number> & {
    /** All but the stale ones. */
    total: number;
    /** Results older than was asked for; they count nowhere else. */
    stale: number;
  };
}

/** The results of one check in an aggregate that have one severity, by what they said. */
export interface CheckSummary {
  check: string;
  summary: { output: string; total: number; clients: string[] }[];
}

/** Documents of one commit. */
const SLICE = 500;

/** The members of an aggregate that have a result; none for an aggregate that does not exist. */
export function* aggregateMembers(views: Members, name: string): Generator<NamedState> {
  for (const member of views.members(name)) {
    if (hasResult(member.state)) yield member;
  }
}

/**
 * Counts an aggregate.
 * @param since Unix seconds; results that were executed before are stale. Undefined: none is
 * @returns undefined when it has no members
 */
export function summarizeAggregate(
  views: Members,
  name: string,
  since: number | undefined,
): AggregateSummary | undefined {
  const clients = new Set<string>();
  const checks = new Set<string>();
  const results = { ok: 0, warning: 0, critical: 0, unknown: 0, total: 0, stale: 0 };
  for (const { client, check, state } of aggregateMembers(views, name)) {
    clients.add(client);
    checks.add(check);
    if (isStale(state, since)) results.stale++;
    else {
      results[severityOf(state.check.status)]++;
      results.total++;
    }
  }
  return clients.size === 0 ? undefined : { clients: clients.size, checks: checks.size, results };
}

/**
 * Names of one side of the members with the names of the other: clients with their checks, or checks with their
 * clients, in the order in which they became members.
 */
export function groupAggregate(views: Members, name: string, by: 'client' | 'check'): Map<string, string[]> {
  const groups = new Map<string, string[]>();
  for (const member of aggregateMembers(views, name)) {
    const other = by === 'client' ? member.check : member.client;
    const group = groups.get(member[by]);
    if (group) group.push(other);
    else groups.set(member[by], [other]);
  }
  return groups;
}

/**
 * The results of one severity, by check and by what they said. `unknown` is status 3 alone.
 * @param since as for `summarizeAggregate`; stale results are left out
 * @returns undefined when the aggregate has no members
 */
export function aggregateResults(
  views: Members,
  name: string,
  severity: Severity,
  since: number | undefined,
): CheckSummary[] | undefined {
  const checks = new Map<string, Map<string, string[]>>();
  let members = 0;
  for (const { client, check, state } of aggregateMembers(views, name)) {
    members++;
    if (SEVERITIES[state.check.status] !== severity || isStale(state, since)) continue;
    const outputs = checks.get(check) ?? new Map<string, string[]>();
    checks.set(check, outputs);
    const clients = outputs.get(state.check.output);
    if (clients) clients.push(client);
    else outputs.set(state.check.output, [client]);
  }
  if (members === 0) return undefined;
  return Array.from(checks, ([check, outputs]) => ({
    check,
    summary: Array.from(outputs, ([output, clients]) => ({ output, total: clients.length, clients })),
  }));
}

/**
 * Takes all members out of an aggregate, until their next results name it again.
 * @returns false when it has none. The store's errors, and WRITE_CONFLICT.
 */
export async function deleteAggregate(
  { registry, views }: { registry: Registry; views: Members },
  name: string,
): Promise<boolean> {
  const members = Array.from(views.members(name), ({ client, check }) => stateName(client, check));
  let left = 0;
  for (let start = 0; start < members.length; start += SLICE) {
    left += await update(registry, 'state', members.slice(start, start + SLICE), (state) =>
      state?.aggregates?.includes(name) ? without(state, name) : 'keep',
    );
  }
  return left > 0;
}

function without({ aggregates = [], ...state }: CheckState, name: string): CheckState {
  const others = aggregates.filter((aggregate) => aggregate !== name);
  return others.length === 0 ? state : { ...state, aggregates: others };
}

/** A result that does not say when it was executed is never stale. */
function isStale({ check: { executed } }: CheckState, since: number | undefined): boolean {
  return since !== undefined && executed !== undefined && executed < since;
}
