import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { constants } from 'node:os';
import type { Readable, Writable } from 'node:stream';
import type { Clock, Timer } from '../../clock.ts';
import type { CommandLine } from '../../spawner.ts';
import { FifoReader } from './fifo.ts';
import type { PrivateFolder } from './folder.ts';
import { OutputBuffer } from './output.ts';
import { quote, script } from './quoting.ts';
import { StatusReader } from './status.ts';
import { type Ending, SHELL } from './way.ts';

/** From then on a command's output is read while it runs; a shorter one's is read in one go at its end. */
const FOLLOW_AFTER_MS = 20;

export interface CoProcessSettings {
  folder: PrivateFolder;
  clock: Clock;
  environment: NodeJS.ProcessEnv;
  outputLimitBytes: number;
  nonce: () => string;
}

interface Current {
  reader: FifoReader;
  output: OutputBuffer;
  input: string | undefined;
  following: Timer;
  status: number | undefined;
  failure: string | undefined;
  ended: ((ending: Ending) => void) | undefined;
}

/**
 * A persistent `sh` that runs one command after the other, each in a fresh `sh -c` of its own, and reports on its
 * own output how each ended. The commands write into its FIFO, so their end of output is seen as with a pipe.
 * It leads a process group that its commands belong to.
 */
export class CoProcess {
  readonly #settings: CoProcessSettings;
  readonly #fifo: string;
  readonly #child: ChildProcessByStdio<Writable, Readable, null>;
  readonly #statuses = new StatusReader();
  #nonce: string;
  #started: ((works: boolean) => void) | undefined;
  #current: Current | undefined;
  #dead = false;

  /**
   * @param started told once whether it works
   * @param gone told once when its process has ended
   */
  constructor(settings: CoProcessSettings, started: (works: boolean) => void, gone: () => void) {
    this.#settings = settings;
    this.#started = started;
    this.#fifo = settings.folder.free('out');
    this.#nonce = settings.nonce();
    this.#child = spawn(SHELL, ['-s', 'tocsin'], {
      detached: true,
      stdio: ['pipe', 'pipe', 'ignore'],
      env: settings.environment,
    });
    this.#child.stdout.setEncoding('utf8').on('data', (text: string) => this.#heard(text));
    this.#child.stdin.on('error', () => {});
    this.#child.on('error', () => this.#ended('its shell could not be started'));
    this.#child.on('close', (code, signal) => {
      this.#ended(code ?? (signal && constants.signals[signal]) ?? 0, signal !== null);
      gone();
    });
    this.#child.unref();
    this.#say(`exec 2>&1\nmkfifo -m 600 ${quote(this.#fifo)}; printf '%s\\n' "${this.#nonce} $?"\n`);
  }

  /** The process group of it and its commands; undefined when it could not be started. */
  get group(): number | undefined {
    return this.#child.pid;
  }

  get dead(): boolean {
    return this.#dead;
  }

  /** Runs a command; one at a time. @throws the system's error when a file is missing; then nothing was begun */
  run(line: CommandLine, ended: (ending: Ending) => void): void {
    const { folder, clock, outputLimitBytes } = this.#settings;
    const output = new OutputBuffer(outputLimitBytes);
    const reader = new FifoReader(this.#fifo, output);
    let input: string | undefined;
    try {
      input = line.stdin ? folder.keep(line.stdin) : undefined;
    } catch (error) {
      reader.close();
      throw error;
    }
    const following = clock.after(FOLLOW_AFTER_MS, () => this.#follow());
    this.#current = { reader, output, input, following, status: undefined, failure: undefined, ended };
    this.#nonce = this.#settings.nonce();
    this.#say(script(line, { stdin: input ?? '/dev/null', output: this.#fifo }, this.#nonce));
  }

  /** Nobody wants to know any more how its command ends; what it writes is still read, so that it can end. */
  forget(): void {
    this.#started = undefined;
    if (this.#current) this.#current.ended = undefined;
    this.#follow();
  }

  /** Lets go of it. Its group is ended by others; without commands it ends by itself. */
  release(): void {
    this.#dead = true;
    this.#clear();
    this.#child.stdin.destroy();
    this.#child.stdout.destroy();
    this.#settings.folder.drop(this.#fifo);
  }

  #say(text: string): void {
    (this.#child.stdout as Readable & { ref?: () => void }).ref?.();
    this.#child.stdin.write(text);
  }

  #heard(text: string): void {
    const status = this.#statuses.read(text, this.#nonce);
    if (status === undefined) return;
    const started = this.#started;
    if (!started) {
      this.#reported(status);
      return;
    }
    this.#started = undefined;
    this.#rest();
    started(status === 0);
  }

  /** While it has nothing to do it does not keep our process alive. */
  #rest(): void {
    (this.#child.stdout as Readable & { unref?: () => void }).unref?.();
    (this.#child.stdin as Writable & { unref?: () => void }).unref?.();
  }

  #reported(status: number): void {
    const current = this.#current;
    if (!current || current.status !== undefined) return;
    current.status = status;
    if (current.reader.drain()) this.#finish();
    else this.#follow();
  }

  #follow(): void {
    const current = this.#current;
    current?.reader.follow(() => {
      if (this.#current === current && current.status !== undefined) this.#finish();
    });
  }

  /** Its process has ended, which the command that runs takes part in: somebody ended the group, or this shell. */
  #ended(how: number | string, bySignal = false): void {
    if (this.#dead) return;
    this.#dead = true;
    const started = this.#started;
    this.#started = undefined;
    started?.(false);
    const current = this.#current;
    if (!current || current.status !== undefined) return;
    if (!bySignal) current.failure = typeof how === 'string' ? how : `its shell ended with status ${how}`;
    current.reader.noWriterComes();
    this.#reported(typeof how === 'string' ? 0 : how);
  }

  #finish(): void {
    const current = this.#current;
    if (!current) return;
    this.#clear();
    this.#rest();
    const { failure, status = 0, output } = current;
    current.ended?.(failure === undefined ? { status, ...output.written() } : { failure });
  }

  #clear(): void {
    const current = this.#current;
    this.#current = undefined;
    if (!current) return;
    current.following.cancel();
    current.reader.close();
    if (current.input !== undefined) this.#settings.folder.drop(current.input);
  }
}
