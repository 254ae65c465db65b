import { quoted } from '../../../model/attributes.ts';
import type { Event } from '../../../model/event.ts';
import { type Ask, type OpenEvents, PASSES } from './answer.ts';

export const CHECK_DEPENDENCIES = 'check_dependencies';

const SUBSCRIPTION = 'subscription:';
/** Entries of `check.dependencies` that are looked at; a peer's check can list anything. */
const MOST_DEPENDENCIES = 100;
const LONGEST_SHOWN = 80;

/**
 * Holds an event back while one that it depends on is open. `check.dependencies` lists `check` (of the same client),
 * `client/check`, or `subscription:name/check` (of any client with that subscription). What is no such text holds
 * nothing back. (Sensu Core 1.9 documentation, "Filters", the built-in filter `check_dependencies`.)
 */
export const checkDependencies: Ask = (event, { events }) => {
  const { dependencies } = event.check;
  if (!Array.isArray(dependencies) || dependencies.length === 0) return PASSES;
  if (!events) throw new Error('nothing is known here of other events');
  for (const dependency of dependencies.slice(0, MOST_DEPENDENCIES)) {
    const open = typeof dependency === 'string' ? openOne(dependency, event, events) : undefined;
    if (!open) continue;
    const which = `check ${open.check.name} of client ${open.client.name}`;
    const why = `it depends on ${quoted(dependency, LONGEST_SHOWN)}, and ${which} has an open event`;
    const seen = { attribute: 'check.dependencies', value: dependency.slice(0, LONGEST_SHOWN) };
    return { held: { by: CHECK_DEPENDENCIES, why, seen } };
  }
  return PASSES;
};

/** The open event that a dependency leads to. No check has a `/` in its name. */
function openOne(dependency: string, event: Event, events: OpenEvents): Event | undefined {
  const slash = dependency.lastIndexOf('/');
  const check = dependency.slice(slash + 1);
  if (slash < 0) return events.state(event.client.name, check)?.event ?? undefined;
  const where = dependency.slice(0, slash);
  if (!where.startsWith(SUBSCRIPTION)) return events.state(where, check)?.event ?? undefined;
  return withSubscription(where.slice(SUBSCRIPTION.length), check, events);
}

function withSubscription(subscription: string, check: string, events: OpenEvents): Event | undefined {
  for (const open of events.eventsOf(check)) {
    const { subscriptions } = open.client;
    if (Array.isArray(subscriptions) && subscriptions.includes(subscription)) return open;
  }
  return undefined;
}
