import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Log } from '../../runtime/log.ts';

/** Name of the file that tells how many results went lost, until that is known. */
const LOST_FILE = 'lost';

/** Counts the results that a spool lost; a file remembers how many over the end of the process. */
export class Losses {
  readonly #path: string;
  readonly #log: Log;
  #count: number;

  private constructor(path: string, log: Log, count: number) {
    this.#path = path;
    this.#log = log;
    this.#count = count;
  }

  /** With what earlier runs lost without having told it. */
  static async of(folder: string, log: Log): Promise<Losses> {
    const path = join(folder, LOST_FILE);
    const count = Number(await readFile(path, 'utf8').catch(() => '0'));
    return new Losses(path, log, Number.isSafeInteger(count) && count > 0 ? count : 0);
  }

  get count(): number {
    return this.#count;
  }

  /** To be written down then, with `note`. */
  add(results: number, reason: string): void {
    this.#count += results;
    this.#log.warn('the spool dropped results', { results, reason });
  }

  /** They are known by now; to be written down as well. */
  forget(): void {
    this.#count = 0;
  }

  /** What was lost is told even if we end before. Rejects with the system's error. */
  async note(): Promise<void> {
    if (this.#count > 0) await writeFile(this.#path, String(this.#count), { mode: 0o600 });
    else await rm(this.#path, { force: true });
  }
}
