import { describe, expect, it } from 'vitest';
import { counted, secondsOf, unitOf } from './words.ts';

describe('a stretch of time', () => {
  it.each([
    ['90', 90],
    ['15m', 900],
    ['2h', 7200],
    ['1h30m', 5400],
    ['1d', 86_400],
    ['2w', 1_209_600],
    ['45s', 45],
  ])('%s is %i seconds', (text, seconds) => {
    expect(secondsOf(text, '--for')).toBe(seconds);
  });

  it.each(['', 'soon', '-5m', '1.5h', '0', '5 m', '2y', '99999999999999999w'])('%j is none', (text) => {
    expect(() => secondsOf(text, '--for')).toThrow('--for takes a stretch of time like 15m, 2h or 1d');
  });
});

it('counts in words', () => {
  expect([counted(0, 'event'), counted(1, 'event'), counted(2, 'event')]).toEqual([
    '0 events',
    '1 event',
    '2 events',
  ]);
});

it('tells a client and its check from a query', () => {
  expect(unitOf('web-1/disk')).toEqual({ client: 'web-1', check: 'disk' });
  for (const other of ['web-1', 'status:critical', 'a/b/c', '/disk', 'check:a/b']) {
    expect(unitOf(other)).toBeUndefined();
  }
});
