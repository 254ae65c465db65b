import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readObject } from './body.ts';

const bytes = (text: string) => Buffer.from(text);
const nested = (depth: number) => `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`;

describe('readObject', () => {
  it('reads any object as it was written', () => {
    fc.assert(
      fc.property(
        fc
          .dictionary(fc.string(), fc.jsonValue({ maxDepth: 5 }))
          .filter((value) => !JSON.stringify(value).includes('"__proto__"')),
        (value) => {
          const text = JSON.stringify(value);
          expect(JSON.stringify(readObject(bytes(text)))).toBe(JSON.stringify(JSON.parse(text)));
        },
      ),
    );
  });

  it.each(['', ' ', 'x', '{', '[]', '1', 'null', '"a"', '{} {}', '\u0000'])(
    'finds no object in %j',
    (text) => {
      expect(readObject(bytes(text))).toBeUndefined();
    },
  );

  it('finds none in anything but bytes', () => {
    fc.assert(fc.property(fc.anything(), (value) => readObject(value) === undefined));
  });

  it('leaves out what would change the prototype of a copy, however it is spelt', () => {
    const value = readObject(bytes('{"__proto__":{"a":1},"b":[{"\\u005f_proto__":{"admin":true},"c":1}]}'));
    expect(JSON.stringify(value)).toBe('{"b":[{"c":1}]}');
    expect(({ ...value } as Record<string, unknown>)['a']).toBeUndefined();
  });

  it('refuses what is nested too deep, without recursion', () => {
    expect(readObject(bytes(nested(99)))).toBeDefined();
    expect(readObject(bytes(nested(101)))).toBeUndefined();
    expect(readObject(bytes(nested(200_000)))).toBeUndefined();
    expect(readObject(bytes(`{"a":${'['.repeat(500_000)}${']'.repeat(500_000)}}`))).toBeUndefined();
  });
});
