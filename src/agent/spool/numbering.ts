import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Random } from '../../runtime/random.ts';

const FILE = 'numbers';
/** More results than one run of an agent ever has. */
const MOST_OF_A_RUN = 1e9;
/** A clock gives this many numbers for each of its milliseconds. */
const PER_MS = 1_000;

/** Where the numbers of a run begin, so that those of all runs on one folder count up as if it were one. */
export interface RunNumbers {
  boot: string;
  first: number;
}

/**
 * Begins a run: the same boot as the runs before, and numbers above all of theirs. The time is part of them, so that a
 * folder that is brought back from a copy never gives a number twice.
 * Rejects with the system's error when it cannot be written down.
 */
export async function beginRun(
  folder: string,
  { nowMs, random }: { nowMs: number; random: Random },
): Promise<RunNumbers> {
  const path = join(folder, FILE);
  const before = runOf(await readFile(path, 'utf8').catch(() => ''));
  const first = Math.max(Math.floor(nowMs) * PER_MS, before ? before.first + MOST_OF_A_RUN : 0) + 1;
  const run = { boot: before?.boot ?? random.uuid(), first };
  await writeFile(`${path}.next`, JSON.stringify(run), { mode: 0o600 });
  await rename(`${path}.next`, path);
  return run;
}

/** What a file says; undefined for one that is damaged: then another boot begins. */
function runOf(text: string): RunNumbers | undefined {
  try {
    const { boot, first } = JSON.parse(text) as Record<string, unknown>;
    const isRun = typeof boot === 'string' && boot !== '' && Number.isSafeInteger(first);
    return isRun ? { boot, first: first as number } : undefined;
  } catch {
    return undefined;
  }
}
