import { accessSync, constants, existsSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { SystemLog } from '../../runtime/system/log.ts';
import type { Invitation } from '../joining/index.ts';
import { openAgentHouse } from './agent-house.ts';
import type { Origin } from './following.ts';
import { serve } from './serve.ts';
import { openServerHouse } from './server-house.ts';

/** What a role of Sensu runs with. */
export interface RoleOptions {
  origin: Origin;
  /** Absolute path of the data folder. */
  folder: string;
  log: SystemLog;
  pidFile: string | undefined;
}

/** `sensu-server`: everything in one process. It ends the process. */
export function runServer({ origin, folder, log, pidFile }: RoleOptions): Promise<never> {
  const house = {
    ...{ origin, folder, log, withAgent: true, withApi: true },
    // Sensu listens everywhere unless told otherwise, and files that say so go on working.
    sensuCompatible: true,
  };
  return serve({
    open: (stop, closers) => openServerHouse(house, stop, closers),
    ...{ log, pidFile, interactive: false },
    opened: ({ url }) => {
      log.info('listening', { url });
      return () => undefined;
    },
    stopping: () => log.warn('stopping'),
  });
}

/** `sensu-client` with a server elsewhere: the agent alone. It ends the process. */
export function runClient(
  { origin, folder, log, pidFile }: RoleOptions,
  invitation: Invitation | undefined,
): Promise<never> {
  return serve({
    open: (_stop, closers) => openAgentHouse({ origin, invitation, folder, log }, closers),
    ...{ log, pidFile, interactive: false },
    opened: ({ client, servers, connected }) => {
      log.info('the agent runs', { client, servers, connected: connected() });
      return () => undefined;
    },
    stopping: () => log.warn('stopping'),
  });
}

/** `TOCSIN_DATA`, else where services keep what they know, else the folder we stand in. Makes nothing. */
export function dataFolder(role: 'server' | 'client'): string {
  const given = process.env['TOCSIN_DATA'];
  if (given) return resolve(given);
  const name = role === 'server' ? 'tocsin' : 'tocsin-agent';
  const usual = `/var/lib/${name}`;
  try {
    accessSync(existsSync(usual) ? usual : dirname(usual), constants.W_OK);
    return usual;
  } catch {
    return resolve(`.${name}`);
  }
}
