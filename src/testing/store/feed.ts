import { expect } from 'vitest';
import type { Store } from '../../store/port.ts';
import { change, collect, type GetOpened, type Must, OPTIONS, put, range, START_MS } from './kit.ts';

export function feed(must: Must, opened: GetOpened): void {
  const store = (): Store => opened().store;

  must(24, 'the feed has each write and append once, in the order of commit', async () => {
    const start = store().cursor();
    const timeMs = START_MS;
    await Promise.all([
      store().commit([{ writes: [put('a', 'x', 1)], appends: [{ log: 'long/a', timeMs, entry: 2 }] }]),
      store().commit([change(put('a', 'x', 3), put('a', 'y', 4))]),
      store().commit([change({ ...put('a', 'x', 5), expect: 'absent' }), change(put('a', 'x', undefined))]),
    ]);
    const items = await collect(store(), start, 5);
    expect(items.map(({ cursor: _, ...item }) => item)).toEqual([
      { type: 'document', kind: 'a', name: 'x', value: 1 },
      { type: 'log', log: 'long/a', timeMs, entry: 2 },
      { type: 'document', kind: 'a', name: 'x', value: 3 },
      { type: 'document', kind: 'a', name: 'y', value: 4 },
      { type: 'document', kind: 'a', name: 'x', value: undefined },
    ]);
    expect(items.at(-1)?.cursor).toBe(store().cursor());
  });

  must(25, 'a cursor names the place behind its item, and following goes on from there', async () => {
    const start = store().cursor();
    await store().commit(range(0, 20).map((n) => change(put('a', 'x', n))));
    const items = await collect(store(), start, 20);
    for (const [index, item] of items.slice(0, -1).entries()) {
      const [next] = await collect(store(), item.cursor, 1);
      expect(next).toEqual(items[index + 1]);
    }
  });

  must(
    26,
    'without a cursor the feed begins with the call of follow, and goes on as changes come',
    async () => {
      await store().commit([change(put('a', 'x', 'before'))]);
      const ending = new AbortController();
      const feed = store().follow(undefined, ending.signal);
      await store().commit([change(put('a', 'x', 0))]);
      const seen: unknown[] = [];
      for await (const batch of feed) {
        for (const item of batch) seen.push(item.type === 'document' ? item.value : item.type);
        if (seen.length === 4) break;
        await store().commit([change(put('a', 'x', seen.length))]);
      }
      expect(seen).toEqual([0, 1, 2, 3]);
      ending.abort();
    },
  );

  must(27, 'an unknown cursor gets one resync, and what comes behind it', async () => {
    for (const cursor of ['', 'nonsense', '0', '99999999.9999999999999999', `${store().cursor()}1`]) {
      const ending = new AbortController();
      const feed = store().follow(cursor, ending.signal)[Symbol.asyncIterator]();
      const first = await feed.next();
      expect(first.value).toMatchObject([{ type: 'resync' }]);
      const next = feed.next();
      await store().commit([change(put('a', 'x', cursor))]);
      expect((await next).value).toMatchObject([{ type: 'document', value: cursor }]);
      ending.abort();
      expect(await feed.next()).toMatchObject({ done: true });
    }
  });

  must(28, 'a cursor from before a restart goes on exactly or gets resync', async () => {
    for (const how of ['closed', 'killed'] as const) {
      await store().commit([change(put('a', 'x', 1))]);
      const early = store().cursor();
      await store().commit([change(put('a', 'x', 2))]);
      const late = store().cursor();
      await opened().reopen(how);
      await store().commit([change(put('a', 'x', 3))]);
      const [behindEarly] = await collect(store(), early, 1);
      expect([2, 'resync']).toContain(
        behindEarly?.type === 'document' ? behindEarly.value : behindEarly?.type,
      );
      const [behindLate] = await collect(store(), late, 1);
      expect([3, 'resync']).toContain(behindLate?.type === 'document' ? behindLate.value : behindLate?.type);
    }
  });

  must(29, 'a follower that falls too far behind holds nobody up, and gets one resync', async () => {
    const ending = new AbortController();
    const feed = store().follow(undefined, ending.signal)[Symbol.asyncIterator]();
    await store().commit([change(put('a', 'x', 'first'))]);
    expect((await feed.next()).value).toMatchObject([{ value: 'first' }]);
    for (let n = 0; n < OPTIONS.feedItems * 3; n++) await store().commit([change(put('a', 'x', n))]);
    expect((await feed.next()).value).toEqual([{ type: 'resync', cursor: store().cursor() }]);
    const next = feed.next();
    await store().commit([change(put('a', 'x', 'last'))]);
    expect((await next).value).toMatchObject([{ type: 'document', value: 'last' }]);
    ending.abort();
  });

  must(30, 'following ends when its signal aborts, or is aborted already', async () => {
    const ending = new AbortController();
    const feed = store().follow(undefined, ending.signal)[Symbol.asyncIterator]();
    const next = feed.next();
    ending.abort();
    expect(await next).toMatchObject({ done: true });
    const late = store().follow(undefined, AbortSignal.abort())[Symbol.asyncIterator]();
    expect(await late.next()).toMatchObject({ done: true });
  });
}
