import { expect, test } from 'vitest';
import { storedResult } from './output.ts';

const stored = (output: string): string =>
  storedResult({ name: 'cpu', type: 'metric', status: 0, output }).output;

test.each([
  ['one\n\n', 'one'],
  ['one\ntwo\n', 'one\n...'],
  ['\n\n', ''],
  ['\none', '\n...'],
])('of %j is stored %j', (output, kept) => {
  expect(stored(output)).toBe(kept);
});

test('very many empty lines in the middle do not hold up everything else', () => {
  expect(stored(`x${'\n'.repeat(300_000)}x`)).toBe('x\n...');
});
