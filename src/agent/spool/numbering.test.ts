import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { seededRandom } from '../../testing/random.ts';
import { beginRun } from './numbering.ts';

const NOW_MS = 1_800_000_000_000;
const random = seededRandom();
let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tocsin-numbering-'));
});
afterEach(() => rm(folder, { recursive: true }));

it('every run on a folder goes on behind the one before, whatever the clock says', async () => {
  const first = await beginRun(folder, { nowMs: NOW_MS, random });
  for (const nowMs of [NOW_MS + 60_000, NOW_MS + 60_000, NOW_MS - 86_400_000, 0]) {
    const { boot, first: next } = await beginRun(folder, { nowMs, random });
    expect(boot).toBe(first.boot);
    expect(next).toBeGreaterThan(first.first);
    expect(Number.isSafeInteger(next)).toBe(true);
    first.first = next;
  }
});

it('a folder that is brought back from a copy gives no number twice', async () => {
  const copied = await beginRun(folder, { nowMs: NOW_MS, random });
  const later = await beginRun(folder, { nowMs: NOW_MS + 3_600_000, random });
  await writeFile(join(folder, 'numbers'), JSON.stringify(copied));
  const again = await beginRun(folder, { nowMs: NOW_MS + 7_200_000, random });
  expect(again.first).toBeGreaterThan(later.first + 1_000_000);
});

it('what cannot be read begins another boot', async () => {
  const before = await beginRun(folder, { nowMs: NOW_MS, random });
  for (const text of ['', 'null', '{"boot":7,"first":1}', '{"boot":"x","first":1e300}', before.boot]) {
    await writeFile(join(folder, 'numbers'), text);
    expect((await beginRun(folder, { nowMs: NOW_MS, random })).boot).not.toBe(before.boot);
  }
});
