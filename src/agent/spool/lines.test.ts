import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RANDOM_INPUTS } from '../../testing/random.ts';
import { lineOf, readLines } from './lines.ts';
import type { NumberedResult } from './port.ts';

const result = fc.record({
  id: fc.record({ agent: fc.string(), boot: fc.string(), number: fc.nat() }),
  body: fc.record({
    client: fc.string(),
    check: fc.record({ name: fc.string(), status: fc.integer(), output: fc.string({ unit: 'binary' }) }),
  }),
}) as fc.Arbitrary<NumberedResult>;

const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

describe('lines', () => {
  it('give back what was written, whatever stands in it', () => {
    fc.assert(
      fc.property(fc.array(result, { maxLength: 5 }), (results) => {
        const { results: read, damaged } = readLines(Buffer.concat(results.map(lineOf)));
        expect(read.map(({ result: one }) => one)).toEqual(results.map(plain));
        expect(damaged).toBe(0);
      }),
      { numRuns: RANDOM_INPUTS },
    );
  });

  it('that were cut at any byte give all that are whole, and tell of the one that is not', () => {
    fc.assert(
      fc.property(fc.array(result, { minLength: 1, maxLength: 4 }), fc.nat(), (results, where) => {
        const lines = results.map(lineOf);
        const bytes = Buffer.concat(lines);
        const cut = where % (bytes.length + 1);
        let whole = 0;
        let end = 0;
        for (const line of lines) {
          if (end + line.length > cut) break;
          end += line.length;
          whole += 1;
        }
        const { results: read, damaged } = readLines(bytes.subarray(0, cut));
        expect(read.map(({ result: one }) => one)).toEqual(results.slice(0, whole).map(plain));
        expect(damaged).toBe(cut > end ? 1 : 0);
      }),
      { numRuns: RANDOM_INPUTS },
    );
  });

  it('of which one byte is another lose no more than the lines that it touches', () => {
    fc.assert(
      fc.property(
        fc.array(result, { minLength: 3, maxLength: 3 }),
        fc.nat(),
        fc.integer({ min: 1, max: 255 }),
        (results, where, change) => {
          const bytes = Buffer.concat(results.map(lineOf));
          const at = where % bytes.length;
          bytes[at] = (bytes[at] as number) ^ change;
          const { results: read, damaged } = readLines(bytes);
          const originals = results.map((one) => JSON.stringify(one));
          for (const { result: one } of read) expect(originals).toContain(JSON.stringify(one));
          expect(read.length).toBeGreaterThanOrEqual(1);
          expect(read.length).toBeLessThan(3);
          expect(damaged).toBeGreaterThanOrEqual(1);
        },
      ),
      { numRuns: RANDOM_INPUTS },
    );
  });

  it('of any bytes are nonsense, and that is all', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 500 }), (bytes) => {
        expect(readLines(Buffer.from(bytes)).results).toEqual([]);
      }),
      { numRuns: RANDOM_INPUTS },
    );
  });
});
