import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { filePairs } from '../testing/file-pairs.ts';
import { parseCommandLine, parseStat, parseStatus, readProcesses, userNumber } from './processes.ts';

const FIXTURES = join(import.meta.dirname, 'fixtures');
const signal = new AbortController().signal;

interface Fake {
  name: string;
  state: string;
  uid: number;
  command?: string;
  kb: number;
  ticks: number;
}

describe('what the kernel tells of a process', () => {
  it.each(filePairs(join(FIXTURES, 'process-stat')))('is read from stat: $name', ({ text, expected }) => {
    expect(parseStat(text)).toEqual(expected);
  });

  it.each(filePairs(join(FIXTURES, 'process-status')))('is read from status: $name', ({ text, expected }) => {
    expect(parseStatus(text)).toEqual(expected);
  });

  it.each(['', '1', '1 (a', '1 (a) S', ') (', 'x (a) S 1 2 3 4 5 6 7 8 9 10 11 12 13'])(
    'is nothing when stat is %j',
    (text) => {
      expect(parseStat(text)).toBeUndefined();
    },
  );

  it('is a command line in words', () => {
    expect(parseCommandLine('nginx: worker process\0\0\0')).toEqual(['nginx: worker process']);
    expect(parseCommandLine('sh\0-c\0\0sleep 1\0')).toEqual(['sh', '-c', '', 'sleep 1']);
    expect(parseCommandLine('')).toEqual(['']);
  });
});

describe('the number of a user', () => {
  const passwd = 'root:x:0:0:root:/root:/bin/sh\n# 7:x:9\nbroken\nwww-data:x:33:33::/:\n1000:x:5:5::/:\n';

  it.each([
    ['root', 0],
    ['www-data', 33],
    ['1234', 1234],
    ['1000', 5],
    ['broken', undefined],
    ['nobody', undefined],
  ])('%s is %s', (user, expected) => {
    expect(userNumber(passwd, user)).toBe(expected);
  });
});

describe('counting processes', () => {
  let proc: string;
  beforeEach(() => {
    proc = mkdtempSync(join(tmpdir(), 'tocsin-proc-'));
    mkdirSync(join(proc, 'self'));
    writeFileSync(join(proc, 'self/stat'), '1 (self) S');
    add(1, { name: 'init' });
  });
  afterEach(() => rmSync(proc, { recursive: true }));

  function add(pid: number, given: Partial<Fake>): void {
    const fake: Fake = { name: 'cron', state: 'S', uid: 0, kb: 100, ticks: 50, ...given };
    const { name, state, uid, kb, ticks } = fake;
    const command = fake.command ?? name;
    mkdirSync(join(proc, `${pid}`));
    const stat = `${pid} (${name}) ${state} 1 2 3 4 5 6 7 8 9 10 ${ticks} ${ticks} 0 0 20 0 1`;
    writeFileSync(join(proc, `${pid}`, 'stat'), stat);
    writeFileSync(
      join(proc, `${pid}`, 'status'),
      `Name:\t${name}\nUid:\t9\t${uid}\t9\t9\nVmRSS:\t  ${kb} kB\n`,
    );
    writeFileSync(join(proc, `${pid}`, 'cmdline'), command.replaceAll(' ', '\0'));
  }

  it('takes all, and adds up what they use', async () => {
    add(20, { kb: 3, ticks: 25 });
    expect(await readProcesses({}, signal, proc)).toEqual({
      count: 2,
      memoryBytes: 103 * 1024,
      cpuSeconds: 1.5,
      unseen: 0,
    });
  });

  it('takes those that fit in everything that is asked', async () => {
    add(20, { name: 'nginx', command: 'nginx: master process', uid: 0 });
    add(21, { name: 'nginx', command: 'nginx: worker process', uid: 33 });
    add(22, { name: 'a-name-of-15-ch', command: '/usr/bin/a-name-of-15-characters-and-more -x' });
    add(23, { name: 'nginxx' });
    const count = async (choice: object) => (await readProcesses(choice, signal, proc))?.count;
    expect(await count({ name: 'nginx' })).toBe(2);
    expect(await count({ name: 'nginx', command: 'worker' })).toBe(1);
    expect(await count({ name: 'nginx', uid: 33 })).toBe(1);
    expect(await count({ command: 'process', uid: 0 })).toBe(1);
    expect(await count({ name: 'a-name-of-15-characters-and-more' })).toBe(1);
    expect(await count({ command: 'more -x' })).toBe(1);
    expect(await count({ name: 'ngin' })).toBe(0);
  });

  it('leaves out those that have ended, before or while it looks', async () => {
    add(20, { state: 'Z' });
    mkdirSync(join(proc, '21'));
    add(22, {});
    rmSync(join(proc, '22/status'));
    writeFileSync(join(proc, '23'), 'no folder');
    mkdirSync(join(proc, '24'));
    writeFileSync(join(proc, '24/stat'), '');
    expect(await readProcesses({}, signal, proc)).toMatchObject({ count: 1, unseen: 0 });
  });

  it('notices that processes are hidden from it', async () => {
    rmSync(join(proc, '1'), { recursive: true });
    expect(await readProcesses({}, signal, proc)).toMatchObject({ count: 0, unseen: 1 });
  });

  it('stops when told to, and has nothing to say without a proc file system', async () => {
    expect(await readProcesses({}, AbortSignal.abort(), proc)).toMatchObject({ count: 0 });
    expect(await readProcesses({}, signal, '/nowhere')).toBeUndefined();
  });
});
