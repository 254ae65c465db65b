import type { Event, Silence } from '../../model/event.ts';

/** A silence by its id, when it has not ended; whether it has begun is not looked at. */
export type SilenceLookup = (id: string) => Silence | undefined;

/** What silences make of an event. */
export interface Silencing {
  /** Ids of those that apply, in the order in which they were looked for. */
  by: string[];
  /** Ids of those that end with this event, and therefore do not apply to it. */
  ended: string[];
}

/** True for an event that a silence can apply to: a plain OK tells nobody of a problem. */
export function canBeSilenced(action: Event['action'], status: number): boolean {
  return status !== 0 || action !== 'create';
}

/**
 * The silences of an event: for each subscription of its client those of all checks, then those of this one, and
 * last those of this check at all clients. One with `expire_on_resolve` ends with the resolve, which is told
 * therefore. (Sensu Core 1.9 documentation, "Silencing".)
 * @param now Unix seconds
 */
export function silencingOf(
  event: { subscriptions: readonly string[]; check: string; action: Event['action'] },
  find: SilenceLookup,
  now: number,
): Silencing {
  const silencing: Silencing = { by: [], ended: [] };
  const look = (id: string): void => {
    const silence = find(id);
    if (!silence) return;
    if (silence.expire_on_resolve && event.action === 'resolve') addOnce(silencing.ended, id);
    else if (silence.begin === null || silence.begin <= now) addOnce(silencing.by, id);
  };
  for (const subscription of event.subscriptions) {
    look(`${subscription}:*`);
    look(`${subscription}:${event.check}`);
  }
  look(`*:${event.check}`);
  return silencing;
}

function addOnce(ids: string[], id: string): void {
  if (!ids.includes(id)) ids.push(id);
}
