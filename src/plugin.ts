/**
 * The public door for plugins (`tocsin/plugin`): a name, an options schema, one function. Everything that runs in
 * process and is not the core comes through here, ours like anybody's. No plugin is handed the server: it gets its
 * options, the documents it judges, and the few things of the world listed in its context.
 */
import { type Static, type TObject, Type } from 'typebox';
import type { ExecutedCheck } from './model/check.ts';
import type { FilteredBy } from './model/delivery.ts';
import type { Event } from './model/event.ts';
import type { Attributes } from './model/schema.ts';
import type { Clock } from './runtime/clock.ts';
import type { Log } from './runtime/log.ts';
import type { Random } from './runtime/random.ts';

export type { Event, EventCheck } from './model/event.ts';
export { type PerfdataItem, parsePerfdata, perfdata } from './model/perfdata.ts';
export { type Severity, severityOf } from './model/severity.ts';
export {
  BYTES,
  formatRange,
  isOutside,
  PERCENT,
  parseRange,
  type Range,
  RangeSyntaxError,
  rangeOption,
  readThresholds,
  statusFor,
  type Thresholds,
  type Units,
} from './model/threshold.ts';
export { type Clock, sleep, type Timer, unixSeconds } from './runtime/clock.ts';
export { errorText } from './runtime/errors.ts';
export type { Log } from './runtime/log.ts';
export type { Random } from './runtime/random.ts';
export { type Static, type TObject, Type };

/** What every plugin is handed beside its options. */
export interface PluginContext {
  clock: Clock;
  random: Random;
  log: Log;
  /** Aborted when the time is up or we stop; a plugin ends what it does soon after. */
  signal: AbortSignal;
}

/** Whose fault it is that a check is not OK: the thing that is watched, the way to it, or the watcher itself. */
export type Fault = 'target' | 'network' | 'ours';

/** The last time that a thing called in, for checks that wait to be called. */
export interface CallIn {
  /** Unix milliseconds. */
  atMs: number;
  /** Milliseconds of elapsed time since it called. */
  ageMs: number;
  /** What it said of itself; 0 unless it said otherwise. */
  status: number;
  output: string;
}

export interface CheckContext extends PluginContext {
  /** The client that the check runs for. */
  client: Attributes & { name: string };
  /** The request, options included. */
  check: Attributes & { name: string };
  /** Who called in under this name, or undefined; `sinceMs` is how long we have been listening. */
  calledIn(name: string): { last: CallIn | undefined; sinceMs: number };
}

/** What a check found. `fault` is given whenever `status` is not 0. */
export interface CheckOutcome {
  status: number;
  /** First line for people; perfdata behind `|` by the Nagios plugin guidelines. */
  output: string;
  fault?: Fault;
}

/** A check that runs in the agent's process. `run` may throw: that becomes status 3 and the fault is ours. */
export interface CheckPlugin<Options extends TObject = TObject> {
  kind: 'check';
  name: string;
  options: Options;
  run(options: Static<Options>, context: CheckContext): Promise<CheckOutcome>;
}

/** A filter that runs in the server's process: `null` lets the event pass. */
export interface FilterPlugin<Options extends TObject = TObject> {
  kind: 'filter';
  name: string;
  options: Options;
  run(event: Event, options: Static<Options>, context: PluginContext): Omit<FilteredBy, 'by'> | null;
}

/** A mutator that runs in the server's process: what its handler is given. A throw keeps the handler from running. */
export interface MutatorPlugin<Options extends TObject = TObject> {
  kind: 'mutator';
  name: string;
  options: Options;
  run(event: Event, options: Static<Options>, context: PluginContext): string;
}

export interface HandlerContext extends PluginContext {
  /** What the mutator made of the event: JSON text unless the handler names another mutator. */
  data: string;
  /** The same at each try of one delivery, so that a receiver can drop repeats. */
  deliveryId: string;
}

/** A handler that runs in the server's process. It resolves with a line for the log; a throw means it failed. */
export interface HandlerPlugin<Options extends TObject = TObject> {
  kind: 'handler';
  name: string;
  options: Options;
  run(event: Event, options: Static<Options>, context: HandlerContext): Promise<string>;
}

export type Plugin = CheckPlugin | FilterPlugin | MutatorPlugin | HandlerPlugin;

/**
 * Defines a check: `{"extension": "<name>", "<name>": {…options…}}` in a check's definition runs it.
 * @example defineCheck({ name: 'queue', options: Type.Object({ url: Type.String() }), run: async (options) => … })
 */
export function defineCheck<Options extends TObject>(
  plugin: Omit<CheckPlugin<Options>, 'kind'>,
): CheckPlugin<Options> {
  return { kind: 'check', ...plugin };
}

/** Defines a filter: a handler names it in `filters`; options stand under `filters.<name>`. */
export function defineFilter<Options extends TObject>(
  plugin: Omit<FilterPlugin<Options>, 'kind'>,
): FilterPlugin<Options> {
  return { kind: 'filter', ...plugin };
}

/** Defines a mutator: a handler names it in `mutator`. */
export function defineMutator<Options extends TObject>(
  plugin: Omit<MutatorPlugin<Options>, 'kind'>,
): MutatorPlugin<Options> {
  return { kind: 'mutator', ...plugin };
}

/** Defines a handler: `{"type": "<name>", "<name>": {…options…}}` in a handler's definition uses it. */
export function defineHandler<Options extends TObject>(
  plugin: Omit<HandlerPlugin<Options>, 'kind'>,
): HandlerPlugin<Options> {
  return { kind: 'handler', ...plugin };
}

export type { ExecutedCheck };
