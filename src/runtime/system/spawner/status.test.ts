import { expect, test } from 'vitest';
import { endStatus, StatusReader } from './status.ts';

test.each([
  [0, '', 0],
  [127, '', 127],
  [137, 'Killed', 9],
  [137, '', 137],
  [139, 'Segmentation fault (core dumped)', 11],
  [130, '', 2],
  [141, '', 141],
  [255, '', 255],
  [128, '', 128],
])('a shell that reports %i with message "%s" means %i', (reported, message, status) => {
  expect(endStatus(reported, message)).toBe(status);
});

test('a status line is read however it is cut, and a message counts for one command only', () => {
  const reader = new StatusReader();
  expect(reader.read('Kil', 'n-1')).toBeUndefined();
  expect(reader.read('led\nn-1 13', 'n-1')).toBeUndefined();
  expect(reader.read('7\n', 'n-1')).toBe(9);
  expect(reader.read('n-2 137\n', 'n-2')).toBe(137);
});

test('a status line of another command is not taken', () => {
  const reader = new StatusReader();
  expect(reader.read('n-1 0\n', 'n-2')).toBeUndefined();
  expect(reader.read('n-2 1\n', 'n-2')).toBe(1);
});
