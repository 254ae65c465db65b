import { readdir } from 'node:fs/promises';
import type { Clock } from '../../runtime/clock.ts';
import { errorText, TocsinError } from '../../runtime/errors.ts';
import type { Log } from '../../runtime/log.ts';
import type { Random } from '../../runtime/random.ts';
import { makeFolder } from '../../runtime/system/folder.ts';
import { checkKeyOf, MOST_CHECKS } from '../numbers.ts';
import { FileSpool } from './files.ts';
import { Losses } from './losses.ts';
import { Newest } from './newest.ts';
import { beginRun } from './numbering.ts';
import type { NumberedResult, Spool } from './port.ts';
import { Segment, segmentNumber } from './segment.ts';

export interface SpoolOptions {
  /** Where its files are; it is made when it is not there. One process at a time may use it. */
  folder: string;
  /** Bytes that its files may have together; beyond them the oldest file is dropped. */
  mostBytes: number;
  clock: Clock;
  random: Random;
  log: Log;
}

/**
 * Opens the spool of an agent, with all that is in it. Damaged lines are passed over and counted as lost; a file that
 * cannot be read is left where it is. Rejects with kind `config` (`SPOOL_UNUSABLE`) when nothing can be written in the
 * folder.
 */
export async function openSpool(options: SpoolOptions): Promise<Spool> {
  const { folder, mostBytes, clock, random, log } = options;
  try {
    makeFolder(folder);
    const newest = new Newest();
    const losses = await Losses.of(folder, log);
    const run = await beginRun(folder, { nowMs: clock.now(), random });
    const waiting = new Waiting(run.boot);
    const { segments, highest } = await recover(folder, { newest, losses, waiting, log });
    const numbering = { ...run, waiting: waiting.last, complete: waiting.complete };
    const parts = { folder, mostBytes, clock, log, segments, highest, losses, newest, numbering };
    const spool = new FileSpool(parts);
    await spool.begin();
    return spool;
  } catch (error) {
    throw new TocsinError(
      'SPOOL_UNUSABLE',
      `the agent cannot keep results in ${folder}: ${errorText(error)}; give it a folder that it may write to`,
      { cause: error },
    );
  }
}

/** What earlier runs left, oldest first. */
async function recover(
  folder: string,
  parts: { newest: Newest; losses: Losses; waiting: Waiting; log: Log },
): Promise<{ segments: Segment[]; highest: number }> {
  const { newest, losses, waiting, log } = parts;
  const segments: Segment[] = [];
  const numbers = (await readdir(folder)).flatMap((name) => segmentNumber(name) ?? []);
  for (const number of numbers.sort((left, right) => left - right)) {
    const segment = new Segment(folder, number);
    try {
      const lines = await segment.recover();
      for (const { at, result } of lines.results) {
        newest.note(result, { segment: number, at });
        waiting.note(result);
      }
      if (lines.damaged > 0) losses.add(lines.damaged, `lines of its file ${number} are damaged`);
      if (segment.waiting > 0) segments.push(segment);
      else await segment.remove();
    } catch (error) {
      waiting.complete = false;
      log.error('a file of the spool cannot be read and is left where it is', {
        file: number,
        error: errorText(error),
      });
    }
  }
  return { segments, highest: numbers.at(-1) ?? 0 };
}

/** The last number of each check that earlier runs left, of those whose numbers go on. */
class Waiting {
  readonly last = new Map<string, number>();
  complete = true;
  readonly #boot: string;

  constructor(boot: string) {
    this.#boot = boot;
  }

  note({ id, body }: NumberedResult): void {
    if (id.boot !== this.#boot) return;
    const key = checkKeyOf(id.agent, body);
    if (this.last.size >= MOST_CHECKS && !this.last.has(key)) this.complete = false;
    else this.last.set(key, Math.max(id.number, this.last.get(key) ?? 0));
  }
}
