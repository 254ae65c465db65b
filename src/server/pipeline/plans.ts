import type { EventCheck } from '../../model/event.ts';
import type { Handler } from '../../model/handler.ts';
import type { HandlerPlugin } from '../../plugin.ts';
import { type Gate, planGate } from './filters.ts';
import { DEREGISTRATION, deregistrationHandler } from './handlers/deregistration.ts';
import { pipeHandler } from './handlers/pipe.ts';
import { pluginHandler } from './handlers/plugin.ts';
import { expandSets, type Member } from './handlers/set.ts';
import { tcpHandler } from './handlers/tcp.ts';
import { transportHandler } from './handlers/transport.ts';
import { udpHandler } from './handlers/udp.ts';
import type { LaneLimits } from './lanes.ts';
import { type Mutate, planMutator } from './mutators.ts';
import { type Retry, retryOf } from './retry.ts';
import { type Complaint, type PipelineRules, pluginNamed, type Way } from './rules.ts';

/** A handler made ready: whom it lets through, what it is given, how it is told. */
export interface HandlerPlan {
  name: string;
  gate: Gate;
  mutate: Mutate;
  way: Way;
  /** Undefined: only what certainly was not told is tried again. */
  retry: Retry | undefined;
  limits: LaneLimits;
  /** Why it cannot be told of anything, and where that shows. */
  broken: Broken | undefined;
}

/** What is wrong with a handler, and the text for the log. */
interface Broken {
  stage: 'handler' | 'mutator';
  error: string;
  message: Complaint['message'];
}

/**
 * Where a name in a check leads: a handler; nowhere, which is a failure (`failed`); or to nobody (`nobody`), which
 * is how it was configured.
 */
export type Target =
  | { name: string; plan: HandlerPlan }
  | { name: string; failed: string; unknown: boolean }
  | { name: string; nobody: string };

/** Most deliveries of one handler that are carried out at once. Commands wait for the spawner's places as well. */
export const MOST_AT_ONCE = 64;
/** The limits of a handler that says nothing of them. */
export const USUAL_LIMITS: LaneLimits = { concurrency: MOST_AT_ONCE, gapMs: 0 };

/** Most handlers that one check may name; a peer's check can name anything. */
const MOST_NAMES = 100;
const DEFAULT_HANDLER = 'default';

/**
 * The rules made ready, once: every handler's plan, and where every configured name leads. It changes nothing
 * afterwards, so that deciding an event costs little.
 */
export class HandlerPlans {
  /** Sentences about rules that cannot be carried out as they are written. */
  readonly problems: readonly string[];
  readonly #plans = new Map<string, HandlerPlan>();
  readonly #targets = new Map<string, readonly Target[]>();

  constructor(rules: PipelineRules) {
    const problems: string[] = [];
    for (const handler of handlersOf(rules)) {
      if (handler.type === 'set') continue;
      const plan = planHandler(handler, rules, problems);
      if (plan.broken) problems.push(plan.broken.error);
      this.#plans.set(handler.name, plan);
    }
    for (const name of new Set([...this.#plans.keys(), ...rules.handlers.keys()])) {
      this.#targets.set(name, this.#lead(name, expandSets(name, rules.handlers)));
    }
    this.problems = problems;
  }

  /** The plan of a handler that is no set. */
  plan(name: string): HandlerPlan | undefined {
    return this.#plans.get(name);
  }

  /** Where the handlers that a check names lead; each handler once. Never empty. */
  targets(check: EventCheck): readonly Target[] {
    const names = namesIn(check);
    if (names === undefined) return this.#targets.get(DEFAULT_HANDLER) ?? [NOBODY_CONFIGURED];
    const [first] = names;
    if (first === undefined) return [NOBODY_NAMED];
    if (names.length === 1) return this.#named(first);
    const targets = new Map<string, Target>();
    for (const name of names.slice(0, MOST_NAMES)) {
      for (const target of this.#named(name)) {
        if (!targets.has(target.name)) targets.set(target.name, target);
      }
    }
    const beyond = names[MOST_NAMES];
    const failed = `the check names ${names.length} handlers; those behind the first ${MOST_NAMES} are left out`;
    return [...targets.values(), ...(beyond === undefined ? [] : [{ name: beyond, failed, unknown: false }])];
  }

  #named(name: string): readonly Target[] {
    return this.#targets.get(name) ?? [unknownTarget(name)];
  }

  #lead(name: string, members: readonly Member[]): readonly Target[] {
    if (members.length === 0) return [{ name, nobody: 'the handler set has no handlers' }];
    const targets = new Map<string, Target>();
    for (const member of members) {
      if (!targets.has(member.name)) targets.set(member.name, this.#targetOf(member));
    }
    return [...targets.values()];
  }

  #targetOf({ name, problem }: Member): Target {
    if (problem !== undefined) return { name, failed: problem, unknown: false };
    const plan = this.#plans.get(name);
    return plan ? { name, plan } : unknownTarget(name);
  }
}

const NOBODY_CONFIGURED: Target = {
  name: DEFAULT_HANDLER,
  nobody: 'the check names no handler, and no handler "default" is configured',
};
const NOBODY_NAMED: Target = { name: DEFAULT_HANDLER, nobody: 'the list of handlers in the check is empty' };

function unknownTarget(name: string): Target {
  return { name, failed: 'no handler of this name is configured', unknown: true };
}

/** The handlers that a check names; undefined when it leaves it to us. What is no text is passed over. */
function namesIn(check: EventCheck): readonly string[] | undefined {
  const named: unknown = check['handlers'] ?? check['handler'];
  if (typeof named === 'string') return [named];
  if (!Array.isArray(named)) return undefined;
  return named.every((name) => typeof name === 'string')
    ? named
    : named.filter((name): name is string => typeof name === 'string');
}

/** Configured handlers, then the plugins that a check may name as they are, for they need no options, then ours. */
function* handlersOf(rules: PipelineRules): Generator<Handler> {
  for (const [name, handler] of rules.handlers) yield { ...handler, name };
  for (const [name, plugin] of rules.plugins) {
    if (plugin.kind !== 'handler' || rules.handlers.has(name)) continue;
    if (needsNoOptions(plugin)) yield { name, type: name };
  }
  if (!rules.handlers.has(DEREGISTRATION) && !pluginNamed(rules, 'handler', DEREGISTRATION)) {
    yield { name: DEREGISTRATION, type: DEREGISTRATION };
  }
}

function needsNoOptions(plugin: HandlerPlugin): boolean {
  const { required } = plugin.options as { required?: readonly string[] };
  return (required ?? []).length === 0;
}

function planHandler(handler: Handler, rules: PipelineRules, problems: string[]): HandlerPlan {
  const mutate = planMutator(handler, rules);
  const way = planWay(handler, rules);
  const plan: HandlerPlan = {
    name: handler.name,
    gate: planGate(handler, rules, problems),
    mutate: 'problem' in mutate ? () => ({ data: '' }) : mutate,
    way: 'problem' in way ? async () => ({ outcome: 'left' }) : way,
    retry: retryOf(handler),
    limits: limitsOf(handler),
    broken: undefined,
  };
  if ('problem' in way) plan.broken = { stage: 'handler', error: way.problem, message: 'handler error' };
  else if ('problem' in mutate) {
    plan.broken = { stage: 'mutator', error: mutate.problem, message: 'unknown mutator' };
  }
  return plan;
}

function limitsOf({ concurrency, rate }: Handler): LaneLimits {
  return { concurrency: concurrency ?? MOST_AT_ONCE, gapMs: rate === undefined ? 0 : 1000 / rate };
}

function planWay(handler: Handler, rules: PipelineRules): Way | { problem: string } {
  const { name, type, command, socket, pipe, timeout } = handler;
  if (type === 'pipe') {
    return command === undefined
      ? { problem: `handler "${name}" has no "command"` }
      : pipeHandler({ command, timeout });
  }
  if (type === 'tcp' || type === 'udp') {
    if (!socket) return { problem: `handler "${name}" has no "socket"` };
    return type === 'tcp' ? tcpHandler({ socket, timeout }) : udpHandler({ socket, timeout });
  }
  if (type === 'transport') {
    return pipe ? transportHandler({ pipe, timeout }) : { problem: `handler "${name}" has no "pipe"` };
  }
  const plugin = pluginNamed(rules, 'handler', type);
  if (plugin) return pluginHandler(plugin, handler);
  if (type === DEREGISTRATION) return deregistrationHandler({ timeout });
  return { problem: `handler "${name}" is of type "${type}", which is no handler plugin that is loaded` };
}
