import { expect } from 'vitest';
import type { Store } from '../../store/port.ts';
import type { GetOpened, Must } from './kit.ts';

export function leases(must: Must, opened: GetOpened): void {
  const store = (): Store => opened().store;
  must(20, 'one holder at a time has a lease', async () => {
    const lease = await store().lease('l', 'one', 60_000);
    expect(lease).toMatchObject({ name: 'l', holder: 'one' });
    expect(await store().lease('l', 'two', 60_000)).toBeUndefined();
    expect(await store().lease('other', 'two', 60_000)).toBeDefined();
    const taken = await Promise.all(['a', 'b', 'c'].map((holder) => store().lease('raced', holder, 60_000)));
    expect(taken.filter((one) => one !== undefined)).toHaveLength(1);
  });

  must(21, 'renewing, or asking again as its holder, starts the time anew', async () => {
    const lease = await store().lease('l', 'one', 1_000);
    await opened().elapse(700);
    expect(await lease?.renew()).toBe(true);
    await opened().elapse(700);
    expect(await store().lease('l', 'two', 1_000)).toBeUndefined();
    expect(await store().lease('l', 'one', 1_000)).toBeDefined();
    await opened().elapse(700);
    expect(await store().lease('l', 'two', 1_000)).toBeUndefined();
  });

  must(22, 'a lease ends with its time, and can no longer be renewed', async () => {
    const lease = await store().lease('l', 'one', 1_000);
    await opened().elapse(1_100);
    expect(await lease?.renew()).toBe(false);
    expect(await store().lease('l', 'two', 1_000)).toBeDefined();
    expect(await lease?.renew()).toBe(false);
  });

  must(
    23,
    'a lease that is released is free; releasing a lost one takes nothing from its new holder',
    async () => {
      const first = await store().lease('l', 'one', 60_000);
      await first?.release();
      const second = await store().lease('l', 'two', 60_000);
      expect(second).toBeDefined();
      await first?.release();
      expect(await store().lease('l', 'three', 60_000)).toBeUndefined();
      expect(await second?.renew()).toBe(true);
    },
  );
}
