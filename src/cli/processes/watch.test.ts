import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { fingerprintOf } from '../../config/index.ts';
import { withFolder } from '../../testing/config-files.ts';
import { until } from '../../testing/until.ts';
import { Watch, type WatchParts } from './watch.ts';

/** A watch of a folder that counts changes; it looks by itself only now and then, unless told otherwise. */
async function watching(folder: string, parts: Partial<WatchParts> = {}) {
  const seen = { changes: 0, looks: 0 };
  const watch = new Watch({
    look: () => {
      seen.looks++;
      return fingerprintOf({ directories: [folder] });
    },
    changed: () => seen.changes++,
    lookMs: 3_600_000,
    ...parts,
  });
  onTestFinished(() => watch.close());
  await watch.start();
  return { seen };
}

test('a file that comes, changes and goes is a change each time', () =>
  withFolder(async (folder) => {
    const { seen } = await watching(folder);
    const file = join(folder, 'a.json');
    await writeFile(file, '{}');
    await until(() => seen.changes === 1, 'it came');
    await writeFile(file, '{"a":1}');
    await until(() => seen.changes === 2, 'it changed');
    await writeFile(join(folder, 'b.json'), '{}');
    await rename(join(folder, 'b.json'), file);
    await until(() => seen.changes >= 3, 'another one took its place');
    const before = seen.changes;
    await rm(file);
    await until(() => seen.changes > before, 'it went');
  }));

test('a folder that comes is watched, with what was in it already', () =>
  withFolder(async (folder) => {
    const { seen } = await watching(folder);
    await mkdir(join(folder, 'more'));
    await writeFile(join(folder, 'more', 'a.json'), '{}');
    await until(() => seen.changes >= 1, 'what was in it is found');
    const before = seen.changes;
    await writeFile(join(folder, 'more', 'b.json'), '{}');
    await until(() => seen.changes > before, 'and what comes later');
  }));

test('a folder that goes and comes again is watched again', () =>
  withFolder(async (folder) => {
    const inner = join(folder, 'conf');
    await mkdir(inner);
    const { seen } = await watching(folder);
    await rm(inner, { recursive: true });
    await mkdir(inner);
    await writeFile(join(inner, 'a.json'), '{}');
    await until(() => seen.changes >= 1, 'its file is found');
    const before = seen.changes;
    await writeFile(join(inner, 'a.json'), '{"a":1}');
    await until(() => seen.changes > before, 'and a change of it');
  }));

test('what changed between the reading and the watching is a change', () =>
  withFolder(async (folder) => {
    const before = await fingerprintOf({ directories: [folder] });
    const same = await watching(folder, { seen: before });
    expect(same.seen.changes).toBe(0);
    await writeFile(join(folder, 'a.json'), '{}');
    const { seen } = await watching(folder, { seen: before });
    expect(seen.changes).toBe(1);
  }));

test('where the system tells nothing it looks by itself', () =>
  withFolder(async (folder) => {
    let text = 'a';
    const look = async () => ({ text, directories: [join(folder, 'missing')] });
    const { seen } = await watching(folder, { look, lookMs: 5 });
    text = 'b';
    await until(() => seen.changes === 1, 'the change is seen');
  }));
