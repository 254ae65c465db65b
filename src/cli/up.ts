import { resolve } from 'node:path';
import { TocsinError } from '../runtime/errors.ts';
import type { LogLevel } from '../runtime/log.ts';
import { systemClock } from '../runtime/system/clock.ts';
import { createLog, LOG_LEVELS, type SystemLog } from '../runtime/system/log.ts';
import { type ConfigurationOptions, lookAtConfiguration, readConfiguration } from './configuration.ts';
import { showChanges } from './live/index.ts';
import { serve } from './processes/serve.ts';
import type { Terminal } from './text.ts';

export interface UpOptions extends ConfigurationOptions {
  data: string;
  port?: number;
  logLevel?: string;
  /** A file that the log is appended to. */
  log?: string;
  pidFile?: string;
  /** False with --no-live. */
  live: boolean;
  quickStart?: boolean;
}

/** `tocsin up`: server, agent and API in this process, until it is told to stop. It then ends the process. */
export async function up(options: UpOptions, terminal: Terminal): Promise<number> {
  const seen = await lookAtConfiguration(options);
  const configuration = await readConfiguration(options);
  const folder = resolve(options.data);
  const live = options.live && terminal.interactive;
  const log = openLog(options, live ? resolve(folder, 'tocsin.log') : 2);
  if (configuration.warnings) process.stderr.write(`${configuration.warnings}\n`);
  return serve({
    configuration,
    places: options,
    seen,
    port: options.port,
    folder,
    log,
    pidFile: options.pidFile,
    interactive: terminal.interactive,
    opened: ({ views, url }) => {
      const quickStart = options.quickStart === true;
      const client = configuration.settings.client.name;
      return showChanges({ views, terminal, live, clock: systemClock, url, folder, quickStart, client }).end;
    },
    stopping: () => terminal.write('stopping …\n'),
  });
}

function openLog({ logLevel, log: file }: UpOptions, otherwise: string | number): SystemLog {
  const level = (logLevel ?? 'warn').toLowerCase() as LogLevel;
  if (!LOG_LEVELS.includes(level))
    throw new TocsinError('USAGE', `--log-level takes one of ${LOG_LEVELS.join(', ')}, not "${logLevel}"`);
  const log = createLog({ level, destination: file === undefined ? otherwise : resolve(file) });
  if (file !== undefined && log.problem !== undefined)
    throw new TocsinError('USAGE', `--log ${file} cannot be written: ${log.problem}`);
  return log;
}
