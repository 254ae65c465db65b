import { expect } from 'vitest';
import type { Change } from '../../store/port.ts';
import {
  append,
  change,
  contentOf,
  deepFreeze,
  type Get,
  HOSTILE_TEXTS,
  type Must,
  names,
  type OpenedStore,
  put,
  ref,
} from './kit.ts';

export function documents(must: Must, store: Get): void {
  must(1, 'get answers in the order of the refs, undefined where there is no document', async () => {
    await store().commit([change(put('a', 'x', { n: 1 }), put('b', 'x', { n: 2 }))]);
    const found = await store().get([ref('b', 'x'), ref('a', 'y'), ref('a', 'x'), ref('b', 'x')]);
    expect(found.map((one) => one?.value)).toEqual([{ n: 2 }, undefined, { n: 1 }, { n: 2 }]);
    expect(await store().get([])).toEqual([]);
  });

  must(4, 'what a commit resolved for is seen by every read that begins afterwards', async () => {
    for (let n = 0; n < 20; n++) {
      await store().commit([change(put('a', 'x', { n })), append('long/a', n, { n })]);
      expect(await contentOf(store(), 'a', 'x')).toEqual({ n });
      expect((await store().list('a')).items[0]?.value).toEqual({ n });
      expect((await store().readLog('long/a', { limit: 1 }))[0]?.entry).toEqual({ n });
    }
  });

  must(10, 'undefined deletes; deleting what is not there is no error', async () => {
    await store().commit([change(put('a', 'x', { n: 1 }))]);
    await store().commit([change(put('a', 'x', undefined), put('a', 'never', undefined))]);
    expect(await store().get([ref('a', 'x'), ref('a', 'never')])).toEqual([undefined, undefined]);
    expect((await store().list('a')).items).toEqual([]);
  });
}

export function values(must: Must, store: Get, reopen: OpenedStore['reopen']): void {
  const hostile = (): Change[] =>
    HOSTILE_TEXTS.map((text) =>
      change(
        put('hostile', text, JSON.parse(`{"__proto__":{"x":1},"":null,"text":${JSON.stringify(text)}}`)),
      ),
    );

  must(2, 'names and values come back as they were given, hostile ones as well', async () => {
    await store().commit(hostile());
    await store().commit([change(put('__proto__', 'x', [])), change(put('', '', { empty: {} }))]);
    for (const how of [undefined, 'closed', 'killed'] as const) {
      const reader = how ? await reopen(how) : store();
      for (const { writes } of hostile()) {
        const found = await contentOf(reader, 'hostile', writes[0]?.name ?? '');
        expect(JSON.stringify(found)).toBe(JSON.stringify(writes[0]?.value));
      }
      expect(await contentOf(reader, '__proto__', 'x')).toEqual([]);
      expect(await contentOf(reader, '', '')).toEqual({ empty: {} });
      expect(names(await reader.list('hostile'))).toEqual([...HOSTILE_TEXTS].sort());
    }
  });

  must(2, 'null, false, zero and texts are documents, and a value of 16 MiB comes back', async () => {
    const big = 'ö'.repeat(8 << 20);
    await store().commit([
      change(put('plain', 'null', null), put('plain', 'false', false), put('plain', 'zero', 0)),
      change(put('plain', 'text', 'text'), put('plain', 'big', { big })),
    ]);
    for (const how of [undefined, 'closed'] as const) {
      const reader = how ? await reopen(how) : store();
      const read = (name: string): Promise<unknown> => contentOf(reader, 'plain', name);
      expect([await read('null'), await read('false'), await read('zero'), await read('text')]).toEqual([
        null,
        false,
        0,
        'text',
      ]);
      expect(((await read('big')) as { big: string }).big === big).toBe(true);
    }
  });

  must(3, 'a value that was given is not changed', async () => {
    const value = deepFreeze({ a: [1, { b: 2 }], c: 'd' });
    await store().commit([deepFreeze(change(put('a', 'x', value))), deepFreeze(append('long/a', 1, value))]);
    await store().commit([deepFreeze(change(put('a', 'x', undefined)))]);
    expect(value).toEqual({ a: [1, { b: 2 }], c: 'd' });
  });

  must(
    11,
    'a value that is no JSON rejects with kind `bug`, and nothing of the commit is written',
    async () => {
      const circle: { circle?: unknown } = {};
      circle.circle = circle;
      for (const bad of [circle, 1n, () => 1]) {
        const commit = store().commit([change(put('a', 'good', 1)), change(put('a', 'bad', bad))]);
        await expect(commit).rejects.toMatchObject({ kind: 'bug' });
      }
      expect(await store().get([ref('a', 'good'), ref('a', 'bad')])).toEqual([undefined, undefined]);
    },
  );
}
