import { isAttributes, memberOf } from '../../model/attributes.ts';
import type { Event } from '../../model/event.ts';
import type { Filter, Handler, Mutator } from '../../model/handler.ts';
import type { Attributes } from '../../model/schema.ts';
import type { Plugin } from '../../plugin.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { Log } from '../../runtime/log.ts';
import type { Random } from '../../runtime/random.ts';
import type { Spawner } from '../../runtime/spawner.ts';
import type { RemovalParts } from '../../state/removal.ts';

/** What was configured about events (members of `Settings`), valid, and the plugins that are loaded. */
export interface PipelineRules {
  handlers: ReadonlyMap<string, Handler>;
  filters: ReadonlyMap<string, Filter>;
  mutators: ReadonlyMap<string, Mutator>;
  /** The merged document: options of a filter or mutator plugin stand there under `filters.<name>`, `mutators.<name>`. */
  document?: Attributes | undefined;
  /** By name. A configured rule of the same name comes first. */
  plugins: ReadonlyMap<string, Plugin>;
}

/** The plugin of that kind and name. */
export function pluginNamed<Kind extends Plugin['kind']>(
  rules: PipelineRules,
  kind: Kind,
  name: string,
): Extract<Plugin, { kind: Kind }> | undefined {
  const plugin = rules.plugins.get(name);
  return plugin?.kind === kind ? (plugin as Extract<Plugin, { kind: Kind }>) : undefined;
}

/** The options that are configured for a filter or mutator plugin. */
export function pluginOptions(
  rules: PipelineRules,
  section: 'filters' | 'mutators',
  name: string,
): Attributes {
  const options = memberOf(memberOf(rules.document, section), name);
  return isAttributes(options) ? options : {};
}

/** What mutators and handlers are carried out with. */
export interface Tools {
  spawner: Spawner;
  clock: Clock;
  random: Random;
  log: Log;
  /** Aborted when the server does not wait any longer. */
  signal: AbortSignal;
  /** Milliseconds for a command whose definition has no `timeout`; 0: for ever. */
  commandTimeoutMs: number;
  /** What only a running server has; missing where a handler is tried from a command line. */
  server?: Pick<RemovalParts, 'registry' | 'views' | 'transport'> | undefined;
}

/** One delivery as a handler meets it. */
export interface Work {
  event: Event;
  deliveryId: string;
  /** What the mutator made of the event. */
  data: string;
}

/** How a handler ended. `left`: it was not carried out because we are stopping, and stays in the store. */
export type Ending =
  | { outcome: 'handled'; output: string }
  | {
      outcome: 'failed';
      stage: 'handler' | 'mutator';
      error: string;
      output?: string;
      /** True: whatever was to be told was not told in part either. */
      untold?: true;
      /** True: another try could not end otherwise. */
      final?: true;
    }
  | { outcome: 'left' };

/** Carries out one delivery. Never rejects. */
export type Way = (work: Work, tools: Tools) => Promise<Ending>;

/** Something about a rule that is wrong and showed at an event; the texts are those of Sensu Core 1.9. */
export interface Complaint {
  message:
    | 'unknown filter'
    | 'filter error'
    | 'unknown mutator'
    | 'mutator error'
    | 'unknown handler'
    | 'handler error';
  handler: string;
  error: string;
}
