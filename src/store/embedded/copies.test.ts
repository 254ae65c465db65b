import { mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { silentLog } from '../../runtime/log.ts';
import { ManualClock } from '../../testing/clock.ts';
import type { Store } from '../port.ts';
import { copyStore, inspectStore, restoreStore } from './copies.ts';
import { FORMAT_VERSION } from './format.ts';
import { openEmbeddedStore } from './store.ts';

let folder: string;
const clock = new ManualClock();

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tocsin-copies-'));
});
afterEach(() => rm(folder, { recursive: true }));

const place = (name: string): string => join(folder, name);
const open = (name: string): Promise<Store> =>
  openEmbeddedStore({ folder: place(name), sync: 'process', logs: {}, clock, log: silentLog });

async function storeWith(name: string, value: string): Promise<void> {
  const store = await open(name);
  await store.commit([{ writes: [{ kind: 'a', name: 'x', value: { value } }] }]);
  await store.close();
}

async function valueIn(name: string): Promise<unknown> {
  const store = await open(name);
  const value = store.view('a')?.get('x');
  await store.close();
  return value;
}

describe('copies of a store', () => {
  it('are made of a store at rest, looked into, and restored beside what was there', async () => {
    await storeWith('one', 'first');
    await copyStore(place('one'), place('copy'));
    expect(await inspectStore(place('copy'))).toMatchObject({ format: FORMAT_VERSION });
    await storeWith('one', 'second');
    const { kept, path } = await restoreStore(place('copy'), place('one'));
    expect(path).toBe(join(place('one'), 'tocsin.sqlite'));
    expect(kept).toBe(`${path}.before-restore`);
    expect(await valueIn('one')).toEqual({ value: 'first' });
    expect((await restoreStore(kept ?? '', place('one'))).kept).toBe(`${path}.before-restore-2`);
    expect(await valueIn('one')).toEqual({ value: 'second' });
  });

  it('are restored into a folder that does not exist yet', async () => {
    await storeWith('one', 'first');
    await copyStore(place('one'), place('copy'));
    expect(await restoreStore(place('copy'), place('new/deep'))).toMatchObject({ kept: undefined });
    expect(await valueIn('new/deep')).toEqual({ value: 'first' });
  });

  it('are neither made of nor restored over a store that is in use', async () => {
    await storeWith('one', 'first');
    await copyStore(place('one'), place('copy'));
    const store = await open('one');
    await expect(copyStore(place('one'), place('other'))).rejects.toMatchObject({ code: 'STORE_LOCKED' });
    await expect(restoreStore(place('copy'), place('one'))).rejects.toMatchObject({ code: 'STORE_LOCKED' });
    await store.close();
    expect((await readdir(place('one'))).sort()).toEqual(['tocsin.sqlite']);
    expect(await valueIn('one')).toEqual({ value: 'first' });
  });

  it('are refused when they are damaged, cut or no store, and nothing changes', async () => {
    await storeWith('one', 'first');
    await copyStore(place('one'), place('copy'));
    const { length } = await readFile(place('copy'));
    await truncate(place('copy'), Math.floor(length / 2));
    await writeFile(place('text'), 'no database at all\n'.repeat(100));
    for (const name of ['copy', 'text']) {
      await expect(restoreStore(place(name), place('one'))).rejects.toMatchObject({
        code: 'STORE_FORMAT',
        // It names the file that was given, not the one in which it was looked at.
        message: expect.stringContaining(`${place(name)} cannot be used as a backup: `),
      });
    }
    for (const [copy, message] of [
      ['nothing', 'there is no file'],
      ['one', 'is not a file'],
    ] as const) {
      await expect(restoreStore(place(copy), place('one'))).rejects.toMatchObject({
        code: 'NOT_FOUND',
        message: expect.stringContaining(message),
      });
    }
    expect(await readdir(place('one'))).toEqual(['tocsin.sqlite']);
    expect(await valueIn('one')).toEqual({ value: 'first' });
  });

  it('keep what was there when it cannot be read at all', async () => {
    await storeWith('one', 'first');
    await copyStore(place('one'), place('copy'));
    await writeFile(join(place('one'), 'tocsin.sqlite'), 'spoilt\n'.repeat(1000));
    const { kept } = await restoreStore(place('copy'), place('one'));
    expect(await readFile(kept ?? '', 'utf8')).toContain('spoilt');
    expect(await valueIn('one')).toEqual({ value: 'first' });
  });
});
