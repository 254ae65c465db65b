/**
 * How long do lists of the 1.x API take, and how long do they hold everything else up?
 *
 *   npx tsx bench/api.ts [rounds]
 *
 * Asks an API over loopback for 970 events, 10,000 results, 1,000 clients out of 100,000 (the last page), and all of
 * 100,000 results. Prints the median, the CPU of one answer (both ends), and the lateness of the event loop meanwhile.
 */

import { get } from 'node:http';
import { monitorEventLoopDelay, performance } from 'node:perf_hooks';
import { startWorld, type World } from '../src/testing/api/world.ts';
import { print, quantile } from './measure.ts';

const rounds = Number(process.argv[2] ?? 40);
const SUBSCRIPTIONS = ['web', 'linux', 'site-1'];

function client(index: number) {
  const name = `i-${index}`;
  return {
    ...{ name, address: '10.0.0.9', subscriptions: [...SUBSCRIPTIONS, `client:${name}`] },
    ...{
      environment: 'production',
      disk: { warning: 85 },
      keepalive: { thresholds: { warning: 60, critical: 120 } },
    },
    ...{ socket: { bind: '127.0.0.1', port: 3030 }, version: '1.9.0', timestamp: 1_795_245_365 },
  };
}

function state(index: number, name: string, open: boolean) {
  const status = open ? 2 : 0;
  const check = {
    ...{ command: 'check-disk -w 80 -c 90', subscribers: ['web'], interval: 60, handlers: ['mail'] },
    ...{ name, issued: 1_795_245_374, executed: 1_795_245_374, duration: 0.042, status },
    output: 'DISK OK - free space: / 3326 MB (56%); /boot 68 MB (69%);\n',
  };
  const history = Array.from({ length: 21 }, () => status);
  const event = {
    ...{ id: '343b66c3-cf01-4511-943e-d5e592fcc27e', client: client(index) },
    check: { ...check, history: history.map(String), total_state_change: 0 },
    ...{
      occurrences: 21,
      occurrences_watermark: 21,
      last_ok: null,
      action: 'create',
      timestamp: 1_795_245_374,
    },
    ...{ last_state_change: 1_795_245_329, silenced: false, silenced_by: [] },
  };
  return {
    ...{ check, history, last_ok: null, event: open ? event : null, taken: [] },
    today: { day: 0, ok: 0, warning: 0, critical: 0, unknown: 0 },
  };
}

/** Stores documents 10,000 at a time. */
async function fill(world: World, kind: string, count: number, make: (index: number) => [string, unknown]) {
  for (let start = 0; start < count; start += 10_000) {
    const writes = Array.from({ length: Math.min(10_000, count - start) }, (_, offset) => {
      const [name, value] = make(start + offset);
      return { kind, name, value };
    });
    await world.store.commit([{ writes }]);
  }
  await world.views.shown();
}

function ask(url: string): Promise<number> {
  return new Promise((resolve, reject) => {
    get(url, { agent: false }, (response) => {
      let bytes = 0;
      response.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
      });
      response.on('end', () => resolve(bytes));
      response.on('error', reject);
    }).on('error', reject);
  });
}

async function measure(title: string, url: string, count: number): Promise<void> {
  for (let round = 0; round < 3; round++) await ask(url);
  const times: number[] = [];
  let bytes = 0;
  const delay = monitorEventLoopDelay({ resolution: 1 });
  const cpu = process.cpuUsage();
  delay.enable();
  for (let round = 0; round < count; round++) {
    const start = performance.now();
    bytes = await ask(url);
    times.push(performance.now() - start);
  }
  delay.disable();
  const { user, system } = process.cpuUsage(cpu);
  print(`${title}: median`, quantile(times, 0.5), 'ms');
  print(`${title}: p95`, quantile(times, 0.95), 'ms');
  print(`${title}: CPU of one`, (user + system) / 1000 / count, 'ms');
  print(`${title}: loop late, p99`, Math.max(0, delay.percentile(99) / 1e6 - 1), 'ms');
  print(`${title}: loop late, max`, Math.max(0, delay.max / 1e6 - 1), 'ms');
  print(`${title}: body`, bytes / 1e6, 'MB', 2);
}

const small = await startWorld({ consumer: false });
await fill(small, 'state', 10_000, (index) => [`i-${index}/disk`, state(index, 'disk', index < 970)]);
await measure('970 events', `${small.url}/events`, rounds);
await measure('10,000 results', `${small.url}/results`, rounds);
await small.stop();

const large = await startWorld({ consumer: false });
await fill(large, 'client', 100_000, (index) => [
  `i-${index}`,
  { client: client(index), signature: '', seenAttendedMs: 0, seenAtMs: 0 },
]);
await fill(large, 'state', 100_000, (index) => [`i-${index}/disk`, state(index, 'disk', false)]);
await measure('clients, last 1,000 of 100,000', `${large.url}/clients?limit=1000&offset=99000`, rounds);
await measure('100,000 results', `${large.url}/results`, Math.max(3, Math.round(rounds / 8)));
await large.stop();
