import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { filePairs } from '../testing/file-pairs.ts';
import { checkContext } from '../testing/plugin-context.ts';
import { limitedMemory, type Memory, memory, outcomeOf, parseMeminfo, readMemory } from './memory.ts';

const GIB = 2 ** 30;
const MACHINE: Memory = {
  total: 16 * GIB,
  available: 8 * GIB,
  swap: { total: 4 * GIB, free: 3 * GIB },
  limited: false,
};

let root: string | undefined;
afterEach(() => {
  if (root !== undefined) rmSync(root, { recursive: true });
  root = undefined;
});

describe('memory', () => {
  it.each(filePairs(join(import.meta.dirname, 'fixtures', 'meminfo')))(
    'reads $name',
    ({ text, expected }) => {
      expect(parseMeminfo(text)).toEqual(expected);
    },
  );

  it('refuses a text without a total', () => {
    expect(() => parseMeminfo('MemFree: 12 kB\n')).toThrow(/no MemTotal/);
  });

  it('judges what is used', () => {
    const used = (percent: number): Memory => ({ ...MACHINE, available: (16 * GIB * (100 - percent)) / 100 });
    expect([50, 80, 81, 91].map((percent) => outcomeOf(used(percent), {}).status)).toEqual([0, 0, 1, 2]);
    expect(outcomeOf(used(95), { critical: '99%' })).toMatchObject({ status: 1, fault: 'target' });
    expect(outcomeOf(MACHINE, {}).output).toBe(
      "MEMORY OK: 50% used, 8 GiB of 16 GiB available; swap 25% used | 'memory'=50%;80;90;0;100 " +
        `'available'=${8 * GIB}B;;;0;${16 * GIB} 'swap'=25%;;;0;100`,
    );
  });

  it('judges swap when asked to, and its absence is no problem', () => {
    expect(outcomeOf(MACHINE, { swap: { warning: 20 } }).status).toBe(1);
    expect(outcomeOf(MACHINE, { swap: { warning: 20, critical: '24%' } }).status).toBe(2);
    const none = outcomeOf({ ...MACHINE, swap: { total: 0, free: 0 } }, { swap: { critical: 50 } });
    expect(none.status).toBe(0);
    expect(none.output).toContain('; no swap |');
  });

  it('cuts the machine down to a container', () => {
    const stat = `anon 1\nfile 2\ninactive_file ${GIB}\nactive_file 7\n`;
    const group = { max: `${4 * GIB}\n`, current: `${3 * GIB}\n`, stat, swapMax: '0\n', swapCurrent: '0\n' };
    const limited = { total: 4 * GIB, available: 2 * GIB, swap: { total: 0, free: 0 }, limited: true };
    expect(limitedMemory(MACHINE, group)).toEqual(limited);
    expect(outcomeOf(limited, {}).output).toContain("50% used, 2 GiB of the container's 4 GiB available");
    expect(limitedMemory({ ...MACHINE, available: GIB }, group).available).toBe(GIB);
    expect(limitedMemory(MACHINE, { ...group, current: `${9 * GIB}`, stat: undefined }).available).toBe(0);
    expect(limitedMemory(MACHINE, { ...group, swapMax: 'max\n' }).swap).toEqual(MACHINE.swap);
    expect(limitedMemory(MACHINE, { ...group, swapMax: `${GIB}`, swapCurrent: `${GIB / 2}` }).swap).toEqual({
      total: GIB,
      free: GIB / 2,
    });
  });

  it.each([
    { max: 'max\n', current: '5\n', stat: '' },
    { max: undefined, current: undefined, stat: undefined },
    { max: `${2 ** 60}`, current: '5', stat: '' },
    { max: 'nonsense', current: '5', stat: '' },
    { max: '5', current: '', stat: '' },
  ])('leaves the machine whole with %j', (group) => {
    expect(limitedMemory(MACHINE, group)).toEqual(MACHINE);
  });

  it('takes the limit of a container, not that of the service that an agent is', async () => {
    const folders = fakeFolders(`MemTotal: ${16 * 1024 ** 2} kB\nMemAvailable: ${8 * 1024 ** 2} kB\n`, {
      'memory.max': `${4 * GIB}\n`,
      'memory.current': `${GIB}\n`,
    });
    writeFileSync(join(folders.proc, 'self/cgroup'), '0::/system.slice/tocsin.service\n');
    expect(await readMemory(folders)).toMatchObject({ total: 16 * GIB, limited: false });
    writeFileSync(join(folders.proc, 'self/cgroup'), '0::/\n');
    expect(await readMemory(folders)).toMatchObject({ total: 4 * GIB, available: 3 * GIB, limited: true });
  });

  it('looks at this machine', async () => {
    const outcome = await memory.run({ warning: '~:', critical: '~:' }, checkContext());
    expect(outcome).toMatchObject({ status: 0, output: expect.stringMatching(/^MEMORY OK: [\d.]+% used, /) });
  });

  it('says so where the memory cannot be read', async () => {
    const nowhere = { proc: '/nowhere', cgroup: '/nowhere' };
    await expect(readMemory(nowhere, 'darwin')).rejects.toMatchObject({ fault: 'ours' });
    expect((await readMemory(nowhere, 'win32')).total).toBeGreaterThan(0);
  });
});

function fakeFolders(meminfo: string, group: Record<string, string>): { proc: string; cgroup: string } {
  root = mkdtempSync(join(tmpdir(), 'tocsin-memory-'));
  const folders = { proc: join(root, 'proc'), cgroup: join(root, 'cgroup') };
  mkdirSync(join(folders.proc, 'self'), { recursive: true });
  mkdirSync(folders.cgroup);
  writeFileSync(join(folders.proc, 'meminfo'), meminfo);
  for (const [name, text] of Object.entries(group)) writeFileSync(join(folders.cgroup, name), text);
  return folders;
}
