import fc from 'fast-check';
import { expect, test } from 'vitest';
import { OutputBuffer } from './output.ts';

function gathered(limit: number, chunks: readonly Buffer[]): string {
  const output = new OutputBuffer(limit);
  for (const chunk of chunks) output.add(chunk);
  return output.text();
}

test('everything up to the limit is kept, however it arrives', () => {
  const chunks = fc.array(fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)));
  fc.assert(
    fc.property(chunks, fc.nat(3), (parts, spare) => {
      const whole = Buffer.concat(parts);
      expect(gathered(whole.length + spare, parts)).toBe(whole.toString('utf8'));
    }),
  );
});

test('beyond the limit head and tail are kept in whole characters, and the marker counts the rest', () => {
  const text = fc.string({ unit: 'grapheme', minLength: 30, maxLength: 200 });
  fc.assert(
    fc.property(
      text,
      fc.integer({ min: 0, max: 29 }),
      fc.integer({ min: 1, max: 9 }),
      (whole, limit, size) => {
        const bytes = Buffer.from(whole);
        const chunks = Array.from({ length: Math.ceil(bytes.length / size) }, (_, n) =>
          bytes.subarray(n * size, (n + 1) * size),
        );
        const kept = gathered(limit, chunks);
        const marker = /\n\[(\d+) bytes of output left out\]\n/.exec(kept);
        const head = kept.slice(0, marker?.index);
        const tail = kept.slice((marker?.index ?? 0) + (marker?.[0].length ?? 0));
        expect(whole.startsWith(head)).toBe(true);
        expect(whole.endsWith(tail)).toBe(true);
        expect(Buffer.byteLength(head) + Buffer.byteLength(tail)).toBeLessThanOrEqual(limit);
        expect(Buffer.byteLength(head) + Buffer.byteLength(tail) + Number(marker?.[1])).toBe(bytes.length);
      },
    ),
  );
});

test('bytes that are not UTF-8 are shown as such', () => {
  expect(gathered(10, [Buffer.from([0x61, 0xff, 0xc3])])).toBe('a\uFFFD\uFFFD');
  expect(gathered(4, [Buffer.alloc(9, 0x80)])).toContain('bytes of output left out');
});
