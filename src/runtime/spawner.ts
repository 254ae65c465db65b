/** A command line for `sh`, and what it is given. */
export interface CommandLine {
  command: string;
  /** Text for its standard input, which ends behind it. Without it the input is empty. */
  stdin?: string | undefined;
  /** Milliseconds until its process group is ended; 0 or missing: never. */
  timeoutMs?: number | undefined;
  /** Variables beside those of our own environment. */
  env?: Readonly<Record<string, string>> | undefined;
}

/** What became of a command. A command that fails, hangs or cannot start is no error: it has a status and an output. */
export interface Execution {
  /** Exit code; the signal's number when a signal ended it; 2 after a timeout; 3 when it could not be run. */
  status: number;
  /** Output and error output, interleaved as written; only head and tail when it was too long. */
  output: string;
  /** True when something of the output was left out. */
  cut?: true | undefined;
  /** Milliseconds from the call to the end, waiting for a free place included. */
  durationMs: number;
  /** `exit`: it ended by itself; `timeout`: we ended it; `start`: it could not be started or fed; `stopped`: we are stopping. */
  ended: 'exit' | 'timeout' | 'start' | 'stopped';
}

/**
 * Runs commands through the shell, at most so many at once, the others in order of arrival.
 * `run` never rejects. Every command leads its own process group, so that nothing of it survives
 * its timeout, `close`, or the death of this process.
 */
export interface Spawner {
  run(line: CommandLine): Promise<Execution>;
  /** Commands running now. */
  readonly running: number;
  /** Commands waiting for a free place. */
  readonly waiting: number;
  /** Ends what runs, answers what waits with `stopped`, and resolves within some seconds when nothing is left. */
  close(): Promise<void>;
}
