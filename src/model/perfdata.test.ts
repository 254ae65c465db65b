import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type PerfdataItem, parsePerfdata, perfdata } from './perfdata.ts';
import { parseRange, type Range } from './threshold.ts';

describe('writing perfdata', () => {
  it('quotes labels and leaves out what is not known', () => {
    expect(
      perfdata([
        {
          label: '/',
          value: 41,
          unit: '%',
          warning: parseRange(80),
          critical: parseRange(90),
          min: 0,
          max: 100,
        },
        { label: "it's", value: 1.5, min: 0 },
        { label: 'load', value: 0.01, critical: parseRange('~:5') },
        { label: 'gone', value: null, unit: 's' },
      ]),
    ).toBe("'/'=41%;80;90;0;100 'it''s'=1.5;;;0 'load'=0.01;;~:5 'gone'=U");
  });

  it('never breaks the line', () => {
    const text = perfdata([
      { label: 'a|b\nc=d', value: 1, unit: ' ;' },
      { label: '', value: Number.NaN },
    ]);
    expect(text).toBe("'a_b_c_d'=1__ '_'=U");
  });

  it('writes numbers without an exponent', () => {
    expect(perfdata([{ label: 'a', value: 1e-7, max: 1e21 }])).toBe(
      "'a'=0.0000001;;;;1000000000000000000000",
    );
    expect(perfdata([{ label: 'a', value: 1e-300 }])).toBe("'a'=0");
  });

  it('reads back what it wrote', () => {
    fc.assert(
      fc.property(fc.array(items(), { maxLength: 20 }), fc.string(), (written, text) => {
        const line = text.replace(/[|\n]/g, ' ');
        expect(parsePerfdata(`${line}|${perfdata(written)}`)).toEqual(written);
      }),
    );
  });
});

describe('reading perfdata', () => {
  it.each<[string, string, PerfdataItem[]]>([
    ['no perfdata', 'OK: all is well', []],
    ['an empty output', '', []],
    [
      'a bare label',
      'PING OK|rta=0.8ms;;;0 pl=0%',
      [
        { label: 'rta', value: 0.8, unit: 'ms', min: 0 },
        { label: 'pl', value: 0, unit: '%' },
      ],
    ],
    [
      'a label with spaces and quotes',
      "X | 'the ''big'' disk'=3GB",
      [{ label: "the 'big' disk", value: 3, unit: 'GB' }],
    ],
    [
      'text of several lines',
      'DISK OK | /=1GB\nmore text\nstill | /home=2GB\n/var=3GB;~:5',
      [
        { label: '/', value: 1, unit: 'GB' },
        { label: '/home', value: 2, unit: 'GB' },
        { label: '/var', value: 3, unit: 'GB', warning: parseRange('~:5') },
      ],
    ],
    [
      'the comma of a locale, signs and exponents',
      'X|a=0,5s b=-1 c=+2 d=1.5e3B e=1e',
      [
        { label: 'a', value: 0.5, unit: 's' },
        { label: 'b', value: -1 },
        { label: 'c', value: 2 },
        { label: 'd', value: 1500, unit: 'B' },
        { label: 'e', value: 1, unit: 'e' },
      ],
    ],
    [
      'an unknown value',
      'X|a=U;1;2',
      [{ label: 'a', value: null, warning: parseRange(1), critical: parseRange(2) }],
    ],
    [
      'a unit behind thresholds',
      'X|a=5%;80%;90%',
      [{ label: 'a', value: 5, unit: '%', warning: parseRange(80), critical: parseRange(90) }],
    ],
    ['thresholds and limits that make no sense', 'X|a=1;9:1;x;y;7', [{ label: 'a', value: 1, max: 7 }]],
    [
      'more fields than there are',
      'X|a=1;2;3;4;5;6;7',
      [{ label: 'a', value: 1, warning: parseRange(2), critical: parseRange(3), min: 4, max: 5 }],
    ],
    [
      'bad items between good ones',
      "X|a=1 b c= =4 d=x e=1..2 'f=6 g=Infinity h=NaN ''=1 i=0x10 j=2",
      [
        { label: 'a', value: 1 },
        { label: 'j', value: 2 },
      ],
    ],
    [
      'windows line ends',
      'X|a=1\r\nlong|b=2\r\n',
      [
        { label: 'a', value: 1 },
        { label: 'b', value: 2 },
      ],
    ],
  ])('takes %s', (_what, output, expected) => {
    expect(parsePerfdata(output)).toEqual(expected);
  });

  it('never throws', () => {
    const scrap = fc.constantFrom(
      "'",
      "''",
      '=',
      '|',
      ';',
      ' ',
      '\n',
      '1',
      'a',
      '%',
      '.',
      '-',
      '@',
      '~',
      ':',
      'U',
    );
    const texts = fc.oneof(
      fc.string(),
      fc.string({ unit: 'binary' }),
      fc.array(scrap).map((parts) => parts.join('')),
    );
    fc.assert(
      fc.property(texts, (text) => {
        for (const item of parsePerfdata(`|${text}`)) {
          expect(item.label).not.toBe('');
          expect(item.value === null || Number.isFinite(item.value)).toBe(true);
        }
      }),
      { numRuns: 300 },
    );
  });

  it.each([
    "'",
    "' ",
    "'' ",
    "''' ",
    "' ''",
    "a'",
    'a',
    ' ',
    '=',
    'a=',
    ';',
    '1',
    "'a''",
    '|',
    '\n',
    'a=1;',
    "'=1 ",
  ])('ends on a million times %j', (part) => {
    const items = parsePerfdata(`|${part.repeat(1_000_000)}`);
    expect(items.length).toBeLessThanOrEqual(2000);
  });

  it('stops at 2,000 items', () => {
    expect(parsePerfdata(`|${'a=1 '.repeat(100_000)}`)).toHaveLength(2000);
  });

  it('skips a label of more than 256 characters', () => {
    expect(parsePerfdata(`|${'a'.repeat(257)}=1 '${'b '.repeat(200)}'=2 c=3`)).toEqual([
      { label: 'c', value: 3 },
    ]);
  });
});

function items(): fc.Arbitrary<PerfdataItem> {
  const number = fc
    .double({ min: -1e15, max: 1e15, noNaN: true })
    .map((value) => Math.round(value * 1e6) / 1e6 + 0);
  const label = fc.string({ minLength: 1, maxLength: 100 }).filter((text) => !/[\p{Cc}|=]/u.test(text));
  const range: fc.Arbitrary<Range> = fc
    .tuple(number, number, fc.boolean())
    .map(([one, other, inside]) => ({ start: Math.min(one, other), end: Math.max(one, other), inside }));
  return fc
    .record(
      {
        label,
        value: fc.oneof(number, fc.constant(null)),
        unit: fc.constantFrom('%', 's', 'ms', 'B', 'GiB', 'c'),
        warning: range,
        critical: range,
        min: number,
        max: number,
      },
      { requiredKeys: ['label', 'value'] },
    )
    .map(({ unit, ...item }) => (item.value === null || unit === undefined ? item : { ...item, unit }));
}
