/**
 * What does an agent cost? Its memory at rest (PSS of all its processes), before and after it ran commands, and how
 * many `true` checks a second it takes from request to acknowledged result, with the delay of its event loop.
 *
 *   npx tsx bench/agent.ts [requests]
 *
 * It compiles the sources first and measures plain Node, as installed; requests and results travel in memory.
 *
 * Last figures (Node 20, two cores under a foreign load of 9, in the minute after `bench/spawn.ts` did 149 bare spawns
 * and 961 pooled commands a second): 39.5 MiB before the first command, 66.8 MiB after it in 14 processes,
 * 1,447 checks/s, 201 µs of the agent's CPU each, event-loop delay p99 12.6 ms.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createAgent } from '../src/agent/index.ts';
import { Counters } from '../src/runtime/counters.ts';
import { silentLog } from '../src/runtime/log.ts';
import { systemClock } from '../src/runtime/system/clock.ts';
import { systemRandom } from '../src/runtime/system/random.ts';
import { createSpawner } from '../src/runtime/system/spawner/index.ts';
import { testSettings } from '../src/testing/settings.ts';
import { createMemoryTransport } from '../src/transport/index.ts';
import { costOf, print } from './measure.ts';

const MEASURE = 'measure';
/** Requests that are under way at a time. */
const UNDER_WAY = 48;

function buildAndMeasure(requests: string): void {
  const root = join(import.meta.dirname, '..');
  const built = join(root, 'node_modules', '.cache', 'bench-agent');
  mkdirSync(built, { recursive: true });
  const config = {
    extends: join(root, 'tsconfig.build.json'),
    compilerOptions: {
      rootDir: root,
      outDir: built,
      declaration: false,
      typeRoots: [join(root, 'node_modules/@types')],
    },
    include: [join(root, 'bench/agent.ts')],
    exclude: [],
  };
  writeFileSync(join(built, 'package.json'), '{"type":"module"}');
  writeFileSync(join(built, 'tsconfig.json'), JSON.stringify(config));
  execFileSync(join(root, 'node_modules/.bin/tsc'), ['-p', join(built, 'tsconfig.json')], {
    stdio: 'inherit',
  });
  execFileSync(process.execPath, [join(built, 'bench/agent.js'), MEASURE, requests], { stdio: 'inherit' });
}

/** Proportional set size in kB of this process and everything below it, and how many processes that are. */
function memory(): { kilobytes: number; processes: number } {
  const parents = new Map<number, number>();
  for (const entry of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    const stat = readIfThere(`/proc/${entry}/stat`);
    parents.set(Number(entry), Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]));
  }
  const family = new Set([process.pid]);
  for (let before = 0; before !== family.size; ) {
    before = family.size;
    for (const [pid, parent] of parents) if (family.has(parent)) family.add(pid);
  }
  const sizes = [...family].map((pid) =>
    Number(/^Pss:\s+(\d+)/m.exec(readIfThere(`/proc/${pid}/smaps_rollup`))?.[1] ?? 0),
  );
  return {
    kilobytes: sizes.reduce((sum, size) => sum + size, 0),
    processes: sizes.filter((size) => size > 0).length,
  };
}

function readIfThere(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

const rest = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

async function measure(requests: number): Promise<void> {
  const transport = createMemoryTransport({ clock: systemClock });
  let results = 0;
  await transport.consumeResults(
    async (batch) => {
      results += batch.length;
    },
    { size: 200, spacingMs: 5 },
  );
  const agent = createAgent({
    settings: testSettings(),
    transport,
    spawner: createSpawner({ limit: 12, outputLimitBytes: 1_048_576, clock: systemClock, log: silentLog }),
    checks: new Map(),
    clock: systemClock,
    random: systemRandom,
    log: silentLog,
    counters: new Counters(),
    version: '0.0.0',
    listen: false,
  });
  await agent.start();
  await rest(2_000);
  printMemory('at rest, before the first command');

  const cost = await costOf(async () => {
    for (let sent = 0; results < requests; ) {
      for (; sent < requests && sent - results < UNDER_WAY; sent++) {
        await transport.publishRequest('web', {
          name: `check-${sent}`,
          command: 'true',
          issued: 1_800_000_000,
        });
      }
      await rest(1);
    }
  });
  print('`true` checks', requests / cost.seconds, '/s', 0);
  print('CPU of the agent’s process', (cost.cpuSeconds * 1e6) / requests, 'µs/check', 0);
  print('event-loop delay p99', cost.loop.p99, 'ms', 2);
  printMemory('just after');
  await rest(5_000);
  printMemory('at rest again');
  await agent.stop();
  await transport.close();
}

function printMemory(when: string): void {
  const { kilobytes, processes } = memory();
  print(`memory (PSS) of ${processes} processes, ${when}`, kilobytes / 1024, 'MiB');
}

if (process.argv[2] === MEASURE) await measure(Number(process.argv[3]));
else buildAndMeasure(process.argv[2] ?? '10000');
