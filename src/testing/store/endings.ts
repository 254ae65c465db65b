import { expect } from 'vitest';
import type { Store } from '../../store/port.ts';
import { change, contentOf, type GetOpened, type Must, put, range, ref } from './kit.ts';

export function endings(must: Must, opened: GetOpened): void {
  const store = (): Store => opened().store;
  must(12, 'what a commit resolved for survives an end in order and an abrupt one', async () => {
    for (const how of ['closed', 'killed', 'closed'] as const) {
      for (let n = 0; n < 30; n++) {
        await store().commit(
          range(0, 20).map((m) => change(put('a', `${how}-${n % 7}-${m}`, { how, n, m }))),
        );
      }
      await store().commit([change(put('a', `${how}-0-0`, undefined))]);
      const view = (await store().list('a')).items.map(({ name, value }) => ({ name, value }));
      expect(view.length % 139).toBe(0);
      await opened().reopen(how);
      expect((await store().list('a')).items.map(({ name, value }) => ({ name, value }))).toEqual(view);
    }
  });

  must(31, 'close ends what is under way, then every call rejects with kind `closed`', async () => {
    const { store } = opened();
    const lease = await store.lease('l', 'one', 60_000);
    const ending = new AbortController();
    const next = store.follow(undefined, ending.signal)[Symbol.asyncIterator]().next();
    const under = range(0, 10).map((n) => store.commit([change(put('a', `n${n}`, n))]));
    const closing = [store.close(), store.close()];
    expect(store.connected).toBe(false);
    await Promise.all([...under, ...closing]);
    expect((await next).done === true || (await next).value.length > 0).toBe(true);
    const calls = [
      store.get([]),
      store.list('a'),
      store.commit([]),
      store.readLog('long/a'),
      store.dropLogs('long/'),
      store.lease('l', 'two', 1),
      lease?.renew(),
    ];
    for (const call of calls) await expect(call).rejects.toMatchObject({ kind: 'closed' });
    await lease?.release();
    const again = await opened().reopen('closed');
    expect((await again.list('a')).items).toHaveLength(10);
  });
}

export function failures(must: Must, opened: GetOpened): void {
  must(33, 'a second opener is refused in words, or sees what the first one commits', async () => {
    const { store } = opened();
    await store.commit([change(put('a', 'x', 1))]);
    const other = await opened()
      .openAnother()
      .catch((error: unknown) => error as Error & { kind: string });
    if (other instanceof Error) {
      expect(other).toMatchObject({ kind: 'unavailable', message: expect.stringContaining('in use') });
    } else {
      expect(await contentOf(other, 'a', 'x')).toBe(1);
      await other.close();
    }
    await store.commit([change(put('a', 'x', 2))]);
    expect(await contentOf(store, 'a', 'x')).toBe(2);
  });

  must(
    34,
    'when nothing can be made durable commits reject with kind `unavailable`, and nothing is lost',
    async () => {
      const { store } = opened();
      expect(store.connected).toBe(true);
      await store.commit([change(put('a', 'x', 'safe'))]);
      const view = store.view('a');
      const broken = opened().breakDown();
      const under = await Promise.allSettled([
        store.commit([change(put('a', 'x', 'doubtful'))]),
        store.commit([change(put('a', 'y', 'doubtful'))]),
      ]);
      await broken;
      await expect(store.commit([change(put('a', 'z', 1))])).rejects.toMatchObject({ kind: 'unavailable' });
      expect(store.connected).toBe(false);
      if (view && under.every(({ status }) => status === 'rejected'))
        expect([...view]).toEqual([['x', 'safe']]);
      const again = await opened().reopen('killed');
      expect(['safe', 'doubtful']).toContain(await contentOf(again, 'a', 'x'));
      expect((await again.get([ref('a', 'z')]))[0]).toBeUndefined();
      await again.commit([change(put('a', 'z', 2))]);
    },
  );
}
