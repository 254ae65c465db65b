import { spawn } from 'node:child_process';
import { writePidFile } from './pid-file.ts';
import { argumentsOf, type SensuFlags } from './sensu-flags.ts';

/**
 * Starts the same command in a session of its own, in the folder `/` and with nothing to read or write but its log,
 * and writes its number to the pid file before this process ends.
 *
 * @param program path of the script that Node runs
 * @param environment what it finds beside our own
 */
export function startInBackground(
  program: string,
  flags: SensuFlags,
  environment: Readonly<Record<string, string>>,
): void {
  // Our own number proves that the file can be written, before anything is started.
  if (flags.pidFile !== undefined) writePidFile(flags.pidFile);
  const child = spawn(process.execPath, [program, ...argumentsOf(flags)], {
    cwd: '/',
    detached: true,
    stdio: 'ignore',
    env: { ...process.env, ...environment },
  });
  if (flags.pidFile !== undefined && child.pid !== undefined) writePidFile(flags.pidFile, child.pid);
  child.unref();
}
