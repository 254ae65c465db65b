/**
 * How late are the requests of very many checks, and what does asking cost? 50,000 checks with an interval of 60 s, one
 * subscription each, published to a transport on which nobody listens.
 *
 *   npx tsx bench/schedule.ts [checks] [seconds]
 */

import { sleep } from '../src/runtime/clock.ts';
import { Counters } from '../src/runtime/counters.ts';
import { silentLog } from '../src/runtime/log.ts';
import { systemClock } from '../src/runtime/system/clock.ts';
import { Schedule } from '../src/server/schedule/index.ts';
import { createMemoryTransport } from '../src/transport/index.ts';
import { print, quantile } from './measure.ts';

const count = Number(process.argv[2] ?? 50_000);
const seconds = Number(process.argv[3] ?? 30);

const checks = new Map(
  Array.from({ length: count }, (_, index) => {
    const name = `check-${index}`;
    return [
      name,
      { name, command: 'check-disk -w 80 -c 90', interval: 60, subscribers: [`group-${index % 100}`] },
    ];
  }),
);
const transport = createMemoryTransport({ clock: systemClock });
const counters = new Counters();
const lateness: number[] = [];
const schedule = new Schedule({
  checks,
  transport,
  views: { clientNames: () => [], client: () => undefined },
  clock: systemClock,
  log: silentLog,
  counters,
  lateness: (lateMs) => lateness.push(lateMs),
});

schedule.start();
await sleep(systemClock, 5000);
lateness.length = 0;
const before = counters.read('requests_published');
// Watching the event loop would cost as much as what is measured.
const cpu = process.cpuUsage();
const begunMs = systemClock.elapsed();
await sleep(systemClock, seconds * 1000);
const took = (systemClock.elapsed() - begunMs) / 1000;
const { user, system } = process.cpuUsage(cpu);
schedule.stop();
print('requests', (counters.read('requests_published') - before) / took, '/s', 0);
print('late p50', quantile(lateness, 0.5), 'ms');
print('late p99', quantile(lateness, 0.99), 'ms');
print('late at most', quantile(lateness, 1), 'ms');
print('of one core', ((user + system) / 1e6 / took) * 100, '%');
await transport.close();
