import { describe, expect, it } from 'vitest';
import { problemsOf } from '../model/problems.ts';
import { disk } from './disk.ts';
import { fileAge } from './file-age.ts';
import { load } from './load.ts';
import { memory } from './memory.ts';
import { processCheck } from './process.ts';

const paths = (plugin: { options: Parameters<typeof problemsOf>[0] }, options: unknown): string[] =>
  problemsOf(plugin.options, options).map(({ path }) => path);

describe('the options of the checks of this machine', () => {
  it.each([disk, memory, load, processCheck])('may all be left out: $name', (plugin) => {
    expect(problemsOf(plugin.options, {})).toEqual([]);
  });

  it('need a path for a file', () => {
    expect(problemsOf(fileAge.options, {})).toMatchObject([
      { path: 'path', expected: expect.stringContaining('a file') },
    ]);
    expect(paths(fileAge, { path: '/a', missing: 'fine' })).toEqual(['missing']);
  });

  it('may be numbers, ranges and ranges with units', () => {
    expect(
      paths(disk, { warning: 80, critical: '90%', free: { warning: '5GiB:' }, inodes: { critical: 95 } }),
    ).toEqual([]);
    expect(paths(load, { warning: [3, '2', '~:1'], critical: 8 })).toEqual([]);
    expect(paths(memory, { swap: { critical: '@10:20' } })).toEqual([]);
  });

  it('are told with what should be there', () => {
    expect(problemsOf(disk.options, { warning: 'high' })).toMatchObject([
      { path: 'warning', expected: expect.stringContaining('a range in percent'), found: '"high"' },
    ]);
    expect(paths(load, { warning: [1, 2] })).toEqual(['warning']);
    expect(paths(processCheck, { nmae: 'nginx' })).toEqual(['nmae']);
    expect(paths(disk, { free: { critcal: '1:' } })).toEqual(['free.critcal']);
  });
});
