import { mkdirSync, mkdtempSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ManualClock } from '../testing/clock.ts';
import { checkContext } from '../testing/plugin-context.ts';
import { fileAge, outcomeOf } from './file-age.ts';

const HOUR = 3600;

describe('file_age', () => {
  const clock = new ManualClock();
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'tocsin-file-age-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  function write(name: string, ageSeconds: number, text = 'backup'): string {
    const path = join(folder, name);
    writeFileSync(path, text);
    const at = clock.now() / 1000 - ageSeconds;
    utimesSync(path, at, at);
    return path;
  }

  const run = (options: Parameters<typeof fileAge.run>[0]) => fileAge.run(options, checkContext({ clock }));

  it('tells the age and size of a file', async () => {
    const path = write('a', 2 * HOUR + 5);
    expect(await run({ path })).toEqual({
      status: 0,
      output: `FILE AGE OK: ${path} written 2 h 5 s ago, 6 B | 'age'=7205s;90000;176400 'size'=6B;;;0`,
    });
  });

  it('alerts by age', async () => {
    const path = write('a', 26 * HOUR);
    expect(await run({ path })).toMatchObject({ status: 1, fault: 'target' });
    expect(await run({ path, warning: 60, critical: 600 })).toMatchObject({ status: 2, fault: 'target' });
    expect(await run({ path, warning: `${30 * HOUR}` })).toMatchObject({ status: 0 });
  });

  it('alerts by size', async () => {
    const path = write('a', 0, 'x'.repeat(2000));
    expect(await run({ path, size: { critical: '1KiB:' } })).toMatchObject({ status: 0 });
    expect(await run({ path, size: { warning: '~:1KiB' } })).toMatchObject({ status: 1 });
    expect(await run({ path: write('b', 0, ''), size: { critical: '1:' } })).toMatchObject({ status: 2 });
  });

  it('takes the newest file that fits', async () => {
    write('db-1.sql', 5 * HOUR);
    const newest = write('db-2.sql', 3 * HOUR);
    write('db-3.sql.part', HOUR);
    write('.db-4.sql', HOUR);
    mkdirSync(join(folder, 'db-5.sql'));
    symlinkSync(join(folder, 'nowhere'), join(folder, 'db-6.sql'));
    expect((await run({ path: join(folder, 'db-*.sql') })).output).toContain(`${newest} written 3 h ago`);
    expect((await run({ path: join(folder, '*.sql') })).output).toContain(newest);
    expect((await run({ path: join(folder, '.*.sql') })).output).toContain('.db-4.sql');
  });

  it('is critical when there is no such file, or what is asked for', async () => {
    const path = join(folder, 'none');
    expect(await run({ path })).toEqual({
      status: 2,
      output: `FILE AGE CRITICAL: there is no file ${path}`,
      fault: 'target',
    });
    expect(await run({ path: join(path, '*.sql') })).toMatchObject({ status: 2 });
    expect(await run({ path: folder, missing: 'unknown' })).toMatchObject({ status: 3, fault: 'target' });
    expect(await run({ path, missing: 'warning' })).toMatchObject({ status: 1 });
    expect(await run({ path, missing: 'ok' })).toEqual({
      status: 0,
      output: `FILE AGE OK: there is no file ${path}`,
    });
  });

  it('takes a clock that is a little ahead for now, and alerts on the future', () => {
    const outcome = (aheadMs: number) =>
      outcomeOf({ path: '/a', modifiedMs: 1_000_000 + aheadMs, sizeBytes: 1 }, { path: '/a' }, 1_000_000);
    expect(outcome(30_000)).toMatchObject({ status: 0, output: expect.stringContaining("'age'=0s") });
    expect(outcome(3_600_000)).toMatchObject({
      status: 2,
      output: expect.stringContaining("/a dated 1 h in the future, 1 B | 'age'=-3600s"),
    });
  });

  it('refuses a "*" in the folder', async () => {
    const outcome = await run({ path: `${folder}/*/db.sql` });
    expect(outcome).toMatchObject({
      status: 3,
      fault: 'ours',
      output: expect.stringContaining('behind the last "/"'),
    });
  });

  it('ends when it is told to', async () => {
    const context = checkContext({ clock, signal: AbortSignal.abort() });
    expect(await fileAge.run({ path: '/etc/passwd' }, context)).toMatchObject({ status: 3, fault: 'ours' });
  });
});
