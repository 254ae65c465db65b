import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { FifoReader } from './fifo.ts';
import { OutputBuffer } from './output.ts';

let folder: string;
let path: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'fifo-'));
  path = join(folder, 'out');
  execFileSync('mkfifo', [path]);
});

afterEach(() => rmSync(folder, { recursive: true }));

test('a FIFO that is followed before its writer comes ends only after that writer', async () => {
  const output = new OutputBuffer(100);
  const reader = new FifoReader(path, output);
  let ended = false;
  const end = new Promise<void>((resolve) => {
    reader.follow(() => {
      ended = true;
      resolve();
    });
  });
  // Many turns of the event loop: an end that is seen wrongly is seen in the first.
  for (let turn = 0; turn < 200; turn++) await new Promise((resolve) => setImmediate(resolve));
  expect(ended).toBe(false);
  spawn('sh', ['-c', `echo late >'${path}'`]);
  await end;
  expect(output.text()).toBe('late\n');
  reader.close();
});

test('a FIFO that is followed ends when it is known that no writer comes', async () => {
  const reader = new FifoReader(path, new OutputBuffer(100));
  const end = new Promise<void>((resolve) => reader.follow(resolve));
  reader.noWriterComes();
  await end;
  reader.close();
});

test('there is no reading a FIFO that is not there', () => {
  expect(() => new FifoReader(join(folder, 'missing'), new OutputBuffer(100))).toThrow(/ENOENT/);
});
