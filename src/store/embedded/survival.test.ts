import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { silentLog } from '../../runtime/log.ts';
import { systemClock } from '../../runtime/system/clock.ts';
import type { Store } from '../port.ts';
import { openEmbeddedStore } from './store.ts';

const KILLS = 4;
const child = fileURLToPath(new URL('../../testing/store/survival-child.ts', import.meta.url));
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tocsin-kill-'));
});
afterEach(() => rm(folder, { recursive: true }));

/** Lets a child commit until it has said so often that a commit resolved, kills it, and returns the last number. */
async function commitUntilKilled(resolved: number): Promise<number> {
  const process = spawn('node', ['--import', 'tsx', child, folder], { stdio: ['ignore', 'pipe', 'inherit'] });
  let text = '';
  process.stdout.on('data', (data: Buffer) => {
    text += data.toString();
    if (text.split('\n').length > resolved) process.kill('SIGKILL');
  });
  await new Promise((resolve) => process.once('close', resolve));
  const numbers = text.split('\n').slice(0, -1).map(Number);
  expect(numbers.length).toBeGreaterThanOrEqual(resolved);
  return Math.max(...numbers);
}

/** Every document and log entry is what the commits up to `last` left. */
async function expectWhole(store: Store, last: number): Promise<void> {
  const expected = new Map<string, number>();
  for (let n = 0; n <= last; n++) {
    for (let at = 0; at < 10; at++) expected.set(`s${(n * 7 + at * 53) % 500}`, n);
  }
  const states = [...(store.view('state') ?? [])].map(([name, value]) => [name, (value as { n: number }).n]);
  expect(new Map(states as [string, number][])).toEqual(expected);
  const entries: unknown[] = [];
  for (let page = await store.readLog('log/all'); page.length > 0; ) {
    entries.push(...page.map(({ entry }) => entry));
    page = await store.readLog('log/all', { before: page.at(-1)?.sequence ?? 0 });
  }
  expect(entries).toEqual(Array.from({ length: last + 1 }, (_, n) => last - n));
}

it('loses nothing whose commit had resolved when it is killed, and opens every time', async () => {
  for (let kill = 1; kill <= KILLS; kill++) {
    const resolved = await commitUntilKilled(kill * 190);
    const logs = { log: { entries: 1_000_000, ageMs: 86_400_000 } };
    const store = await openEmbeddedStore({
      folder,
      sync: 'process',
      logs,
      clock: systemClock,
      log: silentLog,
    });
    const last = store.view('counter')?.get('next') as number;
    expect(last).toBeGreaterThanOrEqual(resolved);
    await expectWhole(store, last);
    await store.close();
  }
}, 120_000);
