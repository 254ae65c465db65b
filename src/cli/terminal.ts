import type { Terminal } from './text.ts';

/** The terminal, pipe or file that this process writes to. Colours by NO_COLOR (no-color.org) and FORCE_COLOR. */
export function processTerminal(): Terminal {
  const { stdout, env } = process;
  // A reader that goes away (`| head`, a log collector that restarts) must not end a process that watches machines.
  if (!stdout.listeners('error').includes(ignore)) stdout.on('error', ignore);
  const interactive = stdout.isTTY === true;
  const colours = env['FORCE_COLOR'] !== undefined || (interactive && env['NO_COLOR'] === undefined);
  return {
    write: (text) => void stdout.write(text),
    interactive,
    colours,
    get columns() {
      return stdout.columns ?? 100;
    },
    get rows() {
      return stdout.rows ?? 30;
    },
  };
}

function ignore(): void {}
