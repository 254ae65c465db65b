import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RANDOM_INPUTS } from '../../testing/random.ts';
import { ArrivingText } from './arriving.ts';

const decode = (bytes: Buffer): string => bytes.toString('utf8');

/** What is read after each piece. */
function readAfterEach(pieces: readonly (string | Buffer)[]): unknown[] {
  const text = new ArrivingText();
  return pieces.map((piece) => {
    text.add(Buffer.from(piece as string));
    return text.read(decode);
  });
}

/** Cuts bytes at the places given, as fractions of a thousand. */
function cut(bytes: Buffer, places: readonly number[]): Buffer[] {
  const ends = places.map((place) => Math.floor((place / 1000) * bytes.length)).sort((a, b) => a - b);
  return [0, ...ends].map((start, index) => bytes.subarray(start, ends[index] ?? bytes.length));
}

const places = fc.array(fc.integer({ min: 0, max: 1000 }), { maxLength: 8 });

describe('a text that arrives in pieces', () => {
  it.each([
    ['an object', '{"a":"}"}', { a: '}' }],
    ['an array', '[{"a":1},{"b":"]"}]', [{ a: 1 }, { b: ']' }]],
    ['brackets and quotes in strings', '{"a":"{[\\"\\\\"}', { a: '{["\\' }],
    ['blanks around it', ' \r\n\t{"a":1}\n\n', { a: 1 }],
    ['no ASCII', '{"a":"hé €"}', { a: 'hé €' }],
  ])('is complete when its last bracket has closed: %s', (_, text, value) => {
    expect(readAfterEach([text])).toEqual([{ value }]);
    const bytes = [...Buffer.from(text)].map((byte) => Buffer.from([byte]));
    expect(readAfterEach(bytes).find((read) => read !== undefined)).toEqual({ value });
  });

  it.each([['5'], ['"s"'], ['null'], ['true'], ['[]']])('may be any JSON: %s', (text) => {
    expect(readAfterEach([text])).toEqual([{ value: JSON.parse(text) }]);
  });

  it.each([['ping'], [' ping '], ['ping\r\n'], ['\nping']])('may be a ping: %j', (text) => {
    expect(readAfterEach([text])).toEqual(['ping']);
    expect(readAfterEach(['pi', 'ng'])).toEqual([undefined, 'ping']);
  });

  it.each([
    [''],
    ['\n'],
    ['{"name":'],
    ['{"a":"}'],
    ['hello'],
    ['pingping'],
    ['{"a":1}{"b":2}'],
    ['{"a":1}\n{"b":2}'],
    ['{"a":1} // a comment'],
    ['{]'],
    ['{"a":1]'],
    [']'],
    ['{a:1}'],
  ])('is not complete, now or never: %j', (text) => {
    expect(readAfterEach([text, '\n'])).toEqual([undefined, undefined]);
  });

  it('is not mended by more when it cannot be', () => {
    expect(readAfterEach(['{a}', '{"a":1}'])).toEqual([undefined, undefined]);
    expect(readAfterEach(['{"a":1} x', ' '])).toEqual([undefined, undefined]);
  });

  it('is found complete however it is cut', () => {
    const document = fc.oneof(fc.dictionary(fc.string(), fc.jsonValue()), fc.array(fc.jsonValue()));
    fc.assert(
      fc.property(document, places, fc.constantFrom('', '\n', ' \r\n'), (value, where, blanks) => {
        const text = `${blanks}${JSON.stringify(value)}`;
        const read = readAfterEach(cut(Buffer.from(text), where));
        expect(read.find((one) => one !== undefined)).toEqual({ value: JSON.parse(text) });
      }),
      { numRuns: RANDOM_INPUTS },
    );
  });

  it('is never more than the JSON that all of it is, whatever bytes come', () => {
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      fc
        .string({ unit: fc.constantFrom('{', '}', '[', ']', '"', '\\', ',', ':', '1', ' ') })
        .map(Buffer.from),
    );
    fc.assert(
      fc.property(bytes, (random) => {
        const [read] = readAfterEach([Buffer.from(random)]);
        if (read === undefined || read === 'ping') return;
        expect(read).toEqual({ value: JSON.parse(Buffer.from(random).toString('utf8')) });
      }),
      { numRuns: RANDOM_INPUTS },
    );
  });

  it('is looked at once, so that a slow sender of a large one costs no more than a fast one', () => {
    const text = new ArrivingText();
    let decoded = 0;
    const counting = (bytes: Buffer): string => {
      decoded += 1;
      return bytes.toString('utf8');
    };
    for (const byte of Buffer.from(`{"a":"${'}'.repeat(20_000)}"}`)) {
      text.add(Buffer.from([byte]));
      text.read(counting);
    }
    for (const byte of Buffer.from('\n'.repeat(1_000))) {
      text.add(Buffer.from([byte]));
      text.read(counting);
    }
    expect(decoded).toBeLessThan(1_010);
    const wrong = new ArrivingText();
    decoded = 0;
    for (const byte of Buffer.from(`{a}${'}'.repeat(20_000)}`)) {
      wrong.add(Buffer.from([byte]));
      wrong.read(counting);
    }
    expect(decoded).toBe(1);
  });
});
