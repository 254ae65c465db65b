import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { silentLog } from '../../log.ts';
import type { Spawner } from '../../spawner.ts';
import { systemClock } from '../clock.ts';
import { createSpawner, type SpawnerOptions } from './index.ts';

let place: string;
let spawner: Spawner;
let files: string;

const ways = [
  { way: 'pool', folders: () => [place] },
  { way: 'direct', folders: () => [] },
];

function make(folders: readonly string[], options: Partial<SpawnerOptions> = {}): Spawner {
  const limits = { limit: 4, outputLimitBytes: 1 << 20 };
  return createSpawner({ ...limits, clock: systemClock, log: silentLog, folders, ...options });
}

/** Runs, or only waits for its parent to ask how it ended: the machine's first process may take its time for that. */
function runs(pid: number): boolean {
  try {
    return !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'latin1'));
  } catch {
    return false;
  }
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5));
}

/** Waits for a file that commands write their process numbers to, one a line. */
async function pidsIn(file: string, count: number): Promise<number[]> {
  const lines = (): string[] => (existsSync(file) ? readFileSync(file, 'utf8').split('\n').slice(0, -1) : []);
  await until(() => lines().length >= count);
  return lines().map(Number);
}

beforeEach(() => {
  place = mkdtempSync(join(tmpdir(), 'spawner-place-'));
  files = mkdtempSync(join(tmpdir(), 'spawner-files-'));
});

afterEach(async () => {
  await spawner.close();
  expect(spawner.running + spawner.waiting).toBe(0);
  expect(readdirSync(place)).toEqual([]);
  rmSync(place, { recursive: true });
  rmSync(files, { recursive: true });
});

describe.each(ways)('commands by the way "$way"', ({ folders }) => {
  beforeEach(() => {
    spawner = make(folders());
  });

  test.each([
    ['output and error output in order', 'echo a; echo b >&2; echo c', 0, 'a\nb\nc\n'],
    ['an exit code', 'echo x; exit 3', 3, 'x\n'],
    ['exit code 137, which no signal is', 'exit 137', 137, ''],
    ['exit code 255', 'exit 255', 255, ''],
    ['signal 9', 'echo x; kill -9 $$', 9, 'x\n'],
    ['signal 15', 'kill -15 $$', 15, ''],
    ['signal 2', 'kill -2 $$', 2, ''],
    ['signal 1', 'kill -1 $$', 1, ''],
    ['a program that signal 9 ends', "exec sh -c 'kill -9 $$'", 9, ''],
    ['a command that ends its whole group', 'echo x; kill 0; sleep 60', 15, 'x\n'],
    ['an unknown command', 'no-such-command-here', 127, 'sh: 1: no-such-command-here: not found\n'],
    ['the name of the shell', 'echo "$0" $#', 0, 'sh 0\n'],
    ['no input', 'cat; echo end', 0, 'end\n'],
    ['several lines', 'a=1\nif true; then\n  echo "$a"\nfi\n', 0, '1\n'],
    ['bytes that are not UTF-8', "printf 'a\\377b'", 0, 'a\uFFFDb'],
    ['no command', '', 0, ''],
    ['a comment', '# nothing', 0, ''],
    ['output closed early', 'echo x; exec >&- 2>&-; sleep 0.1; exit 4', 4, 'x\n'],
    ['a background child with the output', '(sleep 0.2; echo late) & echo first', 0, 'first\nlate\n'],
  ])('%s', async (_what, command, status, output) => {
    const execution = await spawner.run({ command });
    expect(execution).toEqual({ status, output, ended: 'exit', durationMs: expect.any(Number) });
    // The next command is not disturbed by the last.
    expect((await spawner.run({ command: 'echo next' })).output).toBe('next\n');
  });

  test('unfinished shell syntax fails alone', async () => {
    const { status, output } = await spawner.run({ command: "echo 'unfinished" });
    expect(status).toBe(2);
    expect(output).toMatch(/nterminated/);
    expect((await spawner.run({ command: 'echo next' })).output).toBe('next\n');
  });

  test('the input is given whole and ends', async () => {
    const text = `${'0123456789abcde\n'.repeat(200_000)}ü`;
    const { output } = await spawner.run({ command: 'cksum; ', stdin: text });
    const { output: size } = await spawner.run({ command: 'wc -c', stdin: text });
    expect(output).toMatch(/ 3200002\n$/);
    expect(Number(size)).toBe(3_200_002);
  });

  test('input that nobody reads is no error', async () => {
    const stdin = 'x'.repeat(1_000_000);
    const all = await Promise.all(Array.from({ length: 8 }, () => spawner.run({ command: 'exit 1', stdin })));
    expect(all.map(({ status, ended }) => [status, ended])).toEqual(Array(8).fill([1, 'exit']));
  });

  test('variables are added to those inherited', async () => {
    const command = 'echo "$TOCSIN_A|$HOME"; printf %s "$TOCSIN_B"';
    const env = { TOCSIN_A: "it's $HOME", TOCSIN_B: 'two\nlines' };
    const { output } = await spawner.run({ command, env });
    expect(output).toBe(`it's $HOME|${process.env['HOME'] ?? ''}\ntwo\nlines`);
    expect((await spawner.run({ command })).output).toMatch(/^\|/);
  });

  test('variables that steer the shell, or that it cannot name, are set as well', async () => {
    const path = await spawner.run({ command: 'echo "$PATH"', env: { PATH: '/nowhere' } });
    expect(path.output).toBe('/nowhere\n');
    const odd = await spawner.run({ command: 'echo x', env: { 'a.b': '1', PPID: '1' } });
    expect(odd).toMatchObject({ status: 0, output: 'x\n' });
  });

  test('what no shell can be given is refused', async () => {
    const nul = await spawner.run({ command: 'echo a\0b' });
    expect(nul).toMatchObject({
      status: 3,
      ended: 'start',
      output: expect.stringMatching(/^Unexpected error: .*NUL/),
    });
    const name = await spawner.run({ command: 'true', env: { 'a=b': '1' } });
    expect(name).toMatchObject({ status: 3, ended: 'start' });
  });

  test('a command longer than the kernel takes has a result; one almost so long runs', async () => {
    const long = await spawner.run({ command: `: ${'x'.repeat(200_000)}` });
    expect(long).toMatchObject({ status: 3, ended: 'start', output: expect.stringContaining('E2BIG') });
    const fits = await spawner.run({ command: `printf %s ${'x'.repeat(130_000)}` });
    expect(fits.output).toBe('x'.repeat(130_000));
    const pooled = await spawner.run({ command: `printf %s ${'y'.repeat(90_000)}` });
    expect(pooled.output).toBe('y'.repeat(90_000));
  });

  test('output of any length keeps its head and tail in bounded memory', async () => {
    const before = process.memoryUsage().rss;
    const { output, status, cut } = await spawner.run({
      command: 'echo head; yes | head -c 100000000; echo tail; exit 1',
    });
    expect(status).toBe(1);
    expect(cut).toBe(true);
    expect(output.startsWith('head\ny\n')).toBe(true);
    expect(output.endsWith('y\ntail\n')).toBe(true);
    expect(output).toMatch(/\[\d+ bytes of output left out\]/);
    expect(output.length).toBeLessThan(1.1 * 2 ** 20);
    expect(process.memoryUsage().rss - before).toBeLessThan(80e6);
  });

  test('a timeout ends the command and its children', async () => {
    const command = `sleep 1000 & echo $! >>${files}/p; echo $$ >>${files}/p; wait`;
    const execution = await spawner.run({ command, timeoutMs: 300 });
    expect(execution).toMatchObject({ status: 2, output: 'Execution timed out', ended: 'timeout' });
    const pids = await pidsIn(`${files}/p`, 2);
    expect(pids.filter(runs)).toEqual([]);
    expect((await spawner.run({ command: 'echo next' })).output).toBe('next\n');
  });

  test('a timeout ends a command that ignores SIGTERM', async () => {
    const command = `trap '' TERM; echo $$ >>${files}/p; while :; do sleep 1; done`;
    const execution = await spawner.run({ command, timeoutMs: 300 });
    expect(execution).toMatchObject({ status: 2, output: 'Execution timed out', ended: 'timeout' });
    expect((await pidsIn(`${files}/p`, 1)).filter(runs)).toEqual([]);
  });

  test('a timeout counts for a background child that holds the output', async () => {
    const command = `sleep 1000 & echo $! >>${files}/p`;
    expect(await spawner.run({ command, timeoutMs: 300 })).toMatchObject({ status: 2, ended: 'timeout' });
    expect((await pidsIn(`${files}/p`, 1)).filter(runs)).toEqual([]);
  });

  test('a background child that lets go of the output lives until close, another command’s timeout included', async () => {
    const command = `sleep 1000 >/dev/null 2>&1 & echo $! >>${files}/p; echo done`;
    expect((await spawner.run({ command, timeoutMs: 20_000 })).output).toBe('done\n');
    const [pid = 0] = await pidsIn(`${files}/p`, 1);
    // Whose child it is shows in its start time, of which the system tells hundredths of a second.
    await spawner.run({ command: 'sleep 0.05' });
    expect((await spawner.run({ command: 'sleep 1000', timeoutMs: 200 })).ended).toBe('timeout');
    expect(runs(pid)).toBe(true);
    await spawner.close();
    expect(runs(pid)).toBe(false);
  });

  test('so many at once, the others in order, and durations count the wait', async () => {
    await spawner.close();
    spawner = make(folders(), { limit: 2 });
    const gate = `while [ ! -e ${files}/gate ]; do sleep 0.02; done`;
    const first = [1, 2].map((n) => spawner.run({ command: `echo ${n} >>${files}/order; ${gate}` }));
    expect([spawner.running, spawner.waiting]).toEqual([2, 0]);
    const rest = [3, 4, 5].map((n) =>
      spawner.run({ command: `echo ${n} >>${files}/order; sleep 0.0${9 - n}` }),
    );
    expect([spawner.running, spawner.waiting]).toEqual([2, 3]);
    await pidsIn(`${files}/order`, 2);
    mkdirSync(`${files}/gate`);
    await Promise.all(first);
    const waited = await Promise.all(rest);
    const order = await pidsIn(`${files}/order`, 5);
    expect(order.slice(0, 2).sort()).toEqual([1, 2]);
    expect(order.slice(2)).toEqual([3, 4, 5].sort((a, b) => order.indexOf(a) - order.indexOf(b)));
    expect(order.indexOf(5)).toBe(4);
    expect(Math.min(...waited.map(({ durationMs }) => durationMs))).toBeGreaterThan(0);
  });

  test('closing answers everything and leaves nothing, also of those that ignore SIGTERM', async () => {
    const stubborn = `trap '' TERM; echo $$ >>${files}/p; while :; do sleep 1; done`;
    const all = Array.from({ length: 6 }, () => spawner.run({ command: stubborn }));
    const pids = await pidsIn(`${files}/p`, 4);
    await spawner.close();
    const executions = await Promise.all(all);
    expect(executions.map(({ ended, status }) => [ended, status])).toEqual(Array(6).fill(['stopped', 3]));
    expect(pids.filter(runs)).toEqual([]);
    expect((await spawner.run({ command: 'true' })).ended).toBe('stopped');
  });

  test('closing at once after a first run is clean', async () => {
    const execution = spawner.run({ command: 'sleep 60' });
    await spawner.close();
    expect((await execution).ended).toBe('stopped');
  });

  test('any text comes back as it was given', async () => {
    const text = fc
      .string({ unit: 'binary', maxLength: 60 })
      .map((some) => some.replaceAll('\0', '').replace(/\p{Surrogate}/gu, ''));
    await fc.assert(
      fc.asyncProperty(text, async (some) => {
        const quoted = `'${some.replaceAll("'", "'\\''")}'`;
        const { output, status } = await spawner.run({ command: `printf %s ${quoted}` });
        expect({ output, status }).toEqual({ output: some, status: 0 });
      }),
      { numRuns: 60 },
    );
  });
});

/** A process of its own with a spawner that runs one command; ends by kill -9. */
async function killedParent(folders: string, command: string): Promise<number[]> {
  const index = new URL('./index.ts', import.meta.url).href;
  const clock = new URL('../clock.ts', import.meta.url).href;
  const code = `
    const { createSpawner } = await import(${JSON.stringify(index)});
    const { systemClock } = await import(${JSON.stringify(clock)});
    const log = { debug() {}, info() {}, warn() {}, error() {}, fatal() {} };
    const spawner = createSpawner({ limit: 2, outputLimitBytes: 1000, clock: systemClock, log, folders: ${folders} });
    await spawner.run({ command: ${JSON.stringify(command)} });`;
  const parent = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', code], {
    stdio: 'ignore',
  });
  const ended = new Promise((resolve) => parent.once('exit', resolve));
  const pids = await pidsIn(`${files}/p`, 2);
  parent.kill('SIGKILL');
  await ended;
  return pids;
}

describe('when our process is killed', () => {
  beforeEach(() => {
    spawner = make([]);
  });

  test.each([['pool'], ['direct']])(
    'its commands and their children end, and its folder goes (%s)',
    async (way) => {
      const folders = JSON.stringify(way === 'pool' ? [place] : []);
      const command = `trap '' TERM; sleep 1000 & echo $! >>${files}/p; echo $$ >>${files}/p; while :; do sleep 1; done`;
      const pids = await killedParent(folders, command);
      await until(() => !pids.some(runs));
      await until(() => readdirSync(place).length === 0);
    },
  );
});

describe('co-processes', () => {
  beforeEach(() => {
    spawner = make([place]);
  });

  test('one that was killed from outside is replaced, and its command has a result', async () => {
    const one = spawner.run({ command: `echo $PPID >>${files}/p; echo $$ >>${files}/p; exec sleep 1000` });
    const [, command = 0] = await pidsIn(`${files}/p`, 2);
    const shell = Number(/\) . (\d+)/.exec(readFileSync(`/proc/${command}/stat`, 'latin1'))?.[1]);
    process.kill(shell, 'SIGKILL');
    process.kill(command, 'SIGKILL');
    expect(await one).toMatchObject({ status: 9, output: '' });
    expect((await spawner.run({ command: 'echo next' })).output).toBe('next\n');
  });

  test('one that was killed while idle is replaced', async () => {
    const { output } = await spawner.run({ command: 'echo $PPID' });
    process.kill(Number(output), 'SIGKILL');
    await until(() => !runs(Number(output)));
    await new Promise((resolve) => setImmediate(resolve));
    const next = await spawner.run({ command: 'echo next' });
    expect([0, 9]).toContain(next.status);
    expect((await spawner.run({ command: 'echo next' })).output).toBe('next\n');
  });

  test('without their folder commands still run', async () => {
    await spawner.run({ command: 'true' });
    for (const name of readdirSync(place)) rmSync(join(place, name), { recursive: true });
    for (let round = 0; round < 6; round++) {
      expect((await spawner.run({ command: 'cat', stdin: 'in' })).output).toBe('in');
    }
  });

  test('without a place to write in commands still run', async () => {
    await spawner.close();
    spawner = make([join(place, 'missing')]);
    expect((await spawner.run({ command: 'echo x' })).output).toBe('x\n');
  });

  test('folders of dead processes are removed, those of living ones stay', async () => {
    const space = /\d+/.exec(readlinkSync('/proc/self/ns/pid'))?.[0];
    const dead = join(place, `tocsin-${space}-4194304-abcdef`);
    const living = join(place, `tocsin-${space}-${process.pid}-abcdef`);
    mkdirSync(dead);
    mkdirSync(living);
    await spawner.run({ command: 'true' });
    expect([existsSync(dead), existsSync(living)]).toEqual([false, true]);
    rmSync(living, { recursive: true });
  });

  test('a few serve many', async () => {
    const outputs = new Set<string>();
    for (let n = 0; n < 20; n++) outputs.add((await spawner.run({ command: 'echo $PPID' })).output);
    expect(outputs.size).toBe(1);
  });
});
