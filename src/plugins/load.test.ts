import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { filePairs } from '../testing/file-pairs.ts';
import { checkContext } from '../testing/plugin-context.ts';
import { load, outcomeOf, parseLoad, readLoad } from './load.ts';

const FIXTURES = join(import.meta.dirname, 'fixtures', 'loadavg');

describe('load', () => {
  it.each(filePairs(FIXTURES))('reads $name', ({ text, expected }) => {
    expect(parseLoad(text)).toEqual(expected);
  });

  it.each(['', '1', 'a b c d', '1.0 2.0'])('refuses %j', (text) => {
    expect(() => parseLoad(text)).toThrow(/not what \/proc\/loadavg holds/);
  });

  it('compares the load per core', () => {
    const outcome = outcomeOf([7, 2, 1], 2, {});
    expect(outcome).toEqual({
      status: 1,
      output:
        "LOAD WARNING: 7, 2, 1 on 2 cores, 3.5, 1, 0.5 per core | 'load1'=3.5;3;4;0 'load5'=1;2.5;3.5;0 'load15'=0.5;2;3;0",
      fault: 'target',
    });
  });

  it('or the whole load, with limits that mean the same', () => {
    const whole = { per_core: false };
    expect(outcomeOf([7, 2, 1], 2, whole).output).toContain("'load1'=7;6;8;0");
    expect([5.9, 6.1, 8.1].map((one) => outcomeOf([one, 0, 0], 2, whole).status)).toEqual([0, 1, 2]);
    expect(outcomeOf([0, 0, 0], 1, whole).output).toMatch(/^LOAD OK: 0, 0, 0 on 1 core \|/);
  });

  it('takes one range for all averages, or three', () => {
    expect(outcomeOf([1, 1, 9], 1, { critical: '~:8' }).status).toBe(2);
    expect(outcomeOf([9, 1, 1], 1, { warning: [10, 2, 2], critical: ['10', '3', '3'] }).status).toBe(0);
    expect(outcomeOf([1, 1, 2.5], 1, { warning: [10, 2, 2], critical: ['10', '3', '3'] }).status).toBe(1);
    expect(() => outcomeOf([1, 1, 1], 1, { warning: 'much' })).toThrow(/"much" is not a range/);
  });

  it('looks at this machine', async () => {
    const outcome = await load.run({ critical: '~:', warning: '~:' }, checkContext());
    expect(outcome.status).toBe(0);
    expect(outcome.output).toMatch(/^LOAD OK: [\d., ]+ on \d+ cores?, [\d., ]+ per core \| 'load1'=/);
  });

  it('without a proc file system asks the system, if that knows', async () => {
    expect(await readLoad('/nowhere', 'darwin')).toHaveLength(3);
    await expect(readLoad('/nowhere', 'win32')).rejects.toMatchObject({
      fault: 'ours',
      message: expect.stringContaining('/nowhere/loadavg'),
    });
  });
});
