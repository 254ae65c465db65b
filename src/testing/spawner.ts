import type { CommandLine, Execution, Spawner } from '../runtime/spawner.ts';

/** A spawner that runs nothing: a test sees each command line and says how it ends, or lets it hang. */
export class FakeSpawner implements Spawner {
  /** Every command line, in order of arrival. */
  readonly lines: CommandLine[] = [];
  /** Commands end with this at once; `hang`: they run until `finish` or `close`. */
  answer: Partial<Execution> | 'hang' = {};
  /** True: `close` never resolves and nothing that hangs is ended, which no real spawner does. */
  stuck = false;
  closed = false;
  readonly #ends: ((execution: Partial<Execution>) => void)[] = [];

  get running(): number {
    return this.#ends.length;
  }

  readonly waiting = 0;

  run(line: CommandLine): Promise<Execution> {
    this.lines.push(line);
    const whole = (part: Partial<Execution>): Execution => ({
      status: 0,
      output: 'ok\n',
      durationMs: 1,
      ended: 'exit',
      ...part,
    });
    if (this.closed) return Promise.resolve(whole({ ended: 'stopped' }));
    if (this.answer !== 'hang') return Promise.resolve(whole(this.answer));
    return new Promise((resolve) => this.#ends.push((part) => resolve(whole(part))));
  }

  /** Ends all commands that hang. */
  finish(execution: Partial<Execution> = {}): void {
    for (const end of this.#ends.splice(0)) end(execution);
  }

  close(): Promise<void> {
    this.closed = true;
    if (this.stuck) return new Promise(() => {});
    this.finish({ ended: 'stopped' });
    return Promise.resolve();
  }
}
