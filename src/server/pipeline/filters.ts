import type { FilteredBy } from '../../model/delivery.ts';
import type { Event } from '../../model/event.ts';
import type { Handler } from '../../model/handler.ts';
import { SEVERITIES, type Severity, severityOf } from '../../model/severity.ts';
import { errorText } from '../../runtime/errors.ts';
import type { Ask, JudgeContext } from './filters/answer.ts';
import { CHECK_DEPENDENCIES, checkDependencies } from './filters/check-dependencies.ts';
import { configuredFilter } from './filters/configured.ts';
import { pluginFilter } from './filters/plugin.ts';
import { firstLine, keptValue } from './record.ts';
import { type PipelineRules, pluginNamed, pluginOptions } from './rules.ts';

/** One filter of a handler, made ready; `ask` is missing when nobody knows a filter of that name. */
interface PlannedFilter {
  name: string;
  ask: Ask | undefined;
}

/** Everything that a handler asks of an event before it is told, made ready. */
export interface Gate {
  handleFlapping: boolean;
  handleSilenced: boolean;
  severities: { admits: (status: unknown) => boolean; names: string } | undefined;
  filters: readonly PlannedFilter[];
}

/** A filter that could not judge: the text for the log, and a sentence. */
export interface FilterTrouble {
  message: 'unknown filter' | 'filter error';
  error: string;
}

/** What a handler's gate said of an event. */
export interface Verdict {
  filtered: FilteredBy | null;
  /** The first filter that could not judge it. */
  trouble?: FilterTrouble | undefined;
  /** Filters that did not apply, as a sentence. */
  notAsked?: string | undefined;
}

const PASSED: Verdict = { filtered: null };
const HANDLE: Verdict = {
  filtered: {
    by: 'handle',
    why: 'the check says "handle": false',
    seen: { attribute: 'check.handle', value: false },
  },
};
const FLAPPING: Verdict = {
  filtered: {
    by: 'flapping',
    why: 'the check is flapping, and the handler does not say "handle_flapping": true',
    seen: { attribute: 'action', value: 'flapping' },
  },
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

/** What was configured comes first, then plugins, then what is built in. */
function planFilter(name: string, handler: Handler, rules: PipelineRules, problems: string[]): PlannedFilter {
  const configured = rules.filters.get(name);
  if (configured) return { name, ask: configuredFilter(name, configured, problems) };
  const plugin = pluginNamed(rules, 'filter', name);
  if (plugin) return { name, ask: pluginFilter(plugin, pluginOptions(rules, 'filters', name)) };
  if (name === CHECK_DEPENDENCIES) return { name, ask: checkDependencies };
  const problem = `filter "${name}" of handler "${handler.name}" is neither configured nor a plugin, so every event passes it`;
  problems.push(problem);
  return { name, ask: undefined };
}

/**
 * Whether an event may reach a handler. The tests come in the order of Sensu Core 1.9: `handle`, flapping,
 * `severities`, silenced, then the handler's filters one after another; the first that says no decides. A filter
 * that throws lets the event pass.
 */
export function judge(event: Event, gate: Gate, context: JudgeContext): Verdict {
  if (event.check['handle'] === false) return HANDLE;
  if (event.action === 'flapping' && !gate.handleFlapping) return FLAPPING;
  const bySeverity = gate.severities && judgeSeverity(event, gate.severities);
  if (bySeverity) return { filtered: bySeverity };
  if (event.silenced && !gate.handleSilenced) return { filtered: silencedBy(event) };
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

function judgeFilters(event: Event, filters: readonly PlannedFilter[], context: JudgeContext): Verdict {
  let verdict = PASSED;
  for (const { name, ask } of filters) {
    try {
      if (!ask) throw new Error('it is neither configured nor a plugin');
      const { held, error, notAsked } = ask(event, context);
      if (error !== undefined) verdict = noted(verdict, { message: 'filter error', error });
      if (notAsked !== undefined) verdict = { ...verdict, notAsked: joined(verdict.notAsked, notAsked) };
      if (held) return { ...verdict, filtered: held };
    } catch (thrown) {
      const error = `filter "${name}" could not judge the event, so it passed: ${firstLine(errorText(thrown))}`;
      verdict = noted(verdict, { message: ask ? 'filter error' : 'unknown filter', error });
    }
  }
  return verdict;
}

function noted(verdict: Verdict, trouble: FilterTrouble): Verdict {
  return verdict.trouble ? verdict : { ...verdict, trouble };
}

function joined(before: string | undefined, sentence: string): string {
  return before === undefined ? sentence : `${before}; ${sentence}`;
}
