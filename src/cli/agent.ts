import { resolve } from 'node:path';
import { type ConfigurationOptions, lookAtConfiguration, readConfiguration } from './configuration.ts';
import { takeInvitation } from './joining/index.ts';
import { openAgentHouse } from './processes/agent-house.ts';
import { type LogOptions, openLog } from './processes/open-log.ts';
import { serve } from './processes/serve.ts';
import type { Terminal } from './text.ts';

export interface AgentOptions extends ConfigurationOptions, LogOptions {
  data: string;
  pidFile?: string;
}

/** `tocsin agent`: this machine's agent alone, for servers elsewhere, until it is told to stop. It then ends the process. */
export async function agent(options: AgentOptions, terminal: Terminal): Promise<number> {
  const folder = resolve(options.data);
  const invitation = takeInvitation(folder, process.env);
  const named = { ...options, clientName: invitation?.client };
  const seen = await lookAtConfiguration(named);
  const configuration = await readConfiguration(named);
  const log = openLog(options, 2);
  if (configuration.warnings) process.stderr.write(`${configuration.warnings}\n`);
  const origin = { configuration, places: named, seen };
  return serve({
    open: (_stop, closers) => openAgentHouse({ origin, invitation, folder, log }, closers),
    log,
    pidFile: options.pidFile,
    interactive: terminal.interactive,
    opened: ({ client, servers, connected }) => {
      const where = connected()
        ? `is connected to ${servers.join(' or ')}`
        : `does not reach ${servers.join(' or ')} yet, tries on, and keeps its results`;
      terminal.write(`Agent ${client} ${where}; data in ${folder}\n`);
      return () => undefined;
    },
    stopping: () => terminal.write('stopping …\n'),
  });
}
