import { createHash } from 'node:crypto';
import type { ServerInfo } from '../../api/index.ts';
import type { Settings } from '../../config/index.ts';
import { unixSeconds } from '../../runtime/clock.ts';
import { systemClock } from '../../runtime/system/clock.ts';
import { systemRandom } from '../../runtime/system/random.ts';
import { machineAddress, machineName } from '../machine.ts';
import { version } from '../version.ts';

const id = systemRandom.uuid();

/** What this server tells of itself now. */
export function serverInfo(settings: Settings): ServerInfo {
  const { user, system } = process.cpuUsage();
  const hexdigest = createHash('sha256').update(JSON.stringify(settings.document)).digest('hex');
  return {
    id,
    hostname: machineName(),
    address: machineAddress(),
    tasks: ['check_request_publisher', 'client_monitor'],
    metrics: { cpu: { user: user / 1e6, system: system / 1e6 } },
    sensu: { version, settings: { hexdigest } },
    timestamp: unixSeconds(systemClock),
  };
}
