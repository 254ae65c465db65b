import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { lockFolder } from './folder-lock.ts';

let place: string;
beforeEach(() => {
  place = mkdtempSync(join(tmpdir(), 'tocsin-lock-'));
});
afterEach(() => rmSync(place, { recursive: true }));

it.runIf(process.platform === 'linux')(
  'keeps a folder for one at a time, by whatever name it is called',
  async () => {
    const folder = join(place, 'deep', 'data');
    const release = await lockFolder(folder);
    symlinkSync(folder, join(place, 'link'));
    for (const name of [folder, join(place, 'link')]) {
      await expect(lockFolder(name)).rejects.toMatchObject({
        code: 'FOLDER_IN_USE',
        message: expect.stringContaining(name),
      });
    }
    const other = await lockFolder(join(place, 'other'));
    await release();
    await other();
    await (await lockFolder(folder))();
  },
);
