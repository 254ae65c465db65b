/**
 * How fast are short commands, and does the event loop stay free meanwhile? `npx tsx bench/spawn.ts [seconds] [megabytes]`:
 * both ways of the spawner and a bare `child_process.spawn`, twelve at once; a second number makes this process
 * larger first. The last figures are in docs/execution.md.
 */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { monitorEventLoopDelay, performance } from 'node:perf_hooks';
import { silentLog } from '../src/runtime/log.ts';
import { systemClock } from '../src/runtime/system/clock.ts';
import { createSpawner } from '../src/runtime/system/spawner/index.ts';

const LIMIT = 12;
const seconds = Number(process.argv[2] ?? 3);
const ballast = Buffer.alloc(Number(process.argv[3] ?? 0) * 1024 * 1024, 1);

const options = { limit: LIMIT, outputLimitBytes: 1 << 20, clock: systemClock, log: silentLog };

function bare(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(() => {
      spawn('sh', ['-c', 'true'], { detached: true, stdio: ['ignore', 'pipe', 'pipe'] }).on('close', () =>
        resolve(),
      );
    });
  });
}

async function sustained(name: string, run: () => Promise<unknown>): Promise<void> {
  await Promise.all(Array.from({ length: LIMIT }, run));
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  const cpuBefore = process.cpuUsage();
  const began = performance.now();
  const end = began + seconds * 1000;
  let commands = 0;
  const one = async (): Promise<void> => {
    while (performance.now() < end) {
      await run();
      commands++;
    }
  };
  await Promise.all(Array.from({ length: LIMIT }, one));
  const tookMs = performance.now() - began;
  const cpu = process.cpuUsage(cpuBefore);
  delay.disable();
  console.log(
    name.padEnd(14),
    `${((commands / tookMs) * 1000).toFixed(0)} commands/s,`,
    `${((cpu.user + cpu.system) / commands).toFixed(0)} µs of ours each,`,
    `event loop delay p99 ${(delay.percentile(99) / 1e6).toFixed(1)} ms`,
  );
}

/** From the call to the answer of a command that does nothing, one at a time: no less than what it takes to begin one. */
async function roundTrip(name: string, run: (command: string) => Promise<unknown>): Promise<void> {
  const times: number[] = [];
  for (let round = 0; round < 200; round++) {
    await new Promise((resolve) => setTimeout(resolve, 5));
    const began = performance.now();
    await run(':');
    times.push(performance.now() - began);
  }
  times.sort((a, b) => a - b);
  console.log(
    name.padEnd(14),
    `round trip p50 ${times[100]?.toFixed(2)} ms, p99 ${times[198]?.toFixed(2)} ms`,
  );
}

/** Memory of our child processes, shared pages counted in part. */
function childMemory(): string {
  const children = readFileSync(`/proc/${process.pid}/task/${process.pid}/children`, 'utf8')
    .trim()
    .split(' ');
  const kilobytes = children.map((pid) => {
    const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
    return Number(/^Pss:\s+(\d+)/m.exec(rollup)?.[1] ?? 0);
  });
  return `${children.length} children, ${kilobytes.reduce((sum, each) => sum + each, 0)} kB`;
}

console.log(
  `${(process.memoryUsage().rss / 1024 / 1024).toFixed(0)} MB resident, ballast ${ballast.length >> 20} MB`,
);
await sustained('bare spawn', bare);
for (const [name, folders] of [
  ['pool', undefined],
  ['direct', []],
] as const) {
  const spawner = createSpawner({ ...options, folders });
  await sustained(name, () => spawner.run({ command: 'true' }));
  await roundTrip(name, (command) => spawner.run({ command }));
  if (name === 'pool') console.log(name.padEnd(14), childMemory());
  await spawner.close();
}
