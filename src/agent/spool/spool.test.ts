import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ManualClock } from '../../testing/clock.ts';
import { memoryLog } from '../../testing/log.ts';
import { RANDOM_INPUTS, seededRandom } from '../../testing/random.ts';
import { until } from '../../testing/until.ts';
import { MemorySpool, openSpool } from './index.ts';
import type { Keeping, Kept, NumberedResult, Spool } from './port.ts';

let folder: string;
const clock = new ManualClock();
const log = memoryLog();
const child = fileURLToPath(new URL('../../testing/spool-child.ts', import.meta.url));

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tocsin-spool-'));
  log.lines.length = 0;
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const opened = (mostBytes = 1_000_000, where = folder): Promise<Spool> =>
  openSpool({ folder: where, mostBytes, clock, random: seededRandom(), log });

const result = (number: number, name = 'disk', output = ''): NumberedResult => ({
  id: { agent: 'i-42', boot: 'b', number },
  body: { client: 'i-42', check: { name, status: 0, output, executed: number } },
});
const numbersOf = (kept: readonly Kept[]): number[] => kept.map(({ result: { id } }) => id.number);
const range = (from: number, to: number): number[] =>
  Array.from({ length: to - from + 1 }, (_, index) => from + index);

/** Everything that is in it, in the order in which it is handed out. */
async function all(spool: Spool): Promise<Kept[]> {
  const kept: Kept[] = [];
  for (let more = await spool.take(7); more.length > 0; more = await spool.take(7)) kept.push(...more);
  return kept;
}

async function fill(spool: Spool, numbers: readonly number[], name = 'disk', output = ''): Promise<void> {
  await Promise.all(numbers.map((number) => spool.add(result(number, name, output))));
}

const files = async (): Promise<string[]> =>
  (await readdir(folder)).filter((name) => name.endsWith('.spool'));

describe('a spool on disk', () => {
  it('hands out the newest of each check first, then the others in order', async () => {
    const spool = await opened();
    for (const number of range(1, 9)) await spool.add(result(number, number % 2 === 0 ? 'even' : 'odd'));
    expect(numbersOf(await all(spool))).toEqual([8, 9, 1, 2, 3, 4, 5, 6, 7]);
    expect(spool.size).toBe(9);
    await spool.close();
  });

  it('keeps what was not delivered for the next process, as it was', async () => {
    const first = await opened();
    await fill(first, range(1, 5));
    await first.close();
    const second = await opened();
    expect(second.size).toBe(5);
    const kept = await all(second);
    expect(kept.map((one) => one.result)).toContainEqual(result(3));
    expect(numbersOf(kept)).toEqual([5, 1, 2, 3, 4]);
    second.done(kept.map(({ place }) => place));
    await second.close();
    expect(await readdir(folder)).toEqual(['numbers']);
  });

  it('hands out again what was given back, in order, and nothing that somebody holds', async () => {
    const spool = await opened();
    await fill(spool, range(1, 3));
    const held = await spool.add(result(4), true);
    const kept = await all(spool);
    expect(numbersOf(kept)).toEqual([1, 2, 3]);
    spool.giveBack(kept.map(({ place }) => place));
    expect(numbersOf(await all(spool))).toEqual([1, 2, 3]);
    if (held) spool.giveBack([held.place]);
    expect(numbersOf(await all(spool))).toEqual([4]);
    await spool.close();
  });

  it('hands out again after a death only what had not left, whatever became of the list of those', async () => {
    const first = await opened();
    await fill(first, range(1, 6));
    const kept = await all(first);
    first.done(kept.filter(({ result: { id } }) => id.number % 2 === 0).map(({ place }) => place));
    await until(() => existsSync(join(folder, '000000000001.done')), 'it is written down');
    const [spool, list] = await Promise.all(
      ['spool', 'done'].map((end) => readFile(join(folder, `000000000001.${end}`))),
    );
    // Nobody closes it: the process is gone.
    const second = await opened();
    expect(numbersOf(await all(second))).toEqual([5, 1, 3]);
    await second.close();
    for (let cut = 0; cut <= (list?.length ?? 0); cut++) {
      await rm(folder, { recursive: true });
      await mkdir(folder);
      await writeFile(join(folder, '000000000001.spool'), spool ?? '');
      await writeFile(join(folder, '000000000001.done'), list?.subarray(0, cut) ?? '');
      const again = await opened();
      const numbers = new Set(numbersOf(await all(again)));
      expect(numbers.size).toBe(6 - Math.floor(cut / 9));
      expect([1, 3, 5].every((number) => numbers.has(number))).toBe(true);
      await again.close();
    }
    await first.close();
  });

  it('leaves nothing on disk once all were delivered, and goes on', async () => {
    const spool = await opened();
    for (const start of [1, 101, 201]) {
      await fill(spool, range(start, start + 99));
      spool.done((await all(spool)).map(({ place }) => place));
      expect(spool.size).toBe(0);
    }
    await spool.close();
    expect(await readdir(folder)).toEqual(['numbers']);
  });

  it('drops the oldest file when it is full, and remembers how much was lost', async () => {
    const spool = await opened(20_000);
    for (const number of range(1, 100)) await spool.add(result(number, 'disk', 'x'.repeat(900)));
    expect(spool.size + spool.lost).toBe(100);
    expect(spool.lost).toBeGreaterThan(50);
    const kept = numbersOf(await all(spool)).sort((left, right) => left - right);
    expect(kept).toEqual(range(spool.lost + 1, 100));
    const { lost } = spool;
    await spool.close();
    const sizes = await Promise.all(
      (await files()).map(async (name) => (await stat(join(folder, name))).size),
    );
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThanOrEqual(20_000);
    const again = await opened(20_000);
    expect(again.lost).toBe(lost);
    again.forgetLost();
    await again.close();
    const last = await opened(5_000);
    expect(last.lost).toBeGreaterThan(0);
    expect(last.size).toBeLessThan(6);
    await last.close();
  });

  it('does not take what is larger than all its room', async () => {
    const spool = await opened(2_000);
    const [small, large, other] = await Promise.all([
      spool.add(result(1)),
      spool.add(result(2, 'disk', 'x'.repeat(3_000))),
      spool.add(result(3)),
    ]);
    expect([small?.on, large, other?.on]).toEqual(['disk', undefined, 'disk']);
    expect([spool.size, spool.lost]).toEqual([2, 1]);
    await spool.close();
  });

  it('is for its user alone', async () => {
    const inner = join(folder, 'inner');
    const spool = await opened(1_000, inner);
    expect((await stat(inner)).mode & 0o777).toBe(0o700);
    const [file = ''] = (await readdir(inner)).filter((name) => name.endsWith('.spool'));
    expect((await stat(join(inner, file))).mode & 0o777).toBe(0o600);
    await spool.close();
  });
});

describe('files that are not as they were', () => {
  it('are opened after a cut at any byte: what is whole is there, what is not is counted', async () => {
    const spool = await opened();
    await fill(spool, range(1, 3), 'disk', 'ü\n\u0000"');
    await spool.close();
    const [name = ''] = await files();
    const bytes = await readFile(join(folder, name));
    const line = bytes.length / 3;
    for (let cut = 0; cut <= bytes.length; cut++) {
      await writeFile(join(folder, name), bytes.subarray(0, cut));
      await rm(join(folder, 'lost'), { force: true });
      const again = await opened();
      const whole = Math.floor(cut / line);
      expect([again.size, again.lost]).toEqual([whole, cut % line > 0 ? 1 : 0]);
      if (cut % 97 === 0) expect((await all(again)).length).toBe(whole);
      await again.close();
    }
  }, 30_000);

  it('are mended at the first opening: a damaged line is counted once, and the others keep their order', async () => {
    const spool = await opened();
    await fill(spool, range(1, 4));
    await spool.close();
    const [name = ''] = await files();
    const bytes = await readFile(join(folder, name));
    bytes[Math.floor(bytes.length / 2) + 20] = 0x21;
    await writeFile(join(folder, name), bytes.subarray(0, bytes.length - 3));
    for (let opening = 0; opening < 3; opening++) {
      const again = await opened();
      expect([again.size, again.lost]).toEqual([2, 2]);
      expect(numbersOf(await all(again)).sort()).toEqual([1, 2]);
      await again.close();
    }
    expect(await files()).toEqual([name]);
  });

  it('of any content are no refusal to open', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.uint8Array({ maxLength: 200 }), { maxLength: 3 }), async (contents) => {
        const inner = await mkdtemp(join(folder, 'any-'));
        await Promise.all(
          contents.map((bytes, index) => writeFile(join(inner, `00000000000${index + 1}.spool`), bytes)),
        );
        await writeFile(join(inner, 'lost'), contents[0] ?? '');
        await mkdir(join(inner, '000000000009.spool'));
        await writeFile(join(inner, 'notes.txt'), 'not ours');
        const spool = await opened(10_000, inner);
        expect(spool.size).toBe(0);
        expect((await spool.add(result(1)))?.on).toBe('disk');
        expect(numbersOf(await all(spool))).toEqual([1]);
        await spool.close();
        await rm(inner, { recursive: true });
      }),
      { numRuns: Math.ceil(RANDOM_INPUTS / 20) },
    );
  }, 30_000);

  it('and are damaged while they are used cost no more than what is damaged', async () => {
    const spool = await opened();
    await fill(spool, range(1, 4));
    const [name = ''] = await files();
    await truncate(join(folder, name), (await stat(join(folder, name))).size - 5);
    expect(numbersOf(await all(spool))).toEqual([1, 2, 3]);
    expect([spool.size, spool.lost]).toEqual([3, 1]);
    await spool.close();
  });
});

describe('a disk that takes nothing', () => {
  it('is told at the start, with what to do', async () => {
    await writeFile(join(folder, 'file'), '');
    for (const where of [join(folder, 'file', 'spool'), '/sys/tocsin-spool']) {
      await expect(opened(1_000, where)).rejects.toMatchObject({
        code: 'SPOOL_UNUSABLE',
        kind: 'config',
        message: expect.stringContaining(where),
      });
    }
  });

  it('lets results be kept in memory, and is asked again later', async () => {
    const spool = await opened(8_000);
    await rm(folder, { recursive: true });
    const keepings: (Keeping | undefined)[] = [];
    const add = async (number: number): Promise<void> => {
      keepings.push(await spool.add(result(number, 'disk', 'x'.repeat(900))));
    };
    // The file that is open still takes one; the next one cannot be made.
    for (const number of range(1, 4)) await add(number);
    expect(keepings.map((keeping) => keeping?.on)).toEqual(['disk', 'memory', 'memory', 'memory']);
    expect(log.lines.filter(({ level }) => level === 'error').length).toBe(1);
    await mkdir(folder);
    await add(5);
    await clock.advance(1_000);
    await add(6);
    expect(keepings.slice(4).map((keeping) => keeping?.on)).toEqual(['memory', 'disk']);
    expect(spool.size).toBe(6);
    expect(await spool.close()).toBe(4);
  });

  it.each(['killed', 'full'])(
    'or a process that is %s loses nothing that was said to be on disk',
    async (how) => {
      const line = [process.execPath, '--import', 'tsx', child, folder];
      const limited = ['sh', '-c', `trap '' XFSZ; ulimit -f 100; exec "$0" "$@"`, ...line];
      const [program = '', ...args] = how === 'full' ? limited : line;
      const running = spawn(program, args, { stdio: ['ignore', 'pipe', 'ignore'] });
      let text = '';
      running.stdout.on('data', (data: Buffer) => {
        text += data.toString();
        const enough = how === 'full' ? text.includes('memory') : text.length > 20_000;
        if (enough) running.kill('SIGKILL');
      });
      await new Promise((resolve) => running.once('close', resolve));
      const said = text.split('\n').slice(0, -1);
      const onDisk = said.filter((one) => one.startsWith('disk ')).map((one) => Number(one.slice(5)));
      expect(onDisk.length).toBeGreaterThan(100);
      const spool = await opened(1e9);
      const numbers = new Set(numbersOf(await all(spool)));
      expect(onDisk.filter((number) => !numbers.has(number))).toEqual([]);
      expect(spool.lost).toBeLessThanOrEqual(1);
      await spool.close();
    },
    30_000,
  );
});

describe('a spool in memory', () => {
  it('hands out in order, again what was given back, and forgets with its end', async () => {
    const spool = new MemorySpool();
    await fill(spool, range(1, 5));
    const kept = await spool.take(3);
    expect(numbersOf(kept)).toEqual([1, 2, 3]);
    spool.giveBack(kept.slice(1).map(({ place }) => place));
    spool.done(kept.slice(0, 1).map(({ place }) => place));
    expect(numbersOf(await all(spool))).toEqual([2, 3, 4, 5]);
    expect(await spool.close()).toBe(4);
    expect(spool.size).toBe(0);
  });
});
