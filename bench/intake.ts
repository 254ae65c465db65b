/**
 * How many results a second does one process take, durable, with filters and a handler on? 355-byte results over 4,000
 * client/check pairs, 10 % of them not OK, from JSON text to the acknowledgement after the commit.
 *
 *   npx tsx bench/intake.ts [results] [rate]
 *
 * With a rate (results a second) it offers just that many and tells what each costs.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defineHandler, type Plugin, Type } from '../src/plugin.ts';
import { builtInPlugins } from '../src/plugins/index.ts';
import { sleep } from '../src/runtime/clock.ts';
import { Counters } from '../src/runtime/counters.ts';
import { systemClock } from '../src/runtime/system/clock.ts';
import { createLog } from '../src/runtime/system/log.ts';
import { systemRandom } from '../src/runtime/system/random.ts';
import { Server } from '../src/server/index.ts';
import { Registry } from '../src/state/registry.ts';
import { Views } from '../src/state/views.ts';
import { openEmbeddedStore } from '../src/store/index.ts';
import { testSettings } from '../src/testing/settings.ts';
import { FakeSpawner } from '../src/testing/spawner.ts';
import { createMemoryTransport } from '../src/transport/index.ts';
import { costOf, print, threadTimes } from './measure.ts';

const total = Number(process.argv[2] ?? 200_000);
const rate = Number(process.argv[3] ?? 0);
const PAIRS = 4000;
const IN_FLIGHT = 2000;

let told = 0;
const sink = defineHandler({
  name: 'sink',
  options: Type.Object({}),
  run: async () => {
    told++;
    return '';
  },
});

function resultText(index: number): string {
  const pair = (index * 2_654_435_761) % PAIRS;
  const status = systemRandom.number() < 0.1 ? 2 : 0;
  const result = {
    client: `client-${pair % 400}`,
    check: {
      command: '/usr/lib/nagios/plugins/check_disk -w 20% -c 10% -p /',
      handlers: ['sink'],
      name: `check-${Math.floor(pair / 400)}`,
      issued: 1_795_245_750,
      executed: 1_795_245_750,
      duration: 0.042,
      output: `DISK ${status === 0 ? 'OK' : 'CRITICAL'} - free space: / 3326 MB (56% inode=73%);| /=2643MB;5948;5958;0;5968 ${index}\n`,
      status,
    },
  };
  const text = JSON.stringify(result);
  return text.length >= 355 ? text : `${text.slice(0, -2)},"note":"${'.'.repeat(355 - text.length - 10)}"}}`;
}

const folder = await mkdtemp(join(tmpdir(), 'tocsin-bench-'));
const log = createLog({ level: 'warn', destination: 2 });
const counters = new Counters();
const settings = testSettings({
  handlers: new Map([['sink', { name: 'sink', type: 'sink', filters: ['changes'] }]]),
  filters: new Map([['changes', { attributes: { occurrences: 1 } }]]),
});
const world = { clock: systemClock, random: systemRandom, log, counters, version: 'bench' };
const store = await openEmbeddedStore({ ...settings.store, folder, clock: systemClock, log });
const registry = new Registry(store);
const stop = new AbortController();
const views = Views.open(store, stop.signal, (error) => console.error(error));
const transport = createMemoryTransport({ clock: systemClock, log });
const spawner = new FakeSpawner();
const plugins = new Map<string, Plugin>(
  [...builtInPlugins, sink as Plugin].map((plugin) => [plugin.name, plugin]),
);
const server = new Server({ ...world, settings, plugins, transport, registry, views, spawner });
await server.start();

const texts = Array.from({ length: 20_000 }, (_, index) => resultText(index));
let number = 0;
const publish = (index: number): Promise<void> =>
  transport.publishResult({
    body: JSON.parse(texts[index % texts.length] as string),
    id: { agent: 'bench', boot: 'bench', number: ++number },
  });

/** As fast as they are acknowledged. */
async function flood(results: number): Promise<void> {
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < results) await publish(next++);
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, lane));
}

/** Evenly, `offer` called for each. */
async function trickle(offer: (index: number) => Promise<void>): Promise<void> {
  const begin = systemClock.elapsed();
  const pending: Promise<void>[] = [];
  for (let index = 0; index < total; ) {
    const due = Math.min(total, Math.floor(((systemClock.elapsed() - begin) / 1000) * rate));
    while (index < due) pending.push(offer(index++));
    await sleep(systemClock, 2);
  }
  await Promise.all(pending);
}

await Promise.all(Array.from({ length: PAIRS }, (_, index) => publish(index)));
// Code is compiled while it is new; what is asked is what it costs from then on.
await flood(60_000);
const generator =
  rate > 0
    ? await costOf(() => trickle(async (index) => void JSON.parse(texts[index % texts.length] as string)))
    : undefined;
const before = { told, taken: counters.read('results_taken'), batches: counters.read('batches') };
const threads = threadTimes();
const cost = await costOf(() => (rate > 0 ? trickle(publish) : flood(total)));
const threadsAfter = threadTimes();
const taken = counters.read('results_taken') - before.taken;
print('results taken', taken / cost.seconds, '/s', 0);
print('CPU a result, all threads', (cost.cpuSeconds / taken) * 1e6, 'µs');
for (const [id, { name, seconds }] of threadsAfter) {
  const spent = seconds - (threads.get(id)?.seconds ?? 0);
  if (spent > 0.02)
    print(`  of it thread ${name}${id === process.pid ? ', main' : ''}`, (spent / taken) * 1e6, 'µs');
}
if (generator) print('  of it offering them, measured alone', (generator.cpuSeconds / total) * 1e6, 'µs');
print('results in a batch', taken / (counters.read('batches') - before.batches), '');
print('deliveries', (told - before.told) / cost.seconds, '/s', 0);
print('event loop late, p99', cost.loop.p99, 'ms');
print('resident', process.memoryUsage().rss / 1e6, 'MB', 0);

await server.stop(5000);
await spawner.close();
await transport.close();
stop.abort();
await store.close();
await rm(folder, { recursive: true });
