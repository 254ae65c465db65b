import { describe, expect, it } from 'vitest';
import { bytesText, percent, rounded, secondsText } from './amounts.ts';

describe('amounts for people', () => {
  it('bytes', () => {
    const texts = [0, 0.4, 1, 1023, 1024, 1536, 129_170_000_000, 2 ** 50, 2 ** 63].map(bytesText);
    expect(texts).toEqual([
      '0 B',
      '0.4 B',
      '1 B',
      '1023 B',
      '1 KiB',
      '1.5 KiB',
      '120.3 GiB',
      '1 PiB',
      '8192 PiB',
    ]);
  });

  it('seconds', () => {
    const texts = [0, 0.9, 12, 60, 61, 3_600, 90_000, 86_460, 1e8, -75].map(secondsText);
    expect(texts).toEqual([
      '0 s',
      '0 s',
      '12 s',
      '1 min',
      '1 min 1 s',
      '1 h',
      '1 d 1 h',
      '1 d 1 min',
      '1157 d 9 h',
      '-1 min 15 s',
    ]);
  });

  it('numbers', () => {
    expect([percent(1, 3), percent(0, 0), percent(2, 2), rounded(1.005, 1)]).toEqual([33.3, 0, 100, 1]);
  });
});
