import { isName } from '../../../model/names.ts';
import { hasEnded, splitStateName } from '../../../state/documents.ts';
import { hasResult } from '../../../state/views.ts';
import type { V1Parts } from '../route.ts';
import type { ActionName, ActionSubject } from './wish.ts';

type Known = (name: string, parts: V1Parts) => boolean;

const state = ({ views }: V1Parts, name: string) => {
  const { client, check } = splitStateName(name);
  return views.state(client, check);
};

/** Whether there is something of that name. */
const KNOWN: Readonly<Record<ActionSubject, Known>> = {
  clients: (name, { views }) => views.client(name) !== undefined,
  events: (name, parts) => state(parts, name)?.event != null,
  results: (name, parts) => {
    const found = state(parts, name);
    return found !== undefined && hasResult(found);
  },
  checks: (name, { settings }) => settings.checks.has(name),
  silences: (name, { views, clock }) => {
    const found = views.silence(name);
    return found !== undefined && !hasEnded(found, clock.now());
  },
};

/** The names that an action would hit, each once, and the others. A silence may name a check that runs elsewhere. */
export function targetsOf(
  parts: V1Parts,
  action: ActionName,
  subject: ActionSubject,
  names: readonly string[],
): { known: string[]; unknown: string[] } {
  const isKnown = subject === 'checks' && action !== 'request' ? isName : KNOWN[subject];
  const known: string[] = [];
  const unknown: string[] = [];
  for (const name of new Set(names)) (isKnown(name, parts) ? known : unknown).push(name);
  return { known, unknown };
}
