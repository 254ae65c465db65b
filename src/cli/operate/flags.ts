import type { Command } from 'commander';

/** How a command that ends tells its exit code. */
export type Ended = (code: number) => void;

/** Adds the flags of every command that asks a server, and of every one that acts on it, which prints sentences only. */
export interface Flags {
  asking: (command: Command) => Command;
  reaching: (command: Command) => Command;
}
