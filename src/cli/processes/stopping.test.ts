import { expect, test } from 'vitest';
import { silentLog } from '../../runtime/log.ts';
import { closeAll } from './stopping.ts';

const timers = (): number => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;

test('closes the last first, whatever fails', async () => {
  const closed: string[] = [];
  const closer = (name: string) => (): void => {
    closed.push(name);
    if (name === 'b') throw new Error('it hangs');
  };
  expect(await closeAll(['a', 'b', 'c'].map(closer), silentLog)).toBe(true);
  expect(closed).toEqual(['c', 'b', 'a']);
});

test('leaves no timer that would keep alive a process that could not start', async () => {
  const before = timers();
  await closeAll([], silentLog);
  expect(timers()).toBeLessThanOrEqual(before);
});
