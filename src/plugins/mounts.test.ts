import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { filePairs } from '../testing/file-pairs.ts';
import { chosenMounts, type MountChoice, parseMounts, readMounts } from './mounts.ts';

const PAIRS = filePairs(join(import.meta.dirname, 'fixtures', 'mounts'));
const SERVER = parseMounts(PAIRS.find(({ name }) => name === 'server')?.text ?? '');

const paths = (choice: MountChoice): string[] => chosenMounts(SERVER, choice).map(({ path }) => path);

describe('mounts', () => {
  it.each(PAIRS)('are read from $name', ({ text, expected }) => {
    expect(parseMounts(text)).toEqual(expected);
  });

  it('never make reading throw', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(Array.isArray(parseMounts(text))).toBe(true);
      }),
    );
  });

  it('are those of this machine, or none where there is no proc file system', async () => {
    expect((await readMounts())?.some(({ path }) => path === '/')).toBe(true);
    expect(await readMounts('/nowhere')).toBeUndefined();
  });

  it('are by default the local ones that can fill up, each device once', () => {
    expect(paths({})).toEqual(['/', '/boot', '/boot/efi', '/srv/backup', '/data', '/mnt/usb']);
  });

  it('are left out by path and by type', () => {
    expect(paths({ exclude_paths: ['/boot*'], exclude_types: ['zfs', 'fuse*'] })).toEqual(['/', '/data']);
  });

  it('are chosen by type, those that may not answer last', () => {
    expect(paths({ types: ['nfs*', 'tmpfs'] })).toEqual(['/run', '/home']);
    expect(paths({ types: ['nope'] })).toEqual([]);
  });

  it('are chosen by path, with the device of a named path as often as it is named', () => {
    expect(paths({ paths: ['/data', '/data/snapshots', '/data'] })).toEqual(['/data', '/data/snapshots']);
    expect(paths({ paths: ['/boot*'], exclude_paths: ['/boot'] })).toEqual(['/boot/efi']);
    expect(paths({ paths: ['/run'], types: ['zfs', 'tmpfs'] })).toEqual(['/run', '/srv/backup']);
  });

  it('stand in for a named path where nothing is mounted', () => {
    const [backup, log] = chosenMounts(SERVER, { paths: ['/home/backup', '/var/log'] }).reverse();
    expect(backup).toEqual({ source: 'files.example.com:/export/home', path: '/home/backup', type: 'nfs4' });
    expect(log).toEqual({ source: '/dev/mapper/vg0-root', path: '/var/log', type: 'xfs' });
    expect(chosenMounts([], { paths: ['/data'] })).toEqual([{ source: '', path: '/data', type: '' }]);
  });
});
