import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Buckets, bucketOf, joinLines, keyOf, splitLines } from './buckets.ts';

const lineOf = (kind: string, name: string, value?: unknown): string =>
  JSON.stringify(value === undefined ? [kind, name] : [kind, name, value]);

describe('lines', () => {
  it('have the key that their kind and name make, whatever these are', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary' }),
        fc.string({ unit: 'binary' }),
        fc.jsonValue(),
        (kind, name, value) => {
          const key = `[${JSON.stringify(kind)},${JSON.stringify(name)}`;
          expect(keyOf(lineOf(kind, name, value))).toBe(key);
          expect(keyOf(lineOf(kind, name))).toBe(key);
        },
      ),
    );
    for (const name of ['\\', '"', '\\"', '\\\\"],["', '","']) {
      expect(keyOf(lineOf(name, name, [name]))).toBe(`[${JSON.stringify(name)},${JSON.stringify(name)}`);
    }
  });

  it('come back from a joined text', () => {
    fc.assert(
      fc.property(fc.array(fc.jsonValue()), (values) => {
        const lines = values.map((value) => lineOf('a', 'b', value));
        expect(splitLines(joinLines(lines))).toEqual(lines);
        expect(JSON.parse(joinLines(lines))).toHaveLength(lines.length);
      }),
    );
  });
});

describe('buckets', () => {
  it('always make the documents together with the snapshots, and wait for a bounded journal', () => {
    const name = fc.integer({ min: 0, max: 300 }).map(String);
    const change = fc.tuple(name, fc.option(fc.integer({ min: 0, max: 3_000 })));
    fc.assert(
      fc.property(fc.array(change, { minLength: 200, maxLength: 600 }), (changes) => {
        const buckets = new Buckets();
        const snapshots = new Map<number, string>();
        const expected = new Map<string, string>();
        const rows: number[] = [];
        for (const [position, [name, length]] of changes.entries()) {
          const line = lineOf('a', name, length === null ? undefined : { text: 'x'.repeat(length) });
          if (length === null) expected.delete(name);
          else expected.set(name, line);
          buckets.add([line], position);
          buckets.grew(line.length);
          rows[position] = line.length;
          for (let bucket = buckets.due(); bucket !== undefined; bucket = buckets.due()) {
            const text = buckets.merge(bucket, snapshots.get(bucket) ?? '[]');
            snapshots.set(bucket, text);
            buckets.written(bucket, text);
          }
        }
        for (const bucket of [...buckets.waiting])
          snapshots.set(bucket, buckets.merge(bucket, snapshots.get(bucket) ?? '[]'));
        const lines = [...snapshots.values()].flatMap(splitLines);
        expect(lines.sort()).toEqual([...expected.values()].sort());
        for (const [bucket, text] of snapshots) {
          for (const line of splitLines(text)) expect(bucketOf(keyOf(line))).toBe(bucket);
        }
        const journal = rows.slice(buckets.oldest ?? rows.length).reduce((sum, length) => sum + length, 0);
        const all = [...expected.values()].reduce((sum, line) => sum + line.length, 0);
        expect(journal).toBeLessThan(2 * all + 2 * 65_536 + 300 * 1_024);
      }),
      { numRuns: 30 },
    );
  });

  it('keep their places: they are part of the format of the file', () => {
    expect(['["state","client-1/check_1"', '["client","ü"', '["",""'].map(bucketOf)).toMatchInlineSnapshot(`
      [
        722,
        584,
        1008,
      ]
    `);
  });
});
