import type { Way } from '../rules.ts';
import { commandProblem, runCommand } from './command.ts';

/** A command that is given the event on its standard input: any handler plugin of the Sensu ecosystem. */
export function pipeHandler(handler: { command: string; timeout?: unknown }): Way {
  const { command, timeout } = handler;
  return async ({ data, deliveryId }, tools) => {
    const execution = await runCommand({ command, timeout, stdin: data, deliveryId }, tools);
    if (execution.ended === 'stopped') return { outcome: 'left' };
    const { output } = execution;
    if (execution.ended === 'exit' && execution.status === 0) return { outcome: 'handled', output };
    return {
      outcome: 'failed',
      stage: 'handler',
      error: `the command ${commandProblem(execution)}`,
      output,
      ...(execution.ended === 'start' ? { untold: true } : {}),
    };
  };
}
