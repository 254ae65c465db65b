import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  BYTES,
  formatRange,
  isOutside,
  PERCENT,
  parseRange,
  type Range,
  RangeSyntaxError,
  rangeOption,
  readThresholds,
  statusFor,
} from './threshold.ts';

/** The table of the Nagios plugin guidelines: a range, values that alert, values that do not. */
const GUIDELINES: [range: string, alerts: number[], good: number[]][] = [
  ['10', [-0.01, -1, 10.01, 11], [0, 5, 10]],
  ['10:', [9.99, 0, -1], [10, 11, 1e12]],
  ['~:10', [10.01, 11], [10, 0, -1e12]],
  ['10:20', [9.9, 20.1], [10, 15, 20]],
  ['@10:20', [10, 15, 20], [9.9, 20.1]],
  ['@10', [0, 5, 10], [-1, 11]],
  ['-10:-5', [-11, -4.9], [-10, -7, -5]],
  ['-2.5:.5', [-2.6, 0.6], [-2.5, 0, 0.5]],
  [':10', [-1, 11], [0, 10]],
  ['~:', [], [-1e300, 0, 1e300]],
  ['@~:0', [-1, 0], [0.1]],
];

describe('a range', () => {
  it.each(GUIDELINES)('%s alerts as the guidelines say', (text, alerts, good) => {
    const range = parseRange(text);
    expect(alerts.filter((value) => !isOutside(range, value))).toEqual([]);
    expect(good.filter((value) => isOutside(range, value))).toEqual([]);
  });

  it('is also a plain number, which is its own end', () => {
    expect(parseRange(80)).toEqual(parseRange('80'));
    expect(parseRange(1e-9)).toEqual({ start: 0, end: 1e-9, inside: false });
  });

  it('reads units where the value has one', () => {
    expect(parseRange('80%', PERCENT)).toEqual(parseRange('80'));
    expect(parseRange('@10%:20', PERCENT)).toEqual(parseRange('@10:20'));
    expect(parseRange('1.5GiB:', BYTES)).toEqual({ start: 1.5 * 2 ** 30, end: Infinity, inside: false });
    expect(parseRange('~:10MB', BYTES)).toEqual({ start: -Infinity, end: 10_000_000, inside: false });
  });

  it.each([
    ['', 0],
    ['@', 1],
    [':', 0],
    ['~', 0],
    ['ten', 0],
    ['10x', 2],
    ['10:2O', 4],
    ['10:20:30', 5],
    ['10:~', 3],
    ['20:10', 0],
    ['@20:10', 1],
    ['-5', 0],
    ['1e3', 1],
    ['80%', 2],
    ['10 ', 2],
    ['--1', 0],
  ])('%j is refused at character %i', (text, position) => {
    const problem = thrownBy(() => parseRange(text));
    expect(problem).toBeInstanceOf(RangeSyntaxError);
    expect(problem).toMatchObject({ text, position });
    expect((problem as Error).message).toContain('"10:20"');
  });

  it('refuses a unit that the value does not have, naming those that it has', () => {
    expect(() => parseRange('10furlong', BYTES)).toThrow(/"furlong", which is none of B, kB/);
    expect(() => parseRange('10constructor', BYTES)).toThrow(RangeSyntaxError);
    expect(() => parseRange('10%5', PERCENT)).toThrow(/unexpected "5"/);
  });

  it('refuses what is no finite number and what is endless, briefly', () => {
    expect(() => parseRange(Number.NaN)).toThrow(RangeSyntaxError);
    expect(() => parseRange(-1)).toThrow(/above the end -1/);
    const problem = thrownBy(() => parseRange('9'.repeat(1_000_000)));
    expect((problem as Error).message.length).toBeLessThan(300);
  });

  it('never throws anything but its own error', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[@~:.\d%-]{0,12}$/)), (text) => {
        const problem = thrownBy(() => parseRange(text, PERCENT));
        if (problem !== undefined) expect(problem).toBeInstanceOf(RangeSyntaxError);
      }),
    );
  });

  it('is written so that it reads the same', () => {
    fc.assert(
      fc.property(ranges(), (range) => {
        expect(parseRange(formatRange(range))).toEqual(range);
      }),
    );
    expect(formatRange(parseRange('0:80'))).toBe('80');
    expect(formatRange(parseRange('@~:10'))).toBe('@~:10');
  });

  it('with @ alerts exactly where it did not without', () => {
    fc.assert(
      fc.property(ranges(), fc.double({ noNaN: true }), (range, value) => {
        expect(isOutside({ ...range, inside: !range.inside }, value)).toBe(!isOutside(range, value));
      }),
    );
  });

  it('as an option takes what can be read', () => {
    const pattern = new RegExp(
      (rangeOption() as unknown as { anyOf: [{ pattern: string }] }).anyOf[0].pattern,
    );
    const refused = GUIDELINES.filter(([text]) => !pattern.test(text));
    expect(refused).toEqual([]);
    expect(['80%', '5GiB:', '@10%:20%'].filter((text) => !pattern.test(text))).toEqual([]);
    expect(['', '@', '~', 'x', '1:2:3', '10\n'].filter((text) => pattern.test(text))).toEqual([]);
  });
});

describe('the status of a value', () => {
  const thresholds = readThresholds({ warning: '80', critical: '90%' }, PERCENT);

  it('is that of the worst threshold', () => {
    expect([80, 80.1, 90, 90.1, -1].map((value) => statusFor(value, thresholds))).toEqual([0, 1, 1, 2, 2]);
  });

  it('needs no thresholds, and takes one alone', () => {
    expect(statusFor(1e9, {})).toBe(0);
    expect(statusFor(11, readThresholds({ warning: 10 }))).toBe(1);
    expect(statusFor(11, readThresholds({ critical: 10 }))).toBe(2);
  });

  it('is never OK for what is not a number', () => {
    expect(statusFor(Number.NaN, thresholds)).toBe(2);
    expect(statusFor(Number.NaN, readThresholds({ warning: '@10:20' }))).toBe(1);
  });
});

function ranges(): fc.Arbitrary<Range> {
  const number = fc
    .double({ min: -1e18, max: 1e18, noNaN: true })
    .map((value) => Math.round(value * 1000) / 1000 + 0);
  return fc
    .tuple(
      fc.oneof(number, fc.constant(-Infinity), fc.constant(0)),
      fc.oneof(number, fc.constant(Infinity)),
      fc.boolean(),
    )
    .map(([one, other, inside]) => ({ start: Math.min(one, other), end: Math.max(one, other), inside }));
}

function thrownBy(run: () => unknown): unknown {
  try {
    run();
    return undefined;
  } catch (thrown) {
    return thrown;
  }
}
