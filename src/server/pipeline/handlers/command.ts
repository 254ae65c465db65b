import type { Execution } from '../../../runtime/spawner.ts';
import { firstLine } from '../record.ts';
import type { Tools } from '../rules.ts';

/** A command of a mutator or handler, and what it is given. */
export interface PipelineCommand {
  command: string;
  /** `timeout` of its definition: seconds. */
  timeout: unknown;
  stdin: string;
  deliveryId: string;
}

/** Runs a command with the text on its standard input and the delivery's id in `TOCSIN_DELIVERY_ID`. */
export function runCommand(command: PipelineCommand, tools: Tools): Promise<Execution> {
  return tools.spawner.run({
    command: command.command,
    stdin: command.stdin,
    timeoutMs: limitMs(command.timeout) ?? tools.commandTimeoutMs,
    env: { TOCSIN_DELIVERY_ID: command.deliveryId },
  });
}

/** A `timeout` in seconds as milliseconds; undefined when none is set. */
export function limitMs(timeout: unknown): number | undefined {
  return typeof timeout === 'number' && timeout > 0 ? timeout * 1000 : undefined;
}

/** What went wrong with a command, as the end of a sentence. */
export function commandProblem(execution: Execution): string {
  if (execution.ended === 'timeout') return 'was ended by its timeout';
  const line = firstLine(execution.output);
  const said = line === '' ? '' : `: ${line}`;
  return execution.ended === 'start'
    ? `could not be run${said}`
    : `ended with status ${execution.status}${said}`;
}
