import type { Handler, Mutator } from '../../model/handler.ts';
import type { Attributes } from '../../model/schema.ts';
import type { MutatorPlugin } from '../../plugin.ts';
import { errorText } from '../../runtime/errors.ts';
import { commandProblem, runCommand } from './handlers/command.ts';
import { firstLine } from './record.ts';
import {
  type Ending,
  type PipelineRules,
  pluginNamed,
  pluginOptions,
  type Tools,
  type Work,
} from './rules.ts';

/** What a handler is given, or how its delivery ended before that. */
export type Mutated = { data: string } | { ending: Ending };

/** Makes of an event what a handler is given. Never throws, never rejects. */
export type Mutate = (work: Omit<Work, 'data'>, tools: Tools) => Mutated | Promise<Mutated>;

/** Makes the mutator of a handler ready (`json` unless it names another one), or says why that cannot be. */
export function planMutator(handler: Handler, rules: PipelineRules): Mutate | { problem: string } {
  const name = handler.mutator ?? 'json';
  const configured = rules.mutators.get(name);
  if (configured) return planCommand(name, configured);
  const plugin = pluginNamed(rules, 'mutator', name);
  if (plugin) return planPlugin(plugin, pluginOptions(rules, 'mutators', name));
  return { problem: `mutator "${name}" of handler "${handler.name}" is neither configured nor a plugin` };
}

function planCommand(name: string, { command, timeout }: Mutator): Mutate {
  return async ({ event, deliveryId }, tools) => {
    const execution = await runCommand({ command, timeout, stdin: JSON.stringify(event), deliveryId }, tools);
    if (execution.ended === 'stopped') return { ending: { outcome: 'left' } };
    if (execution.ended === 'start') return failed(name, commandProblem(execution), { untold: true });
    if (execution.ended !== 'exit' || execution.status !== 0) return failed(name, commandProblem(execution));
    // Half an event would be told as if it were whole.
    return execution.cut
      ? failed(name, 'wrote more than "tocsin.output_limit" allows')
      : { data: execution.output };
  };
}

function planPlugin(plugin: MutatorPlugin, options: Attributes): Mutate {
  return ({ event }, { clock, random, log, signal }) => {
    try {
      const data: unknown = plugin.run(event, options, { clock, random, log, signal });
      if (typeof data === 'string') return { data };
      if (data instanceof Promise) data.catch(() => {});
      return failed(plugin.name, 'answered with something that is no text');
    } catch (error) {
      return failed(plugin.name, `failed: ${firstLine(errorText(error))}`);
    }
  };
}

function failed(name: string, what: string, more: { untold?: true } = {}): Mutated {
  return { ending: { outcome: 'failed', stage: 'mutator', error: `mutator "${name}" ${what}`, ...more } };
}
