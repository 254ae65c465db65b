import { isAttributes, memberOf, pathText } from '../../model/attributes.ts';
import type { FilteredBy } from '../../model/delivery.ts';
import type { Event } from '../../model/event.ts';
import type { Filter, Handler } from '../../model/handler.ts';
import { matchAttributes } from '../../model/match.ts';
import { foundText } from '../../model/problems.ts';
import type { Attributes } from '../../model/schema.ts';
import { SEVERITIES, type Severity, severityOf } from '../../model/severity.ts';
import type { FilterPlugin, PluginContext } from '../../plugin.ts';
import { errorText } from '../../runtime/errors.ts';
import { firstCharacters, firstLine, keptValue } from './record.ts';
import { type PipelineRules, pluginNamed, pluginOptions } from './rules.ts';

/** One filter of a handler, made ready. `judge` says why it holds the event back, or null; it may throw. */
interface PlannedFilter {
  name: string;
  judge: (event: Event, context: PluginContext) => FilteredBy | null;
}

/** Everything that a handler asks of an event before it is told, made ready. */
export interface Gate {
  handleFlapping: boolean;
  handleSilenced: boolean;
  severities: { admits: (status: unknown) => boolean; names: string } | undefined;
  filters: readonly PlannedFilter[];
}

/** What a handler's gate said of an event. `error`: filters that could not judge it, and so let it pass. */
export interface Verdict {
  filtered: FilteredBy | null;
  error: string | undefined;
}

const PASSED: Verdict = { filtered: null, error: undefined };
const HANDLE: Verdict = {
  filtered: {
    by: 'handle',
    why: 'the check says "handle": false',
    seen: { attribute: 'check.handle', value: false },
  },
  error: undefined,
};
const FLAPPING: Verdict = {
  filtered: {
    by: 'flapping',
    why: 'the check is flapping, and the handler does not say "handle_flapping": true',
    seen: { attribute: 'action', value: 'flapping' },
  },
  error: undefined,
};

/** Makes a handler's tests ready; `problems` gains a sentence for each that cannot be made. */
export function planGate(handler: Handler, rules: PipelineRules, problems: string[]): Gate {
  const names = handler.filters ?? (handler.filter === undefined ? [] : [handler.filter]);
  return {
    handleFlapping: handler.handle_flapping === true,
    handleSilenced: handler.handle_silenced === true,
    severities: planSeverities(handler),
    filters: names.map((name) => planFilter(name, handler, rules, problems)),
  };
}

function planSeverities(handler: Handler): Gate['severities'] {
  if (handler.severities === undefined) return undefined;
  const listed = new Set(handler.severities);
  return {
    admits: (status) => listed.has(severityIn(status)),
    names: SEVERITIES.filter((severity) => listed.has(severity)).join(', ') || 'no severity',
  };
}

/** A status in an event's history is a text; in a document from elsewhere it can be anything. */
function severityIn(status: unknown): Severity {
  return typeof status === 'object' ? 'unknown' : severityOf(Number(status));
}

function planFilter(name: string, handler: Handler, rules: PipelineRules, problems: string[]): PlannedFilter {
  const configured = rules.filters.get(name);
  if (configured) return { name, judge: planConfigured(name, configured) };
  const plugin = pluginNamed(rules, 'filter', name);
  if (plugin) return { name, judge: planPlugin(plugin, pluginOptions(rules, 'filters', name)) };
  const problem = `filter "${name}" of handler "${handler.name}" is neither configured nor a plugin, so every event passes it`;
  problems.push(problem);
  return {
    name,
    judge: () => {
      throw new Error('it is neither configured nor a plugin');
    },
  };
}

function planConfigured(name: string, filter: Filter): PlannedFilter['judge'] {
  const { attributes = {} } = filter;
  if (!filter.negate) {
    return (event) => {
      const match = matchAttributes(attributes, event);
      if (match.matched) return null;
      return {
        by: name,
        why: `the filter passes only events whose ${match.attribute} is ${foundText(match.wanted)}`,
        seen: { attribute: match.attribute, value: keptValue(match.seen) },
      };
    };
  }
  const first = firstAttribute(attributes);
  return (event) => {
    if (!matchAttributes(attributes, event).matched) return null;
    const why = 'the event has all the attributes that the filter holds back';
    if (first.length === 0) return { by: name, why };
    const value = first.reduce<unknown>((at, step) => memberOf(at, step), event);
    return { by: name, why, seen: { attribute: pathText(first), value: keptValue(value ?? null) } };
  };
}

/** The path of the first attribute that is no object. */
function firstAttribute(attributes: Attributes): string[] {
  const path: string[] = [];
  let at: unknown = attributes;
  while (isAttributes(at)) {
    const [entry] = Object.entries(at);
    if (!entry) break;
    path.push(entry[0]);
    at = entry[1];
  }
  return path;
}

function planPlugin(plugin: FilterPlugin, options: Attributes): PlannedFilter['judge'] {
  return (event, context) => {
    const held: unknown = plugin.run(event, options, context);
    if (held === null || held === undefined) return null;
    if (held instanceof Promise) {
      held.catch(() => {});
      throw new Error('it answered with a promise; a filter answers at once');
    }
    if (!isAttributes(held)) throw new Error(`it answered with ${foundText(held)}`);
    const { why, seen } = held;
    const filtered = { by: plugin.name, why: firstCharacters(String(why)) };
    if (!isAttributes(seen)) return filtered;
    const attribute = firstCharacters(String(seen['attribute']));
    return { ...filtered, seen: { attribute, value: keptValue(seen['value']) } };
  };
}

/**
 * Whether an event may reach a handler. The tests come in the order of Sensu Core 1.9: `handle`, flapping,
 * `severities`, silenced, then the handler's filters one after another; the first that says no decides. A filter
 * that throws lets the event pass.
 */
export function judge(event: Event, gate: Gate, context: PluginContext): Verdict {
  if (event.check['handle'] === false) return HANDLE;
  if (event.action === 'flapping' && !gate.handleFlapping) return FLAPPING;
  const bySeverity = gate.severities && judgeSeverity(event, gate.severities);
  if (bySeverity) return { filtered: bySeverity, error: undefined };
  if (event.silenced && !gate.handleSilenced) return { filtered: silencedBy(event), error: undefined };
  return gate.filters.length === 0 ? PASSED : judgeFilters(event, gate.filters, context);
}

/** A resolve is told to whoever may have been told of any status that led to it. */
function judgeSeverity(event: Event, severities: NonNullable<Gate['severities']>): FilteredBy | null {
  const { status, history } = event.check;
  if (event.action !== 'resolve') {
    if (severities.admits(status)) return null;
    return {
      by: 'severities',
      why: `the handler is told of ${severities.names} only, and this is ${severityIn(status)}`,
      seen: { attribute: 'check.status', value: keptValue(status) },
    };
  }
  const statuses: readonly unknown[] = Array.isArray(history) ? history : [];
  if (statuses.some(severities.admits)) return null;
  return {
    by: 'severities',
    why: `the handler is told of ${severities.names} only, and the check had no such status before it was resolved`,
    seen: { attribute: 'check.history', value: keptValue(statuses) },
  };
}

function silencedBy(event: Event): FilteredBy {
  return {
    by: 'silenced',
    why: 'the event is silenced, and the handler does not say "handle_silenced": true',
    seen: { attribute: 'silenced_by', value: keptValue(event.silenced_by) },
  };
}

function judgeFilters(event: Event, filters: readonly PlannedFilter[], context: PluginContext): Verdict {
  let error: string | undefined;
  for (const filter of filters) {
    try {
      const filtered = filter.judge(event, context);
      if (filtered) return { filtered, error };
    } catch (thrown) {
      error ??= `filter "${filter.name}" could not judge the event, so it passed: ${firstLine(errorText(thrown))}`;
    }
  }
  return error === undefined ? PASSED : { filtered: null, error };
}
