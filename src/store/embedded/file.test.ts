import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { copyFile, mkdir, mkdtemp, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { silentLog } from '../../runtime/log.ts';
import { ManualClock } from '../../testing/clock.ts';
import { memoryLog } from '../../testing/log.ts';
import type { Store } from '../port.ts';
import { FORMAT_VERSION } from './format.ts';
import { loadSqlite } from './sqlite.ts';
import { type EmbeddedStoreOptions, openEmbeddedStore } from './store.ts';
import { startThread } from './thread.ts';

let folder: string;
const clock = new ManualClock();
const logs = { log: { entries: 20, ageMs: 60_000 } };

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tocsin-file-'));
});
afterEach(() => rm(folder, { recursive: true }));

const path = (): string => join(folder, 'tocsin.sqlite');
const open = (options: Partial<EmbeddedStoreOptions> = {}): Promise<Store> =>
  openEmbeddedStore({ folder, sync: 'process', logs, clock, log: silentLog, ...options });

/** Copies the files to what a kill at this moment would leave. */
async function copyTo(copy: string): Promise<void> {
  for (const part of ['', '-wal']) if (existsSync(path() + part)) await copyFile(path() + part, copy + part);
}

/** Reads a copy of the file, so that no statement of ours can keep the file itself open. */
async function query(sql: string): Promise<Record<string, unknown>[]> {
  const copy = join(await mkdtemp(join(folder, 'copy-')), 'tocsin.sqlite');
  await copyTo(copy);
  const database = (await loadSqlite())(copy);
  const rows = database.prepare(sql).all() as Record<string, unknown>[];
  database.close();
  return rows;
}

/** Does something to the file that we would never do. */
async function harm(sql: string, file = path()): Promise<void> {
  const database = (await loadSqlite())(file);
  database.exec(sql);
  database.close();
}

/** Writes documents of some kilobytes, over and over, many commits at a time. */
async function fill(store: Store, rounds: number, names = 50): Promise<void> {
  const padding = 'x'.repeat(2_000);
  for (let first = 0; first < rounds; first += 100) {
    const commits = Array.from({ length: 100 }, (_, at) => {
      const n = first + at;
      const name = `d${n % names}`;
      const writes = [{ kind: 'a', name, value: { n, padding } }];
      return store.commit([{ writes, appends: [{ log: `log/${name}`, timeMs: clock.now(), entry: n }] }]);
    });
    await Promise.all(commits);
  }
}

describe('the file of the embedded store', () => {
  it('stays about as large as what it holds, however often that changes', async () => {
    const store = await open();
    await fill(store, 2_500);
    const small = await sizeOf(path());
    await fill(store, 5_000);
    const [journal] = await query('SELECT sum(length(writes)) AS length FROM journal');
    expect(journal?.['length']).toBeGreaterThan(0);
    expect(journal?.['length']).toBeLessThan(9 << 20);
    await store.close();
    expect(await sizeOf(path())).toBeLessThan(Math.max(2 * small, 14 << 20));
    expect(await query('SELECT position FROM journal')).toEqual([]);
    expect(existsSync(`${path()}-wal`)).toBe(false);
  });

  it('deletes log entries beyond their number and age', async () => {
    const store = await open();
    await fill(store, 4_000, 10);
    await store.close();
    const [kept] = await query('SELECT count(*) AS count FROM log_entry');
    expect(kept?.['count']).toBeLessThan(4_300);
    const again = await open();
    await clock.advance(3_600_000);
    await fill(again, 9_000, 1);
    await again.close();
    const cutoffMs = clock.now() - 60_000;
    expect(await query(`SELECT * FROM log_entry WHERE time < ${cutoffMs}`)).toEqual([]);
  });

  it('holds documents as JSON that SQLite reads', async () => {
    const store = await open();
    await fill(store, 300);
    await store.close();
    const values = await query(
      `SELECT json_extract(value, '$[1]') AS name FROM bucket, json_each(documents) ORDER BY name`,
    );
    expect(values.length).toBeGreaterThan(20);
    expect(values[0]).toMatchObject({ name: 'd0' });
  });

  it('refuses a file of a newer format in a sentence, and leaves it as it is', async () => {
    await (await open()).close();
    await harm('PRAGMA user_version = 99');
    const before = await readFile(path());
    await expect(open()).rejects.toMatchObject({
      code: 'STORE_FORMAT',
      message: expect.stringContaining('newer Tocsin'),
    });
    expect((await readFile(path())).equals(before)).toBe(true);
  });

  it('copies a file of an older format, then brings it up to this one', async () => {
    const store = await open();
    await store.commit([{ writes: [{ kind: 'a', name: 'x', value: { kept: true } }] }]);
    await store.close();
    await harm('PRAGMA user_version = 1');
    const again = await open();
    expect(again.view('a')?.get('x')).toEqual({ kept: true });
    await again.commit([{ writes: [{ kind: 'a', name: 'y', value: {} }] }]);
    await again.close();
    const copy = `${path()}.format-1`;
    const database = (await loadSqlite())(copy);
    expect(database.prepare('PRAGMA user_version').get()).toEqual({ user_version: 1 });
    expect(database.prepare('PRAGMA quick_check').get()).toEqual({ quick_check: 'ok' });
    database.close();
    expect(await query('PRAGMA user_version')).toEqual([{ user_version: FORMAT_VERSION }]);
    expect(existsSync(`${copy}.part`)).toBe(false);
  });

  it('leaves a file of an older format alone when it cannot be copied', async () => {
    await (await open()).close();
    await harm('PRAGMA user_version = 1');
    const before = await readFile(path());
    await mkdir(join(`${path()}.format-1`, 'in-the-way'), { recursive: true });
    await expect(open()).rejects.toMatchObject({
      code: 'STORE_UNCOPIED',
      message: expect.stringContaining('nothing was changed'),
    });
    expect((await readFile(path())).equals(before)).toBe(true);
    await rm(`${path()}.format-1`, { recursive: true });
    await (await open()).close();
  });

  it('writes a whole copy while commits go on', async () => {
    const store = await open();
    await fill(store, 300);
    const target = join(folder, 'backup.sqlite');
    const copying = store.backup?.(target);
    await fill(store, 300);
    await copying;
    await store.commit([{ writes: [{ kind: 'b', name: 'later', value: {} }] }]);
    await store.close();
    await mkdir(join(folder, 'restored'));
    await copyFile(target, join(folder, 'restored', 'tocsin.sqlite'));
    const restored = await open({ folder: join(folder, 'restored') });
    const numbers = [...(restored.view('a') ?? [])].map(([name, value]) => [
      name,
      (value as { n: number }).n % 50,
    ]);
    expect(Object.fromEntries(numbers)).toEqual(
      Object.fromEntries(Array.from({ length: 50 }, (_, n) => [`d${n}`, n])),
    );
    expect(restored.view('b')?.size ?? 0).toBe(0);
    expect(await restored.readLog('log/d7')).not.toEqual([]);
    await restored.close();
  });

  it('says why a copy cannot be made, and goes on', async () => {
    const store = await open();
    await fill(store, 10);
    const nowhere = join(folder, 'nowhere', 'copy');
    await expect(store.backup?.(nowhere)).rejects.toMatchObject({
      code: 'STORE_UNAVAILABLE',
      message: expect.stringContaining('not harmed'),
    });
    await fill(store, 10);
    await store.close();
    await expect(store.backup?.(nowhere)).rejects.toMatchObject({ kind: 'closed' });
  });

  it('refuses a database of another program', async () => {
    await harm('CREATE TABLE theirs (x)');
    await expect(open()).rejects.toMatchObject({
      code: 'STORE_FORMAT',
      message: expect.stringContaining('not one of Tocsin'),
    });
  });

  it('refuses a file that is no database, is cut, or has holes in it', async () => {
    await writeFile(
      path(),
      'no database at all, only some text that is long enough to be looked at'.repeat(20),
    );
    await expect(open()).rejects.toMatchObject({
      code: 'STORE_FORMAT',
      message: expect.stringContaining(folder),
    });
    await rm(path());
    const store = await open();
    await fill(store, 400);
    await store.close();
    const whole = await readFile(path());
    await truncate(path(), Math.floor(whole.length / 2 / 4096) * 4096);
    await expect(open()).rejects.toMatchObject({ code: 'STORE_FORMAT' });
    await writeFile(path(), whole);
    await harm(`UPDATE bucket SET documents = substr(documents, 1, 500)`);
    await expect(open()).rejects.toMatchObject({ code: 'STORE_FORMAT' });
    await writeFile(path(), whole);
    await (await open()).close();
  });

  it('refuses a journal with a gap', async () => {
    const store = await open();
    await fill(store, 400);
    const killed = join(folder, 'killed', 'tocsin.sqlite');
    await mkdir(join(folder, 'killed'));
    await copyTo(killed);
    await store.close();
    await harm('DELETE FROM journal WHERE position = (SELECT max(position) - 2 FROM journal)', killed);
    await expect(open({ folder: join(folder, 'killed') })).rejects.toMatchObject({
      code: 'STORE_FORMAT',
      message: expect.stringContaining('gap'),
    });
  });

  it('says so when the folder cannot be made', async () => {
    await writeFile(join(folder, 'file'), '');
    const opening = open({ folder: join(folder, 'file', 'store') });
    await expect(opening).rejects.toMatchObject({
      code: 'STORE_UNAVAILABLE',
      message: expect.stringContaining('file'),
    });
  });

  it('says so when its thread cannot start or ends', async () => {
    for (const [code, reason] of [
      ['throw new Error("no room")', 'no room'],
      ['process.exit(3)', 'its thread ended'],
    ] as const) {
      const opening = open({ startThread: () => new Worker(code, { eval: true }) });
      const message = expect.stringContaining(reason);
      await expect(opening).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE', message });
    }
  });

  it('is locked for other processes as well', async () => {
    const store = await open();
    await store.commit([{ writes: [{ kind: 'a', name: 'x', value: 1 }] }]);
    const reader = `import('@photostructure/sqlite').then(({ DatabaseSync }) => {
      try { new DatabaseSync(process.argv[1]).prepare('SELECT * FROM meta').all(); console.log('read'); }
      catch (error) { console.log(error.message); } })`;
    expect(execFileSync('node', ['-e', reader, path()]).toString()).toContain('locked');
    await store.close();
  });

  it('fails for good when the disk is full, keeps what was committed, and opens again when there is room', async () => {
    const log = memoryLog();
    const store = await open({ log, startThread: (options) => startThread({ ...options, mostPages: 200 }) });
    await store.commit([{ writes: [{ kind: 'a', name: 'first', value: 1 }] }]);
    const writing = fill(store, 10_000, 10_000);
    await expect(writing).rejects.toMatchObject({
      code: 'STORE_UNAVAILABLE',
      message: expect.stringContaining('full'),
    });
    expect(store.connected).toBe(false);
    await expect(store.get([])).rejects.toMatchObject({ kind: 'unavailable' });
    await expect(store.readLog('log/x')).rejects.toMatchObject({ kind: 'unavailable' });
    await expect(store.dropLogs('log/')).rejects.toMatchObject({ kind: 'unavailable' });
    const ending = new AbortController();
    const feed = store.follow(undefined, ending.signal)[Symbol.asyncIterator]();
    await expect(feed.next()).rejects.toMatchObject({ kind: 'unavailable' });
    expect(log.lines.filter(({ level }) => level === 'fatal')).toHaveLength(1);
    const held = [...(store.view('a')?.keys() ?? [])].sort();
    await store.close();
    const again = await open();
    expect([...(again.view('a')?.keys() ?? [])].sort()).toEqual(held);
    expect(held).toContain('first');
    await again.close();
  });
});

describe('SQLite', () => {
  it('says what to install when there is none', async () => {
    const owned = Number.parseInt(process.versions.node, 10) >= 24;
    const missing = owned ? loadSqlite('20.0.0') : loadSqlite('24.0.0');
    const message = expect.stringContaining('npm install @photostructure/sqlite');
    if (!owned) await expect(missing).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE', message });
    else await missing;
  });
});

async function sizeOf(file: string): Promise<number> {
  return (await stat(file)).size;
}

it('a folder that cannot be made is an error that names it, also where the system denies that it is missing', async () => {
  const file = join(folder, 'a-file');
  await writeFile(file, '');
  for (const wrong of [file, join(file, 'below'), '/proc/no/such/folder']) {
    await expect(open({ folder: wrong })).rejects.toMatchObject({
      code: 'STORE_UNAVAILABLE',
      message: expect.stringContaining(wrong),
    });
  }
});
