import { expect } from 'vitest';
import type { Store } from '../../store/port.ts';
import {
  append,
  change,
  type GetOpened,
  HOSTILE_TEXTS,
  type Must,
  put,
  range,
  ref,
  START_MS,
} from './kit.ts';

export function logs(must: Must, opened: GetOpened): void {
  const store = (): Store => opened().store;
  const fill = async (log: string, from: number, to: number): Promise<void> => {
    const timeMs = START_MS;
    const appends = range(from, to).map((n) => ({ log, timeMs, entry: { n } }));
    await store().commit([{ writes: [], appends }]);
  };
  const read = async (log: string): Promise<unknown[]> =>
    (await store().readLog(log)).map(({ entry }) => (entry as { n: number }).n);

  must(14, 'entries come newest first, and pages neither miss nor repeat one', async () => {
    // Enough for drivers that move older entries elsewhere.
    for (let n = 0; n < 3_000; n += 500) await fill('long/a', n, n + 500);
    await fill('long/b', 0, 5);
    const seen: number[] = [];
    let last = Number.POSITIVE_INFINITY;
    for (let page = await store().readLog('long/a', { limit: 700 }); page.length > 0; ) {
      for (const { sequence, entry } of page) {
        expect(sequence).toBeLessThan(last);
        last = sequence;
        seen.push((entry as { n: number }).n);
      }
      page = await store().readLog('long/a', { limit: 700, before: last });
    }
    expect(seen).toEqual(range(0, 3_000).reverse());
    expect(await read('long/b')).toEqual([4, 3, 2, 1, 0]);
    expect(await read('long/none')).toEqual([]);
  });

  must(14, 'time, entry and name are kept as they were given', async () => {
    const timeMs = START_MS + 0.5;
    const appends = HOSTILE_TEXTS.map((text) => ({ log: `long/${text}`, timeMs, entry: { text } }));
    await store().commit([{ writes: [], appends }]);
    for (const how of [undefined, 'closed'] as const) {
      const reader = how ? await opened().reopen(how) : store();
      for (const text of HOSTILE_TEXTS) {
        expect(await reader.readLog(`long/${text}`)).toMatchObject([{ timeMs, entry: { text } }]);
      }
    }
  });

  must(15, 'no more entries of a log are shown than its family keeps', async () => {
    await fill('short/a', 0, 10);
    expect(await read('short/a')).toEqual([9, 8, 7]);
    await fill('long/other', 0, 3_000);
    await fill('short/a', 10, 11);
    expect(await read('short/a')).toEqual([10, 9, 8]);
    const [, second] = await store().readLog('short/a', { limit: 2 });
    expect(await store().readLog('short/a', { before: second?.sequence ?? 0 })).toHaveLength(1);
    const [, , third] = await store().readLog('short/a');
    expect(await store().readLog('short/a', { before: third?.sequence ?? 0 })).toEqual([]);
  });

  must(16, 'no entry is shown beyond the age of its family', async () => {
    const timeMs = START_MS;
    const at = (ageMs: number) => ({ log: 'long/a', timeMs: timeMs - ageMs, entry: { n: ageMs } });
    await store().commit([{ writes: [], appends: [at(3_700_000), at(3_000_000), at(0)] }]);
    expect(await read('long/a')).toEqual([0, 3_000_000]);
  });

  must(17, 'dropLogs forgets the logs of a prefix, no others, and for good', async () => {
    await fill('long/a/x', 0, 2_000);
    await fill('long/a/y', 0, 5);
    await fill('long/ab', 0, 5);
    await fill('short/a/x', 0, 2);
    await store().dropLogs('long/a/');
    const check = async (): Promise<void> => {
      expect([await read('long/a/x'), await read('long/a/y')]).toEqual([[], []]);
      expect([await read('long/ab'), await read('short/a/x')]).toEqual([
        [4, 3, 2, 1, 0],
        [1, 0],
      ]);
    };
    await check();
    await opened().reopen('killed');
    await check();
    await fill('long/a/x', 7, 8);
    expect(await read('long/a/x')).toEqual([7]);
  });

  must(18, 'entries survive with the commit that wrote them', async () => {
    await fill('long/a', 0, 1_500);
    await opened().reopen('killed');
    await fill('long/a', 1_500, 1_510);
    await opened().reopen('closed');
    expect((await read('long/a')).slice(0, 20)).toEqual(range(1_490, 1_510).reverse());
    expect(await store().readLog('long/a', { limit: 5_000 })).toHaveLength(1_510);
  });

  must(
    19,
    'a log of an unknown family rejects with kind `bug`, and nothing of the commit is written',
    async () => {
      for (const log of ['unknown/a', 'long', '__proto__/a', '']) {
        const commit = store().commit([change(put('a', 'x', 1)), append(log, 1, {})]);
        await expect(commit).rejects.toMatchObject({ kind: 'bug' });
      }
      expect(await store().get([ref('a', 'x')])).toEqual([undefined]);
    },
  );
}
