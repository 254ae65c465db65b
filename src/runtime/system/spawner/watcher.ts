import { type ChildProcess, spawn } from 'node:child_process';
import { SHELL } from './way.ts';

/** Keeps the last line it was given; when our end of its input is gone, ends those process groups and the folder. */
const SCRIPT = `groups=
while read -r line; do groups=$line; done
for group in $groups; do kill -s KILL -- "-$group" 2>/dev/null; done
if [ -n "$1" ]; then rm -rf -- "$1"; fi`;

/**
 * A small `sh` that outlives us for a moment: it is told which process groups are ours, and when we die,
 * however we die, it kills them. It leads a session of its own, so a Ctrl-C for us does not end it.
 * One that was itself killed is started again with the next change.
 */
export class Watcher {
  readonly #folder: string;
  readonly #environment: NodeJS.ProcessEnv;
  #child: ChildProcess | undefined;
  #groups = '';
  #closed = false;

  /** @param folder is removed when we die; '' for none */
  constructor(folder: string, environment: NodeJS.ProcessEnv) {
    this.#folder = folder;
    this.#environment = environment;
  }

  /** Tells it all the process groups that are ours now. */
  tell(groups: Iterable<number>): void {
    if (this.#closed) return;
    this.#groups = [...groups].join(' ');
    this.#child ??= this.#start();
    this.#child.stdin?.write(`${this.#groups}\n`);
  }

  /** Ends it, and starts none again; it kills nothing that it was not told last. Resolves when it has gone. */
  close(): Promise<void> {
    this.#closed = true;
    const child = this.#child;
    this.#child = undefined;
    if (child?.pid === undefined) return Promise.resolve();
    return new Promise((resolve) => {
      child.ref();
      child.once('exit', () => resolve());
      child.stdin?.end();
      if (child.exitCode !== null || child.signalCode !== null) resolve();
    });
  }

  #start(): ChildProcess {
    const child = spawn(SHELL, ['-c', SCRIPT, 'tocsin-watcher', this.#folder], {
      detached: true,
      stdio: ['pipe', 'ignore', 'ignore'],
      env: this.#environment,
    });
    const gone = (): void => {
      if (this.#child === child) this.#child = undefined;
    };
    child.on('error', gone).on('exit', gone);
    child.stdin?.on('error', gone);
    child.unref();
    (child.stdin as unknown as { unref?: () => void } | null)?.unref?.();
    return child;
  }
}
