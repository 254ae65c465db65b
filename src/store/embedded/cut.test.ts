import { copyFile, mkdir, mkdtemp, rm, stat, truncate } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TocsinError } from '../../runtime/errors.ts';
import { silentLog } from '../../runtime/log.ts';
import { ManualClock } from '../../testing/clock.ts';
import { RANDOM_INPUTS, seededRandom } from '../../testing/random.ts';
import type { Store } from '../port.ts';
import { openEmbeddedStore } from './store.ts';

const SEED = Number(process.env['TOCSIN_SEED'] ?? 7);
/** Opening a file takes a thread, so there are fewer of these than of other random inputs. */
const CUTS = Math.ceil(RANDOM_INPUTS / 50);
const COMMITS = 600;
const DOCUMENTS = 60;
const logs = { log: { entries: 100_000, ageMs: 86_400_000 } };

const clock = new ManualClock();
let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tocsin-cut-'));
});
afterEach(() => rm(folder, { recursive: true }));

const open = (name: string): Promise<Store> =>
  openEmbeddedStore({
    folder: join(folder, name),
    sync: 'process',
    logs,
    clock,
    log: silentLog,
  });
const file = (name: string, end = ''): string => join(folder, name, `tocsin.sqlite${end}`);

/** Commit `n` writes one document and one log entry; everything that was committed follows from the number of commits. */
async function fill(store: Store): Promise<void> {
  const padding = 'x'.repeat(1_500);
  for (let n = 0; n < COMMITS; n++) {
    const writes = [{ kind: 'a', name: `d${n % DOCUMENTS}`, value: { n, padding } }];
    const done = store.commit([
      { writes, appends: [{ log: 'log/all', timeMs: clock.now(), entry: { n, padding } }] },
    ]);
    if (n % 50 === 49) await done;
    else done.catch(() => undefined);
  }
}

/** How many commits a store holds; throws when it is not exactly what those leave. */
async function commitsIn(store: Store): Promise<number> {
  const found = [...(store.view('a') ?? [])].map(([, value]) => (value as { n: number }).n);
  const commits = Math.max(-1, ...found) + 1;
  const expected = Array.from({ length: Math.min(commits, DOCUMENTS) }, (_, at) => commits - 1 - at);
  expect(found.sort((one, other) => other - one)).toEqual(expected);
  const entries = await store.readLog('log/all', { limit: COMMITS * 2 });
  expect(entries.map(({ entry }) => (entry as { n: number }).n)).toEqual(
    Array.from({ length: commits }, (_, at) => commits - 1 - at),
  );
  return commits;
}

/** Cuts a file at a byte and opens the store: the commits that are there, or undefined when it was refused. */
async function openCut(from: string, end: string, bytes: number): Promise<number | undefined> {
  await rm(join(folder, 'cut'), { recursive: true, force: true });
  await mkdir(join(folder, 'cut'));
  for (const part of ['', '-wal']) await copyFile(file(from, part), file('cut', part)).catch(() => undefined);
  await truncate(file('cut', end), bytes);
  let store: Store;
  try {
    store = await open('cut');
  } catch (error) {
    expect(error).toBeInstanceOf(TocsinError);
    expect(error).toMatchObject({ code: 'STORE_FORMAT', message: expect.stringContaining(file('cut')) });
    return undefined;
  }
  const commits = await commitsIn(store);
  await store.close();
  return commits;
}

describe('a file that is cut at any byte', () => {
  it('is refused, or holds everything: never a part', async () => {
    const store = await open('whole');
    await fill(store);
    await store.close();
    const { size } = await stat(file('whole'));
    const random = seededRandom(SEED);
    for (let cut = 0; cut < CUTS; cut++) {
      const bytes = 1 + Math.floor(random.number() * (size - 1));
      const commits = await openCut('whole', '', bytes);
      if (commits !== undefined) expect([bytes, commits]).toEqual([bytes, COMMITS]);
    }
    expect(await openCut('whole', '', size)).toBe(COMMITS);
    // One of no bytes at all is a new one.
    expect(await openCut('whole', '', 0)).toBe(0);
  });

  it('leaves a whole beginning when what is cut is the file of newest changes', async () => {
    const store = await open('whole');
    await fill(store);
    await mkdir(join(folder, 'killed'));
    for (const part of ['', '-wal']) await copyFile(file('whole', part), file('killed', part));
    await store.close();
    const { size } = await stat(file('killed', '-wal'));
    const random = seededRandom(SEED + 1);
    for (let cut = 0; cut < CUTS; cut++) {
      const commits = await openCut('killed', '-wal', Math.floor(random.number() * size));
      if (commits !== undefined) expect(commits).toBeLessThanOrEqual(COMMITS);
    }
    expect(await openCut('killed', '-wal', size)).toBe(COMMITS);
  });
});
