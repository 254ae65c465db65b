import { readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { withFolder } from '../../testing/config-files.ts';
import { until } from '../../testing/until.ts';
import { createLog, logLine } from './log.ts';
import { localTimestamp } from './timestamp.ts';

const text = (path: string): string => {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
};

test('a line is one JSON object: time, level, message, then its members in their order', () => {
  const line = logLine('warn', 'it is', { b: 1, a: { c: [2] }, level: 'mine', none: undefined });
  expect(line).toMatch(
    /^\{"timestamp":"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}[+-]\d{4}","level":"warn","message":"it is","b":1,"a":\{"c":\[2\]\}\}\n$/,
  );
});

test('members that no JSON can hold are left out, and the line is there', () => {
  const circle: Record<string, unknown> = {};
  circle['self'] = circle;
  expect(JSON.parse(logLine('info', 'm', circle))).toMatchObject({ message: 'm', error: expect.any(String) });
  expect(JSON.parse(logLine('info', 'm', { big: 1n }))).toMatchObject({ message: 'm' });
});

test('the time is local, with microseconds', () => {
  const shown = localTimestamp(1_700_000_000_123_456);
  expect(shown).toMatch(/\.123456[+-]\d{4}$/);
  const [, day, offset] = /^(.*)\.\d{6}([+-]\d{4})$/.exec(shown) ?? [];
  expect(Date.parse(`${day}${offset?.slice(0, 3)}:${offset?.slice(3)}`)).toBe(1_700_000_000_000);
});

test('what is below the level is not written, and the level can be changed', async () => {
  await withFolder(async (folder) => {
    const path = join(folder, 'deep', 'log');
    const log = createLog({ level: 'warn', destination: path });
    log.info('no');
    log.warn('one');
    log.level = 'debug';
    log.debug('two');
    log.flush();
    // What is being written when the rest is flushed may come behind it.
    const messages = () => (text(path).match(/"message":"(\w+)"/g) ?? []).sort();
    await until(() => messages().length >= 2, 'the lines are there');
    expect(messages()).toEqual(['"message":"one"', '"message":"two"']);
  });
});

test('after its file was moved away it goes on in a new one, and nothing is lost', async () => {
  await withFolder(async (folder) => {
    const path = join(folder, 'log');
    const log = createLog({ level: 'info', destination: path });
    log.info('before');
    await until(() => text(path).includes('before'), 'the line is there');
    renameSync(path, `${path}.1`);
    log.reopen();
    log.info('after');
    await until(() => text(path).includes('after'), 'the line is there');
    expect(text(`${path}.1`)).not.toContain('after');
  });
});

test('a full disk is swallowed, and a stop does not hang on it', () => {
  const log = createLog({ level: 'info', destination: '/dev/full' });
  for (let line = 0; line < 1000; line++) log.info('x', { line });
  log.flush();
  expect(log.problem).toBeUndefined();
});

test('a file that cannot be opened is told, and lines for it are lost', () => {
  const log = createLog({ level: 'info', destination: '/dev/null/log' });
  log.info('x');
  log.flush();
  expect(log.problem).toMatch(/ENOTDIR|EEXIST/);
});
