/**
 * How long from a result to the first instruction of a pipe handler's process, at low load? One result after another,
 * each a problem, through the whole server with the embedded store; the handler says that it runs by writing to a FIFO
 * with a builtin of its shell, so the figure includes that write and our reading of it.
 *
 *   npx tsx bench/handler.ts [results] [megabytes that the process is made larger by]
 */
import { execFileSync } from 'node:child_process';
import { createReadStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { builtInPlugins } from '../src/plugins/index.ts';
import { sleep } from '../src/runtime/clock.ts';
import { Counters } from '../src/runtime/counters.ts';
import { systemClock } from '../src/runtime/system/clock.ts';
import { createLog } from '../src/runtime/system/log.ts';
import { systemRandom } from '../src/runtime/system/random.ts';
import { createSpawner } from '../src/runtime/system/spawner/index.ts';
import { Server } from '../src/server/index.ts';
import { Registry } from '../src/state/registry.ts';
import { Views } from '../src/state/views.ts';
import { openEmbeddedStore } from '../src/store/index.ts';
import { testSettings } from '../src/testing/settings.ts';
import { createMemoryTransport } from '../src/transport/index.ts';
import { print, quantile } from './measure.ts';

const total = Number(process.argv[2] ?? 500);
const ballast = Buffer.alloc(Number(process.argv[3] ?? 0) * 1_000_000, 1);

const folder = await mkdtemp(join(tmpdir(), 'tocsin-bench-'));
const fifo = join(folder, 'started');
execFileSync('mkfifo', [fifo]);
const log = createLog({ level: 'warn', destination: 2 });
const settings = testSettings({
  handlers: new Map([['default', { name: 'default', type: 'pipe', command: `echo >${fifo}` }]]),
});
const world = { clock: systemClock, random: systemRandom, log, counters: new Counters(), version: 'bench' };
const store = await openEmbeddedStore({ ...settings.store, folder, clock: systemClock, log });
const stop = new AbortController();
const views = Views.open(store, stop.signal, (error) => console.error(error));
const transport = createMemoryTransport({ clock: systemClock, log });
const spawner = createSpawner({ ...settings.spawn, clock: systemClock, log });
const plugins = new Map(builtInPlugins.map((plugin) => [plugin.name, plugin]));
const registry = new Registry(store);
const server = new Server({ ...world, settings, plugins, transport, registry, views, spawner });
await server.start();

let begun: (() => void) | undefined;
// Opened for reading and writing, so that it does not end with each writer.
const stream = createReadStream(fifo, { flags: 'r+' });
stream.on('data', () => begun?.());

const samples: number[] = [];
for (let number = 1; number <= total + 50; number++) {
  const started = new Promise<void>((resolve) => {
    begun = resolve;
  });
  const from = systemClock.elapsed();
  const check = { name: `check-${number}`, status: 2, output: 'CRITICAL\n', executed: 1_795_245_750 };
  void transport.publishResult({ body: { client: 'i-42', check }, id: { agent: 'i-42', boot: 'b', number } });
  await started;
  // The first ones start the shells.
  if (number > 50) samples.push(systemClock.elapsed() - from);
  await sleep(systemClock, 20);
}
print('result to handler, p50', quantile(samples, 0.5), 'ms', 2);
print('result to handler, p99', quantile(samples, 0.99), 'ms', 2);
print('resident', process.memoryUsage().rss / 1e6, 'MB', 0);
print('of it ballast', ballast.length / 1e6, 'MB', 0);

await server.stop(5000);
await spawner.close();
await transport.close();
stop.abort();
await store.close();
stream.destroy();
await rm(folder, { recursive: true });
process.exit(0);
