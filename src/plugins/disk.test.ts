import { describe, expect, it } from 'vitest';
import { parsePerfdata } from '../plugin.ts';
import { checkContext } from '../testing/plugin-context.ts';
import { disk, judged, outcomeOf, type Space, spaceOf } from './disk.ts';

const GIB = 2 ** 30;

function space(percentUsed: number, inodesUsed = 10): Space {
  const total = 100 * GIB;
  const used = (total * percentUsed) / 100;
  return { total, used, available: total - used, inodes: { total: 1000, used: inodesUsed } };
}

describe('the space of a file system', () => {
  it('is counted as df counts it: what is kept for root is neither used nor available', () => {
    const stats = { bsize: 4096, blocks: 1000, bfree: 500, bavail: 450, files: 100, ffree: 90 };
    const found = spaceOf(stats);
    expect(found).toEqual({
      total: 4096 * 1000,
      used: 4096 * 500,
      available: 4096 * 450,
      inodes: { total: 100, used: 10 },
    });
    expect(judged('/', found, {}).used).toBe(52.6);
    expect(spaceOf({ ...stats, bavail: 2 ** 64 - 5 }).available).toBe(0);
  });

  it('is judged by percent', () => {
    const status = (percent: number, options = {}) => judged('/', space(percent), options).status;
    expect([0, 80, 80.1, 90, 91, 100].map((percent) => status(percent))).toEqual([0, 0, 1, 1, 2, 2]);
    expect(status(95, { warning: '97%', critical: '98' })).toBe(0);
  });

  it('is judged by what is free', () => {
    const free = { warning: '20GiB:', critical: '5GiB:' };
    const limits = { warning: '~:', critical: '~:', free };
    expect([70, 85, 96].map((percent) => judged('/', space(percent), limits).status)).toEqual([0, 1, 2]);
  });

  it('is judged by its inodes when asked to', () => {
    expect(judged('/', space(1, 990), {}).status).toBe(0);
    const finding = judged('/', space(1, 990), { inodes: { warning: 80, critical: '95%' } });
    expect(finding).toMatchObject({ status: 2, text: '/ 1% used, 99 GiB free, 99% of inodes used' });
    const without = { ...space(1), inodes: { total: 0, used: 0 } };
    expect(judged('/', without, { inodes: { critical: '0' } }).items).toHaveLength(1);
  });
});

describe('the outcome of "disk"', () => {
  it('has the worst first and all in its perfdata', () => {
    const findings = [
      judged('/', space(41), {}),
      judged('/var', space(93), {}),
      judged('/home', space(85), {}),
      judged('/srv', space(50), {}),
      judged('/opt', space(2), {}),
    ];
    const outcome = outcomeOf(findings);
    expect(outcome).toMatchObject({ status: 2, fault: 'target' });
    expect(outcome.output.split('\n')).toEqual([
      expect.stringMatching(
        /^DISK CRITICAL: \/var 93% used, 7 GiB free; \/home 85% used, 15 GiB free; \/srv .*; 2 more below \| '\/var'=93%;80;90;0;100 /,
      ),
      '/ 41% used, 59 GiB free',
      '/opt 2% used, 98 GiB free',
    ]);
    expect(parsePerfdata(outcome.output).map(({ label }) => label)).toEqual([
      '/var',
      '/home',
      '/srv',
      '/',
      '/opt',
    ]);
  });

  it('is one line when there is little to tell', () => {
    expect(outcomeOf([judged('/', space(41), {})])).toEqual({
      status: 0,
      output: "DISK OK: / 41% used, 59 GiB free | '/'=41%;80;90;0;100",
    });
  });

  it('puts what could not be read before a warning and behind what is critical', () => {
    const unread = {
      path: '/x',
      status: 3,
      used: 100,
      text: 'no permission',
      items: [],
      fault: 'ours' as const,
    };
    expect(outcomeOf([judged('/', space(85), {}), unread])).toMatchObject({ status: 3, fault: 'ours' });
    expect(outcomeOf([unread, judged('/', space(95), {})])).toMatchObject({ status: 2, fault: 'target' });
  });

  it('is unknown when nothing fits, and tells what was left out', () => {
    expect(outcomeOf([])).toMatchObject({ status: 3, fault: 'ours' });
    expect(outcomeOf([judged('/', space(1), {})], 7).output).toContain('; 7 not looked at |');
  });
});

describe('disk on this machine', () => {
  it('finds a file system without options', async () => {
    const outcome = await disk.run({ warning: '~:', critical: '~:' }, checkContext());
    expect(outcome.status).toBe(0);
    expect(outcome.output).toMatch(/^DISK OK: \/\S* [\d.]+% used, [\d.]+ [KMGTP]?i?B free/);
  });

  it('looks at a named path, and says when it is not there', async () => {
    const everything = { warning: '~:', critical: '~:', paths: [import.meta.dirname] };
    const outcome = await disk.run(everything, checkContext());
    expect(outcome.output).toContain(`DISK OK: ${import.meta.dirname} `);
    const missing = await disk.run({ paths: ['/no/such/place'] }, checkContext());
    expect(missing).toEqual({
      status: 2,
      output: 'DISK CRITICAL: /no/such/place is not there',
      fault: 'target',
    });
  });

  it('leaves out file systems without space unless they are named', async () => {
    const none = await disk.run({ types: ['proc'] }, checkContext());
    expect(none).toMatchObject({ status: 3, fault: 'ours' });
    expect((await disk.run({ paths: ['/proc'] }, checkContext())).output).toContain("'/proc'=0%");
  });

  it('ends when it is told to', async () => {
    const outcome = await disk.run({}, checkContext({ signal: AbortSignal.abort() }));
    expect(outcome).toMatchObject({
      status: 3,
      fault: 'ours',
      output: expect.stringContaining('stopped waiting'),
    });
  });
});
