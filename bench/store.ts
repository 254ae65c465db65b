/**
 * How fast is the embedded store, and what does it cost? One process, 100,000 states of checks.
 * Run: `npx tsx bench/store.ts` (or `node bench/store.ts` on Node 24). Figures are in bench/README.md.
 */
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLog } from '../src/runtime/log.ts';
import { systemClock } from '../src/runtime/system/clock.ts';
import { type Change, openEmbeddedStore, type Store } from '../src/store/index.ts';

const STATES = 100_000;
/** States that are changed to measure, made beforehand; few, or the garbage collector is what is measured. */
const CHANGED = 20_000;
const BATCH = 200;
const retention = { entries: 100, ageMs: 30 * 86_400_000 };
const logs = { transitions: retention, deliveries: retention };

function stateOf(index: number, round: number): unknown {
  const check = {
    name: `check_${index % 20}`,
    command: '/usr/lib/nagios/plugins/check_http -H localhost -u /health -w 1 -c 2',
    subscribers: ['web', 'linux', `rack:${index % 40}`],
    handlers: ['default', 'pagerduty'],
    interval: 60,
    timeout: 10,
    issued: 1_800_000_000 + round * 60,
    executed: 1_800_000_001 + round * 60,
    duration: 0.132 + (index % 100) / 1000,
    output: `HTTP OK: HTTP/1.1 200 OK - 1234 bytes in 0.0${index % 100} second response time |time=0.012s;1;2;0 size=${index}B\n`,
    status: index % 10 === 0 ? 2 : 0,
    type: 'standard',
    team: 'platform',
    playbook: 'https://wiki.example.org/monitoring/http',
  };
  const history = Array.from({ length: 21 }, (_, at) => (at % 7 === 0 ? 2 : 0));
  const client = {
    name: `client-${Math.floor(index / 20)}`,
    address: '10.1.2.3',
    subscriptions: ['web', 'linux'],
    version: '1.9.0',
    timestamp: 1_800_000_000,
    environment: 'production',
    cloud: { region: 'eu-central-1', zone: 'a', type: 'm5.large' },
  };
  const event =
    index % 10 === 0
      ? {
          id: `0d2b7a5e-5f6c-4b1e-8a34-${String(index).padStart(12, '0')}`,
          client,
          check: { ...check, history: history.map(String), total_state_change: 14 },
          occurrences: 3,
          occurrences_watermark: 3,
          last_ok: 1_799_999_000,
          action: 'create',
          timestamp: 1_800_000_001,
          silenced: false,
          silenced_by: [],
        }
      : null;
  return {
    check,
    history,
    last_ok: 1_800_000_000,
    event,
    taken: { agent: { boot: '6f1c2d1e', number: round, earlierBoots: [] } },
  };
}

const nameOf = (index: number): string => `client-${Math.floor(index / 20)}/check_${index % 20}`;

/** CPU seconds of this process: of its main thread and of all threads. (proc(5), schedstat.) */
async function cpuSeconds(): Promise<{ main: number; all: number }> {
  const text = await readFile(`/proc/self/task/${process.pid}/schedstat`, 'utf8');
  const usage = process.cpuUsage();
  return { main: Number(text.split(' ')[0]) / 1e9, all: (usage.user + usage.system) / 1e6 };
}

const megabytes = (bytes: number): string => `${Math.round(bytes / 2 ** 20)} MB`;

async function measured(what: string, count: number, run: () => Promise<unknown>): Promise<void> {
  const before = await cpuSeconds();
  const start = performance.now();
  await run();
  const seconds = (performance.now() - start) / 1000;
  const after = await cpuSeconds();
  const micro = (of: 'main' | 'all'): string => `${(((after[of] - before[of]) / count) * 1e6).toFixed(1)} µs`;
  console.log(
    `${what}: ${Math.round(count / seconds).toLocaleString('en')}/s, CPU each: main thread ${micro('main')}, process ${micro('all')}`,
  );
}

/** Commits all batches with so many waiting at a time; returns the times of each in milliseconds. */
async function commitAll(store: Store, batches: readonly Change[][], waiting: number): Promise<number[]> {
  const times: number[] = [];
  let next = 0;
  const writer = async (): Promise<void> => {
    for (let batch = batches[next++]; batch; batch = batches[next++]) {
      const start = performance.now();
      await store.commit(batch);
      times.push(performance.now() - start);
    }
  };
  await Promise.all(Array.from({ length: waiting }, writer));
  return times.sort((a, b) => a - b);
}

/** Batches of changed states, made beforehand so that making them is not measured. */
function rounds(from: number, round: number, appends: boolean, count = CHANGED): Change[][] {
  const batches: Change[][] = [];
  for (let first = from; first < from + count; first += BATCH) {
    const batch: Change[] = [];
    for (let at = first; at < first + BATCH; at++) {
      const index = (at * 7919) % STATES;
      const name = nameOf(index);
      const entry = {
        timestamp: 1_800_000_000,
        status: 2,
        from: 0,
        action: 'create',
        event_id: '0d2b7a5e-5f6c-4b1e-8a34-000000000000',
        output: 'HTTP CRITICAL: connection refused by the peer',
      };
      batch.push({
        writes: [{ kind: 'state', name, value: stateOf(index, round) }],
        appends: appends ? [{ log: `transitions/${name}`, timeMs: systemClock.now(), entry }] : undefined,
      });
    }
    batches.push(batch);
  }
  return batches;
}

const quantile = (sorted: readonly number[], share: number): string =>
  (sorted[Math.floor(sorted.length * share)] ?? 0).toFixed(1);

async function main(
  sync: 'process' | 'power',
  phase: string | undefined,
  given: string | undefined,
): Promise<void> {
  const folder = given ?? (await mkdtemp(join(tmpdir(), 'tocsin-bench-')));
  const open = (): Promise<Store> =>
    openEmbeddedStore({ folder, sync, logs, clock: systemClock, log: silentLog });
  if (phase === 'open') {
    const start = performance.now();
    const store = await open();
    console.log(
      `open ${store.view('state')?.size} states: ${Math.round(performance.now() - start)} ms, resident ${megabytes(process.memoryUsage().rss)}`,
    );
    (globalThis as { gc?: () => void }).gc?.();
    await new Promise((resolve) => setTimeout(resolve, 3000));
    console.log(`resident after 3 s: ${megabytes(process.memoryUsage().rss)}`);
    await store.close();
    return;
  }
  const store = await open();
  const text = JSON.stringify(stateOf(1, 0)).length;
  console.log(
    `Node ${process.version}, sync ${sync}; a state is ${text} characters, with an event ${JSON.stringify(stateOf(0, 0)).length}`,
  );
  for (let first = 0; first < STATES; first += CHANGED) await commitAll(store, rounds(first, 0, false), 4);
  for (const waiting of [1, 8]) {
    const batches = rounds(0, waiting, false);
    let times: number[] = [];
    await measured(`states, ${waiting} batch(es) of ${BATCH} waiting`, CHANGED, async () => {
      times = await commitAll(store, batches, waiting);
    });
    console.log(
      `  commit ms: p50 ${quantile(times, 0.5)} p99 ${quantile(times, 0.99)} most ${quantile(times, 0.9999)}`,
    );
  }
  const withLogs = rounds(0, 10, true);
  await measured(`states with a log entry each, 4 batches waiting`, CHANGED, () =>
    commitAll(store, withLogs, 4),
  );
  const idle: number[] = [];
  const small = rounds(0, 11, false, BATCH * 200).map((batch) => batch.slice(0, 10));
  for (const batch of small) {
    await new Promise((resolve) => setTimeout(resolve, 5));
    idle.push(...(await commitAll(store, [batch], 1)));
  }
  idle.sort((a, b) => a - b);
  console.log(`commit of 10 when idle, ms: p50 ${quantile(idle, 0.5)} p99 ${quantile(idle, 0.99)}`);
  await measured('readLog', 2000, async () => {
    for (let index = 0; index < 2000; index++)
      await store.readLog(`transitions/${nameOf(index * 37)}`, { limit: 20 });
  });
  console.log(`resident ${megabytes(process.memoryUsage().rss)}`);
  const start = performance.now();
  await store.close();
  const size = (await stat(join(folder, 'tocsin.sqlite'))).size;
  console.log(`close ${Math.round(performance.now() - start)} ms, file ${megabytes(size)} in ${folder}`);
  if (given === undefined) await rm(folder, { recursive: true });
}

await main(process.argv[2] === 'power' ? 'power' : 'process', process.argv[3], process.argv[4]);
