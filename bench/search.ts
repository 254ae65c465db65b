/**
 * How fast is a search, and how long does it keep everything else waiting? A store in memory with CLIENTS clients and ten
 * results each, as the views see it; every search is asked ROUNDS times, alone and then beside changes.
 * Bundle it first, as code is when it is installed: `npx esbuild bench/search.ts --bundle --platform=node --packages=external
 * --format=esm --outfile=bench/out/search.mjs`, then run
 * `node --expose-gc --max-old-space-size=8000 bench/out/search.mjs [CLIENTS=100000] [ROUNDS=15]`. Figures are in bench/README.md.
 */
import { readFileSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { systemClock } from '../src/runtime/system/clock.ts';
import { openSearch, type Question } from '../src/state/search/index.ts';
import { Views } from '../src/state/views.ts';
import type { FeedItem, Store } from '../src/store/port.ts';
import { print, quantile } from './measure.ts';

const CLIENTS = Number(process.argv[2] ?? 100_000);
const ROUNDS = Number(process.argv[3] ?? 15);
const CHECKS = 10;
const REGIONS = ['eu-central-1', 'eu-west-1', 'us-east-1', 'ap-south-1'];

const clients = new Map<string, unknown>();
const states = new Map<string, unknown>();
fill();

let tell: (items: FeedItem[]) => void = () => undefined;
let changes = 0;
const store = {
  name: 'bench',
  connected: true,
  cursor: () => String(changes).padStart(16, '0'),
  view: (kind: string) => ({ client: clients, state: states })[kind] ?? new Map(),
  follow: (_cursor: string | undefined, signal: AbortSignal) => followers(signal),
} as unknown as Store;

/** Milliseconds that the main thread was on a core. (proc(5), schedstat.) */
const onCore = (): number =>
  Number(readFileSync(`/proc/self/task/${process.pid}/schedstat`, 'utf8').split(' ')[0]) / 1e6;

/** Watches turns of the event loop: the most that one of them was on a core, whatever else the machine had to do. */
function watchTurns(): () => number {
  let longest = 0;
  let last = onCore();
  let watching = true;
  const look = (): void => {
    const now = onCore();
    longest = Math.max(longest, now - last);
    last = now;
    if (watching) setImmediate(look);
  };
  setImmediate(look);
  return () => {
    watching = false;
    return longest;
  };
}

const heap = (): number => {
  for (let round = 0; round < 3; round++) (globalThis as { gc?: () => void }).gc?.();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
};

const ended = new AbortController();
const views = Views.open(store, ended.signal, (error) => console.error(error));
const before = heap();
const delay = monitorEventLoopDelay({ resolution: 1 });
delay.enable();
const start = systemClock.elapsed();
const building = onCore();
const built = watchTurns();
const index = openSearch({ views, store, clock: systemClock, limits: { searchMs: 60_000 } }, (error) =>
  console.error(error),
);
await index.built;
delay.disable();
const documents = clients.size + states.size;
print(`reading ${documents} documents`, systemClock.elapsed() - start, 'ms', 0);
print('  on a core', onCore() - building, 'ms', 0);
print('  longest turn on a core', built(), 'ms');
print('  longest hold meanwhile', delay.max / 1e6, 'ms');
print('  memory of the index, a document', (heap() - before) / documents, 'bytes', 0);

const questions: [string, Omit<Question, 'limit' | 'counts'> & { counts?: string[]; limit?: number }][] = [
  ['a page of 1,000 clients of all', { subject: 'clients', q: '' }],
  [
    '… the worst first, of one region, counted',
    {
      subject: 'clients',
      q: 'client.region:eu-west-1',
      sort: '-status',
      counts: ['status', 'client.region'],
    },
  ],
  ['results: status:critical check:disk*', { subject: 'results', q: 'status:critical check:disk*' }],
  [
    '… of clients in eu-*',
    { subject: 'results', q: 'status:critical check:disk* client.region:eu-*', counts: ['status', 'check'] },
  ],
  ['results: everything, latest first', { subject: 'results', q: '', sort: '-executed' }],
  ['results: client:web-0123*', { subject: 'results', q: 'client:web-0123*' }],
  [
    'results: everything, counted by status, check',
    { subject: 'results', q: '', counts: ['status', 'check'] },
  ],
  ['results: everything, counted by client', { subject: 'results', q: '', counts: ['client'] }],
  ['results: age:>30', { subject: 'results', q: 'age:>30' }],
  ['results: "connection refused" (all texts)', { subject: 'results', q: '"connection refused"' }],
  [
    'results: status:critical "connection refused"',
    { subject: 'results', q: 'status:critical "connection refused"' },
  ],
  [
    'events: status:critical -silenced:true',
    { subject: 'events', q: 'status:critical -silenced:true', sort: '-status', counts: ['status', 'check'] },
  ],
];
for (const [name, question] of questions) await measure(name, question);

console.log('\ntexts:');
const texts: typeof questions = [
  ['results: deflate (nobody has it)', { subject: 'results', q: 'deflate' }],
  ['results: eof (three letters, nobody has it)', { subject: 'results', q: 'eof' }],
  ['results: zz (two letters, nobody has it)', { subject: 'results', q: 'zz' }],
  ['results: gzip (a third of all)', { subject: 'results', q: 'gzip' }],
  ['… counted by status', { subject: 'results', q: 'gzip', counts: ['status'], limit: 1 }],
  [
    'results: output:*refused* OR status:warning',
    { subject: 'results', q: 'output:*refused* OR status:warning' },
  ],
];
for (const [name, question] of texts) await measure(name, question);
print('memory of the index with signatures, a document', (heap() - before) / documents, 'bytes', 0);

const stop = setInterval(() => change(300), 20);
console.log('\nbeside 15,000 changes a second:');
for (const [name, question] of questions.slice(0, 4)) await measure(name, question);
await measure(...(questions[9] as (typeof questions)[0]));
clearInterval(stop);
console.log('\nfour at once, all texts:');
const at = systemClock.elapsed();
const together = watchTurns();
delay.reset();
delay.enable();
await Promise.all([1, 2, 3, 4].map(() => ask({ subject: 'results', q: '"connection refused"' })));
delay.disable();
print('longest turn on a core', together(), 'ms');
print('all answered after', systemClock.elapsed() - at, 'ms');
print('  longest hold', delay.max / 1e6, 'ms');
ended.abort();
index.close();

async function measure(name: string, question: (typeof questions)[0][1]): Promise<void> {
  const times: number[] = [];
  const holds: number[] = [];
  const work: number[] = [];
  const longestTurns: number[] = [];
  let total = 0;
  for (let round = 0; round < ROUNDS; round++) {
    delay.reset();
    delay.enable();
    const begun = systemClock.elapsed();
    const cpu = process.cpuUsage();
    const turns = watchTurns();
    total = await ask(question);
    times.push(systemClock.elapsed() - begun);
    const { user, system } = process.cpuUsage(cpu);
    work.push((user + system) / 1000);
    await new Promise((resolve) => setImmediate(resolve));
    delay.disable();
    holds.push(delay.max / 1e6);
    longestTurns.push(turns());
  }
  const figures = `CPU ${quantile(work, 0.5).toFixed(0)} ms; p50 ${quantile(times, 0.5).toFixed(0)} ms, first ${(times[0] ?? 0).toFixed(0)} ms, max ${Math.max(...times).toFixed(0)} ms`;
  console.log(
    `${name.padEnd(50)} ${figures}; turn on a core p50 ${quantile(longestTurns, 0.5).toFixed(0)} ms, max ${Math.max(...longestTurns).toFixed(0)} ms; hold max ${Math.max(...holds).toFixed(0)} ms; ${total} found`,
  );
}

async function ask(question: (typeof questions)[0][1]): Promise<number> {
  const { value, mistake } = await index.searcher.page({ limit: 1000, counts: [], ...question }, (hit) => ({
    item: hit.client,
    length: 500,
  }));
  if (mistake) throw new Error(mistake.message);
  return value.total;
}

function fill(): void {
  for (let client = 0; client < CLIENTS; client++) {
    const name = `web-${String((client * 7919) % CLIENTS).padStart(6, '0')}`;
    const region = REGIONS[client % 4];
    const document = {
      name,
      address: '10.1.2.3',
      subscriptions: ['web', 'linux', `client:${name}`],
      timestamp: 1,
      region,
    };
    clients.set(name, { client: document, signature: '', seenAttendedMs: 0, seenAtMs: Date.now() - client });
    for (let check = 0; check < CHECKS; check++)
      states.set(`${name}/${nameOf(check)}`, stateOf(name, check, client));
  }
}

function nameOf(check: number): string {
  return check < 3 ? `disk_${check}` : `check_${check}`;
}

function stateOf(client: string, number: number, seed: number): unknown {
  const status = (seed * 31 + number * 17) % 50 === 0 ? 2 : 0;
  const check = {
    name: nameOf(number),
    command: '/usr/lib/nagios/plugins/check_http -H localhost',
    interval: 60,
    issued: 1,
    executed: Math.floor(Date.now() / 1000) - (seed % 60),
    duration: 0.13,
    output: `${status === 2 ? 'CRITICAL: connection refused' : 'OK: HTTP/1.1 200 OK'} - 1234 bytes ${seed % 3 === 0 ? 'gzip ' : ''}in 0.0${seed % 100} s |time=0.012s;1;2;0 size=${seed}B\n`,
    status,
  };
  const event =
    status === 2
      ? {
          id: `${client}-${number}`,
          client: { name: client, subscriptions: ['web', `client:${client}`] },
          check: { ...check, history: ['2'] },
          occurrences: 1,
          action: 'create',
          timestamp: 1,
        }
      : null;
  // Read as a store reads it: each document has texts of its own.
  return JSON.parse(JSON.stringify({ check, history: [status], last_ok: 1, event, taken: [] }));
}

function change(count: number): void {
  const items: FeedItem[] = [];
  for (let item = 0; item < count; item++) {
    const client = `web-${String(Math.floor(Math.random() * CLIENTS)).padStart(6, '0')}`;
    const name = `${client}/${nameOf(item % CHECKS)}`;
    const value = stateOf(client, item % CHECKS, Math.floor(Math.random() * CLIENTS));
    states.set(name, value);
    items.push({ cursor: String(++changes).padStart(16, '0'), type: 'document', kind: 'state', name, value });
  }
  tell(items);
}

async function* followers(signal: AbortSignal): AsyncGenerator<readonly FeedItem[]> {
  const waiting: FeedItem[][] = [];
  let wake: () => void = () => undefined;
  const others = tell;
  tell = (items) => {
    others(items);
    waiting.push(items);
    wake();
  };
  signal.addEventListener('abort', () => wake());
  while (!signal.aborted) {
    const items = waiting.shift();
    if (items) yield items;
    else
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
  }
}
