import { expect } from 'vitest';
import type { Write } from '../../store/port.ts';
import { change, contentOf, found, type Get, type Must, names, put, ref, START_MS } from './kit.ts';

export function changes(must: Must, store: Get): void {
  must(5, 'a change of which one write conflicts leaves nothing behind, no log entry either', async () => {
    await store().commit([change(put('a', 'taken', 1))]);
    const committed = await store().commit([
      {
        writes: [put('a', 'new', 1), { ...put('a', 'taken', 2), expect: 'absent' }, put('a', 'newer', 1)],
        appends: [{ log: 'long/a', timeMs: START_MS, entry: 1 }],
      },
    ]);
    expect(committed).toEqual({ conflicts: [0] });
    expect(await contentOf(store(), 'a', 'taken')).toBe(1);
    expect(await store().get([ref('a', 'new'), ref('a', 'newer')])).toEqual([undefined, undefined]);
    expect(await store().readLog('long/a')).toEqual([]);
  });

  must(
    6,
    'a revision holds until the document is written again; `absent` holds while there is none',
    async () => {
      const write = async (value: unknown, expected: Write['expect']): Promise<readonly number[]> =>
        (await store().commit([change({ ...put('a', 'x', value), expect: expected })])).conflicts;
      expect(await write({ n: 1 }, 'absent')).toEqual([]);
      expect(await write({ n: 2 }, 'absent')).toEqual([0]);
      const first = await found(store(), 'a', 'x');
      expect(first.value).toEqual({ n: 1 });
      expect(await write({ n: 2 }, first.revision)).toEqual([]);
      expect(await write({ n: 3 }, first.revision)).toEqual([0]);
      expect(await write({ n: 4 }, undefined)).toEqual([]);
      const second = await found(store(), 'a', 'x');
      expect(await write(undefined, second.revision)).toEqual([]);
      expect(await write({ n: 5 }, second.revision)).toEqual([0]);
      expect(await write({ n: 6 }, 'absent')).toEqual([]);
    },
  );

  must(6, 'revisions come from list as from get', async () => {
    await store().commit([change(put('a', 'x', { n: 1 }))]);
    const revision = (await store().list('a')).items[0]?.revision;
    expect(
      (await store().commit([change({ ...put('a', 'x', { n: 2 }), expect: revision })])).conflicts,
    ).toEqual([]);
    expect(
      (await store().commit([change({ ...put('a', 'x', { n: 3 }), expect: revision })])).conflicts,
    ).toEqual([0]);
  });

  must(7, 'conflicts name exactly the changes that were left undone', async () => {
    await store().commit([change(put('a', '1', 0), put('a', '3', 0))]);
    const batch = ['0', '1', '2', '3', '4'].map((name) => change({ ...put('a', name, 1), expect: 'absent' }));
    expect((await store().commit(batch)).conflicts).toEqual([1, 3]);
    expect((await store().list('a')).items.map((item) => item.value)).toEqual([1, 0, 1, 0, 1]);
    expect((await store().commit([])).conflicts).toEqual([]);
  });

  must(8, 'the changes of a commit take effect in their order', async () => {
    const { conflicts } = await store().commit([
      change({ ...put('a', 'x', 1), expect: 'absent' }),
      change({ ...put('a', 'x', 2), expect: 'absent' }),
      change(put('a', 'x', undefined)),
      change({ ...put('a', 'x', 3), expect: 'absent' }),
    ]);
    expect(conflicts).toEqual([1]);
    expect(await contentOf(store(), 'a', 'x')).toBe(3);
  });

  must(9, 'of writers that saw the same document one wins, also while commits are under way', async () => {
    await store().commit([change(put('a', 'counter', { n: 0 }))]);
    const add = async (): Promise<void> => {
      for (;;) {
        const { value, revision } = await found(store(), 'a', 'counter');
        const next = { n: (value as { n: number }).n + 1 };
        const { conflicts } = await store().commit([
          change({ ...put('a', 'counter', next), expect: revision }),
        ]);
        if (conflicts.length === 0) return;
      }
    };
    await Promise.all(Array.from({ length: 25 }, add));
    expect(await contentOf(store(), 'a', 'counter')).toEqual({ n: 25 });
  });
}

export function lists(must: Must, store: Get): void {
  must(13, 'list gives pages in the order of names, by prefix and behind a name', async () => {
    const all = Array.from({ length: 25 }, (_, index) => `n${index}`).sort();
    await store().commit([...all].reverse().map((name) => change(put('a', name, { name }))));
    await store().commit([change(put('other', 'n1', {}))]);
    const read: string[] = [];
    let after: string | undefined;
    do {
      const page = await store().list('a', { limit: 10, after });
      expect(page.items.length).toBeLessThanOrEqual(10);
      read.push(...names(page));
      after = page.next;
    } while (after !== undefined);
    expect(read).toEqual(all);
    expect(names(await store().list('a', { prefix: 'n1' }))).toEqual(
      all.filter((name) => name.startsWith('n1')),
    );
    const rest = await store().list('a', { prefix: 'n1', after: 'n15', limit: 3 });
    expect(rest).toMatchObject({
      items: [{ name: 'n16', value: { name: 'n16' } }, { name: 'n17' }, { name: 'n18' }],
    });
    expect(names(await store().list('none'))).toEqual([]);
  });

  must(13, 'list sees documents that came and went', async () => {
    await store().commit([change(put('a', 'x', 1), put('a', 'z', 1))]);
    expect(names(await store().list('a'))).toEqual(['x', 'z']);
    await store().commit([change(put('a', 'y', 1), put('a', 'z', undefined))]);
    expect(names(await store().list('a'))).toEqual(['x', 'y']);
  });

  must(32, 'a view, where there is one, is what get answers, and stays the same map', async () => {
    const view = store().view('a');
    if (view === undefined) return;
    await store().commit([change(put('a', 'x', { n: 1 }), put('a', 'y', { n: 2 }))]);
    await store().commit([change(put('a', 'x', undefined))]);
    expect([...view]).toEqual([['y', { n: 2 }]]);
    expect(store().view('a')).toBe(view);
  });
}
