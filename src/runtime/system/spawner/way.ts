import type { CommandLine } from '../../spawner.ts';
import type { Written } from './output.ts';

/** The shell that runs everything: POSIX systems have it there, whatever PATH a command is given. */
export const SHELL = '/bin/sh';

/** How a command ended by itself: with a status and an output, or not run at all. */
export type Ending = ({ status: number } & Written) | { failure: string };

/** One command that was begun. */
export interface Attempt {
  /**
   * Ends the command's process group: SIGTERM, SIGKILL after `graceMs`. From the call on, `ended` is not called
   * any more. Resolves when nothing of it is left, or nothing more can be done; then with the reason. Never rejects.
   */
  terminate(graceMs: number): Promise<string | undefined>;
}

/** A way to run commands through the shell. */
export interface Way {
  /** Begins a command. `ended` is called once, never before `begin` has returned. */
  begin(line: CommandLine, ended: (ending: Ending) => void): Attempt;
}
