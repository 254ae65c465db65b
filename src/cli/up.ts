import { resolve } from 'node:path';
import { systemClock } from '../runtime/system/clock.ts';
import { type ConfigurationOptions, lookAtConfiguration, readConfiguration } from './configuration.ts';
import { showChanges } from './live/index.ts';
import { type LogOptions, openLog } from './processes/open-log.ts';
import { serve } from './processes/serve.ts';
import { openServerHouse } from './processes/server-house.ts';
import type { Terminal } from './text.ts';

export interface ServerOptions extends ConfigurationOptions, LogOptions {
  data: string;
  port?: number;
  pidFile?: string;
  /** False with --no-live. */
  live: boolean;
  /** Listens where strangers can reach it. */
  sensuCompatible?: boolean;
}

export interface UpOptions extends ServerOptions {
  quickStart?: boolean;
}

/** `tocsin up`: server, agent and API in this process, until it is told to stop. It then ends the process. */
export function up(options: UpOptions, terminal: Terminal): Promise<number> {
  return run({ ...options, withAgent: true, withApi: true }, terminal);
}

/** `tocsin server`: the same without an agent; with `api: false` its port is for agents alone. */
export function server(options: ServerOptions & { api: boolean }, terminal: Terminal): Promise<number> {
  return run({ ...options, withAgent: false, withApi: options.api }, terminal);
}

async function run(
  options: UpOptions & { withAgent: boolean; withApi: boolean },
  terminal: Terminal,
): Promise<number> {
  const seen = await lookAtConfiguration(options);
  const configuration = await readConfiguration(options);
  const { port, withAgent, withApi, sensuCompatible = false, quickStart = false } = options;
  const folder = resolve(options.data);
  const live = options.live && terminal.interactive;
  const log = openLog(options, live ? resolve(folder, 'tocsin.log') : 2);
  if (configuration.warnings) process.stderr.write(`${configuration.warnings}\n`);
  const origin = { configuration, places: options, seen };
  const house = { origin, port, folder, log, withAgent, withApi, sensuCompatible };
  return serve({
    open: (stop, closers) => openServerHouse(house, stop, closers),
    log,
    pidFile: options.pidFile,
    interactive: terminal.interactive,
    opened: ({ views, url }) => {
      const client = configuration.settings.client.name;
      return showChanges({ views, terminal, live, clock: systemClock, url, folder, quickStart, client }).end;
    },
    stopping: () => terminal.write('stopping …\n'),
  });
}
