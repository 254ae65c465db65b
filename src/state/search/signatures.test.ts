import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RANDOM_INPUTS } from '../../testing/random.ts';
import { state } from '../../testing/search.ts';
import { addText, hasAll, SIGNATURE_WORDS, wantedOf } from './groups.ts';
import { Table } from './table.ts';

const LETTERS = [
  'a',
  'B',
  'c',
  ' ',
  '1',
  'İ',
  'ß',
  'Σ',
  'ς',
  '\u212a',
  '\u{1f600}',
  '\ud800',
  '\udc00',
  '\0',
];
const text = fc.oneof(
  fc.string({ unit: fc.constantFrom(...LETTERS), maxLength: 40 }),
  fc.string({ unit: 'binary', maxLength: 40 }),
);

function signatureOf(of: unknown): Int32Array {
  const signature = new Int32Array(SIGNATURE_WORDS);
  addText(of, signature, 0);
  return signature;
}

describe('a signature', () => {
  it('has the bits of every piece that the text holds in lower case', () => {
    fc.assert(
      fc.property(text, fc.nat({ max: 40 }), fc.integer({ min: 3, max: 40 }), (whole, from, length) => {
        const held = whole.toLowerCase().slice(from, from + length);
        const wanted = wantedOf([held]);
        expect(wanted === undefined).toBe(held.length < 3);
        if (wanted) expect(hasAll(wanted, signatureOf(whole), 0)).toBe(true);
      }),
      { numRuns: RANDOM_INPUTS },
    );
  });

  it('tells that a text does not hold a piece, unless it is too long to say', () => {
    const wanted = wantedOf(['connection', 'refused']);
    if (!wanted) throw new Error('nothing is wanted');
    expect(hasAll(wanted, signatureOf('OK: 200 in 0.01 s'), 0)).toBe(false);
    expect(hasAll(wanted, signatureOf('x'.repeat(3_000)), 0)).toBe(true);
    expect(hasAll(wanted, signatureOf(5), 0)).toBe(true);
    expect(hasAll(wanted, signatureOf(undefined), 0)).toBe(false);
    expect(wantedOf(['ab', 'c', ''])).toBeUndefined();
  });

  it('is made when it is asked for, and with each change only while texts are looked for', () => {
    const table = new Table();
    const put = (output: string): void => table.noteState('a/x', state('a', 'x', 1, { output }));
    put('disk full');
    const { chunk } = table.stretchAt(0, 1);
    expect(chunk.signatures).toBeUndefined();
    const wanted = wantedOf(['refused']);
    if (!wanted) throw new Error('nothing is wanted');
    expect(table.mayHold(0, wanted)).toBe(false);
    put('refused');
    expect(chunk.isSigned[0]).toBe(0);
    expect(table.mayHold(0, wanted)).toBe(true);
    table.signatures.expect(1);
    for (let change = 0; change < 20; change++) {
      put('fine');
      expect(chunk.isSigned[0]).toBe(1);
    }
    put('refused');
    expect(chunk.isSigned[0]).toBe(0);
  });
});
