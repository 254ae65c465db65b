import { parseExpression, planAttributes } from '../../../expression/index.ts';
import { isAttributes, memberOf, pathText, quoted } from '../../../model/attributes.ts';
import type { FilteredBy } from '../../../model/delivery.ts';
import type { Event } from '../../../model/event.ts';
import type { Filter } from '../../../model/handler.ts';
import { foundText } from '../../../model/problems.ts';
import type { Attributes } from '../../../model/schema.ts';
import type { Clock } from '../../../runtime/clock.ts';
import { firstLine, keptValue } from '../record.ts';
import { type Answer, type Ask, PASSES } from './answer.ts';
import { FilterTimes } from './times.ts';

/** Whether an event is what the filter describes; `why` and `seen` tell of the first thing that it is not. */
type Likeness =
  | { matched: true; error?: string | undefined }
  | { matched: false; why: string; seen?: FilteredBy['seen']; error?: string | undefined };

/** One of the two ways in which a filter can describe events. May throw: it cannot be judged. */
type Description = (event: Event, clock: Clock) => Likeness;

const EVALUATION = 'eval:';
/** Characters of a condition in a sentence. */
const LONGEST_CONDITION = 200;
const LIKE: Likeness = { matched: true };

/**
 * A filter as configured, made ready. `problems` gains a sentence for each part that cannot be carried out as it is
 * written: an `eval:` then matches nothing, an `expression` lets everything pass, a time window is never inside.
 */
export function configuredFilter(name: string, filter: Filter, problems: string[]): Ask {
  const { attributes, expression, negate = false, when } = filter;
  const descriptions: Description[] = [];
  if (attributes) descriptions.push(describeAttributes(name, attributes, problems));
  if (expression !== undefined) descriptions.push(describeExpression(name, expression, problems));
  const held = firstSeen(filter);
  const judge: Ask = (event, { plugin }) => {
    const likeness = likenessOf(event, plugin.clock, descriptions);
    const answer = negate ? holdLike(name, event, likeness, held) : holdUnlike(name, likeness);
    return likeness.error === undefined ? answer : withError(answer, name, likeness.error);
  };
  return when ? within(name, when, judge, problems) : judge;
}

function likenessOf(event: Event, clock: Clock, descriptions: readonly Description[]): Likeness {
  for (const describe of descriptions) {
    const likeness = describe(event, clock);
    if (!likeness.matched) return likeness;
  }
  return LIKE;
}

function holdUnlike(name: string, likeness: Likeness): Answer {
  if (likeness.matched) return PASSES;
  const { why, seen } = likeness;
  return { held: seen ? { by: name, why, seen } : { by: name, why } };
}

function holdLike(name: string, event: Event, likeness: Likeness, held: Held): Answer {
  if (!likeness.matched) return PASSES;
  const { why, path } = held;
  return { held: path.length === 0 ? { by: name, why } : { by: name, why, seen: seenAt(path, event) } };
}

function withError(answer: Answer, name: string, error: string): Answer {
  const effect = answer.held ? 'so it held the event back' : 'so the event passed';
  return {
    ...answer,
    error: `filter "${name}" could not be evaluated, which counts as no match, ${effect}: ${error}`,
  };
}

/** How a filter that negates tells of what it held back: its sentence, and the attribute that is shown. */
interface Held {
  why: string;
  path: readonly string[];
}

function firstSeen({ attributes, expression }: Filter): Held {
  const named = attributes ? firstAttribute(attributes) : [];
  const path = named.length === 0 && expression !== undefined ? firstNamed(expression) : named;
  const why =
    expression === undefined
      ? 'the event has all the attributes that the filter holds back'
      : `the filter holds back events for which ${conditionText(expression)} is true`;
  return { why, path };
}

function seenAt(path: readonly string[], event: Event): NonNullable<FilteredBy['seen']> {
  const value = path.reduce<unknown>((at, step) => memberOf(at, step), event);
  return { attribute: pathText(path), value: keptValue(value ?? null) };
}

/** A condition as a sentence shows it. */
function conditionText(text: string): string {
  return quoted(text.trim(), LONGEST_CONDITION);
}

/** The path of the first attribute that an expression names, within the event. */
function firstNamed(expression: string): string[] {
  const [named = ''] = /\b(client|check|event)(\.[A-Za-z_]\w*)+/.exec(expression) ?? [];
  return named
    .replace(/^event\./, '')
    .split('.')
    .filter((step) => step !== '');
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

function describeAttributes(name: string, attributes: Attributes, problems: string[]): Description {
  const { plan, mistakes } = planAttributes(attributes);
  for (const { steps, mistake } of mistakes) {
    problems.push(`filter "${name}": ${pathText(steps)} matches nothing: ${mistake.message}`);
  }
  return (event, clock) => {
    const match = plan.match(event, clock);
    if (match.matched) return LIKE;
    const { attribute, wanted, seen, error } = match;
    const why = `the filter passes only events whose ${attribute} ${wantedText(wanted)}`;
    return {
      matched: false,
      why,
      seen: { attribute, value: keptValue(seen) },
      error: error && firstLine(error),
    };
  };
}

function wantedText(wanted: unknown): string {
  if (typeof wanted !== 'string' || !wanted.startsWith(EVALUATION)) return `is ${foundText(wanted)}`;
  return `makes ${conditionText(wanted.slice(EVALUATION.length))} true`;
}

function describeExpression(name: string, text: string, problems: string[]): Description {
  const { value: expression, mistake } = parseExpression(text);
  if (mistake) {
    const error = `its expression cannot be read: ${mistake.message}`;
    problems.push(`filter "${name}" lets every event pass: ${error}`);
    return () => {
      throw new Error(error);
    };
  }
  const why = `the filter passes only events for which ${conditionText(text)} is true`;
  const path = firstNamed(text);
  return (event) => {
    const { client, check } = event;
    if (expression.passes({ client, check, event })) return LIKE;
    return path.length === 0 ? { matched: false, why } : { matched: false, why, seen: seenAt(path, event) };
  };
}

/** Outside its times a filter does not apply. */
function within(name: string, when: NonNullable<Filter['when']>, judge: Ask, problems: string[]): Ask {
  const times = new FilterTimes(when);
  for (const { steps, expected } of times.problems) {
    problems.push(`filter "${name}": ${pathText(['when', ...steps])} counts as never: expected ${expected}`);
  }
  return (event, context) => {
    const nowMs = context.plugin.clock.now();
    if (!times.inside(nowMs)) {
      const until = times.untilText(nowMs);
      return { held: null, notAsked: `filter "${name}" did not apply: it is outside its "when"${until}` };
    }
    const answer = judge(event, context);
    if (!answer.held) return answer;
    const why = `${answer.held.why}; the filter is inside its "when"${times.untilText(nowMs)}`;
    return { ...answer, held: { ...answer.held, why } };
  };
}
