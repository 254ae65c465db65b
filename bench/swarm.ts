/**
 * What do many agents cost one server by websockets? The server's memory with agents that only send keepalives, how
 * fast they are back after the server left and after it was cut off, and how many results a second it takes from them,
 * durable, with the share of each part.
 *
 *   npx tsx bench/swarm.ts [agents] [results]
 *
 * It bundles itself first and measures plain Node, as installed: the server in one process, all agents in another, over
 * loopback without TLS. A file limit of twice the agents is needed.
 */
import { type ChildProcess, execFileSync, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server as HttpServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { builtInPlugins } from '../src/plugins/index.ts';
import { sleep } from '../src/runtime/clock.ts';
import { Counters } from '../src/runtime/counters.ts';
import { silentLog } from '../src/runtime/log.ts';
import { systemClock } from '../src/runtime/system/clock.ts';
import { systemRandom } from '../src/runtime/system/random.ts';
import { Server } from '../src/server/index.ts';
import { Registry } from '../src/state/registry.ts';
import { Views } from '../src/state/views.ts';
import { openEmbeddedStore } from '../src/store/index.ts';
import { testSettings } from '../src/testing/settings.ts';
import { FakeSpawner } from '../src/testing/spawner.ts';
import {
  createAgentGateway,
  createMemoryTransport,
  createWebsocketTransport,
  type Transport,
} from '../src/transport/index.ts';
import { costOf, print, threadTimes } from './measure.ts';

/** Agents that report in the third part, and results of each that are under way. */
const REPORTING = 200;
const UNDER_WAY = 10;
const CHECKS = 20;

type Order =
  | { do: 'connect'; address: string; agents: number }
  | { do: 'keepalives' }
  | { do: 'tell' }
  | { do: 'report'; results: number };

const world = {
  clock: systemClock,
  random: systemRandom,
  log: silentLog,
  counters: new Counters(),
  version: 'bench',
};

// ---- the process of the agents

function resultOf(client: string, index: number): unknown {
  const status = systemRandom.number() < 0.1 ? 2 : 0;
  return {
    client,
    check: {
      command: '/usr/lib/nagios/plugins/check_disk -w 20% -c 10% -p /',
      name: `check-${index % CHECKS}`,
      issued: 1_795_245_750,
      executed: 1_795_245_750,
      duration: 0.042,
      output: `DISK ${status === 0 ? 'OK' : 'CRITICAL'} - free space: / 3326 MB (56% inode=73%);| /=2643MB;5948;5958;0;5968 ${index}\n`,
      status,
      note: '.'.repeat(40),
    },
  };
}

async function agents(): Promise<void> {
  const transports: { client: string; transport: Transport; number: number }[] = [];
  const report = async (results: number): Promise<void> => {
    let left = results;
    const lane = async (one: { client: string; transport: Transport; number: number }): Promise<void> => {
      while (left-- > 0) {
        one.number += 1;
        const id = { agent: one.client, boot: 'bench', number: one.number };
        await one.transport.publishResult({ body: resultOf(one.client, one.number), id });
      }
    };
    const lanes = transports.slice(0, REPORTING).flatMap((one) => new Array(UNDER_WAY).fill(one));
    await Promise.all(lanes.map(lane));
  };
  process.on('message', async (order: Order) => {
    if (order.do === 'connect') {
      for (let index = 0; index < order.agents; index++) {
        const client = `agent-${index}`;
        const token = (): string => 'token';
        const transport = createWebsocketTransport({ ...world, client, servers: [order.address], token });
        await transport.subscribe({ client, subscriptions: ['web', `client:${client}`] }, async () => {});
        transports.push({ client, transport, number: 0 });
        if (index % 50 === 49) await sleep(systemClock, 25);
      }
    } else if (order.do === 'keepalives') {
      for (const { client, transport } of transports) {
        const beat = (): void => {
          const body = {
            name: client,
            address: '10.0.0.9',
            subscriptions: ['web'],
            timestamp: 1_795_245_750,
          };
          transport.publishKeepalive({ body }).catch(() => {});
          systemClock.after(20_000, beat);
        };
        systemClock.after(systemRandom.number() * 20_000, beat);
      }
    } else if (order.do === 'tell') process.send?.(world.counters.read('servers_lost'));
    else {
      await report(order.results);
      process.send?.('reported');
    }
  });
  process.on('disconnect', () => process.exit());
}

// ---- the process of the server

const hub = createMemoryTransport({ clock: systemClock, log: silentLog });
let admitted = 0;
const gatekeeper = {
  async admit({ client }: { client: string }) {
    admitted += 1;
    return {
      client,
      speaksFor: (name: string) => name === client,
      revoked: new AbortController().signal,
    };
  },
  offended() {},
};

function openGateway() {
  const limits = { messageBytes: 1e6, resultsPerSecond: 1e6, bytesPerSecond: 1e9 };
  return createAgentGateway({ ...world, hub, gatekeeper, limits: () => limits });
}

/** One port with a gateway behind it. */
class Port {
  readonly sockets = new Set<Socket>();
  gateway = openGateway();
  server!: HttpServer;

  async open(port: number): Promise<number> {
    this.gateway = openGateway();
    this.server = createServer();
    this.server.on('connection', (socket: Socket) => {
      this.sockets.add(socket);
      socket.on('close', () => this.sockets.delete(socket));
    });
    const { gateway } = this;
    this.server.on('upgrade', (request, socket, head) => gateway.accept(request, socket, head));
    // With the usual 511, those whom the kernel has no room for try again only after seconds.
    this.server.listen({ port, host: '127.0.0.1', backlog: 4_096 });
    await once(this.server, 'listening');
    return (this.server.address() as AddressInfo).port;
  }

  async leave(): Promise<void> {
    this.server.close();
    await this.gateway.close();
  }

  async cut(): Promise<void> {
    this.server.close();
    for (const socket of this.sockets) socket.destroy();
    await this.gateway.close();
  }
}

async function triesFailed(swarm: ChildProcess): Promise<number> {
  swarm.send({ do: 'tell' } satisfies Order);
  const [answer] = await once(swarm, 'message');
  return Number(answer);
}

async function reconnected(
  what: string,
  { port, number, count, swarm }: { port: Port; number: number; count: number; swarm: ChildProcess },
  away: () => Promise<void>,
) {
  const awayBefore = world.counters.read('agents_turned_away');
  const failedBefore = await triesFailed(swarm);
  await away();
  admitted = 0;
  await port.open(number);
  const times: number[] = [];
  const startMs = systemClock.elapsed();
  const cost = await costOf(async () => {
    for (let seen = 0; seen < count; ) {
      await sleep(systemClock, 10);
      for (; seen < admitted; seen++) times.push(systemClock.elapsed() - startMs);
    }
  });
  const at = (share: number): number => times[Math.floor((times.length - 1) * share)] ?? 0;
  print(`${what}: all agents back after`, cost.seconds, 's');
  print('  in the fastest half of them', (count * 0.5 * 1000) / fastestHalfMs(times), '/s', 0);
  for (const share of [0.01, 0.5, 0.9]) print(`  ${share * 100} % of them after`, at(share) / 1000, 's');
  print('  told to come again later', world.counters.read('agents_turned_away') - awayBefore, '', 0);
  print('  tries that failed, of all agents', (await triesFailed(swarm)) - failedBefore, '', 0);
  print('  CPU of one, server', (cost.cpuSeconds / count) * 1e6, 'µs', 0);
  print('  event loop late, p99', cost.loop.p99, 'ms');
}

/** The shortest stretch in which half of all came. */
function fastestHalfMs(times: readonly number[]): number {
  const half = Math.floor(times.length / 2);
  const stretches = times.slice(half).map((time, index) => time - (times[index] ?? 0));
  return Math.max(10, Math.min(...stretches));
}

async function reports(what: string, results: number, ask: () => Promise<void>): Promise<void> {
  const threads = threadTimes();
  const cost = await costOf(ask);
  print(what, results / cost.seconds, '/s', 0);
  print('  CPU of one, all threads of the server', (cost.cpuSeconds / results) * 1e6, 'µs');
  for (const [id, { name, seconds }] of threadTimes()) {
    const spent = seconds - (threads.get(id)?.seconds ?? 0);
    if (spent / results > 1e-6)
      print(`    of it thread ${name}${id === process.pid ? ', main' : ''}`, (spent / results) * 1e6, 'µs');
  }
  print('  event loop late, p99', cost.loop.p99, 'ms');
}

const resident = (): number => {
  globalThis.gc?.();
  return process.memoryUsage().rss / 1e6;
};

async function measure(count: number, results: number): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'tocsin-bench-'));
  const port = new Port();
  const number = await port.open(0);
  const swarm = fork(process.argv[1] as string, ['agents'], { stdio: 'inherit' });
  const order = (what: Order): void => void swarm.send(what);
  const ask = async (asked: number): Promise<void> => {
    order({ do: 'report', results: asked });
    await once(swarm, 'message');
  };
  order({ do: 'connect', address: `ws://127.0.0.1:${number}`, agents: count });
  while (port.gateway.connections().length < count) await sleep(systemClock, 50);

  const settings = testSettings();
  const store = await openEmbeddedStore({ ...settings.store, folder, clock: systemClock, log: silentLog });
  const stop = new AbortController();
  const server = new Server({
    ...world,
    settings,
    plugins: new Map(builtInPlugins.map((plugin) => [plugin.name, plugin])),
    transport: hub,
    registry: new Registry(store),
    views: Views.open(store, stop.signal, (error) => console.error(error)),
    spawner: new FakeSpawner(),
  });
  await server.start();
  order({ do: 'keepalives' });
  await sleep(systemClock, 21_000);
  print(`resident with ${count} idle agents`, resident(), 'MB', 0);
  const idle = await costOf(() => sleep(systemClock, 5_000));
  print('CPU with them, share of a core', (idle.cpuSeconds / idle.seconds) * 100, '%');
  const asked = await costOf(async () => {
    await hub.publishRequest('web', { name: 'all', command: 'true', issued: 1_795_245_750 });
  });
  print('a request to all of them, CPU of one', (asked.cpuSeconds * 1e6) / count, 'µs');

  await reconnected('server left and came back', { port, number, count, swarm }, () => port.leave());
  await reconnected('server cut off and came back', { port, number, count, swarm }, () => port.cut());

  await ask(results / 4);
  await reports('results through websockets, durable', results, () => ask(results));
  await server.stop(5_000);

  // Once more with nobody who does anything with a result: what the way itself costs.
  const nobody = await hub.consumeResults(async () => {}, { size: 500, spacingMs: 5 });
  await ask(results / 4);
  await reports('results through websockets, nobody judges them', results, () => ask(results));
  await nobody.stop();

  swarm.disconnect();
  await once(swarm, 'exit');
  await port.leave();
  await hub.close();
  stop.abort();
  await store.close();
  await rm(folder, { recursive: true });
}

// ---- building

function buildAndMeasure(rest: readonly string[]): void {
  const root = join(import.meta.dirname, '..');
  const built = join(root, 'node_modules', '.cache', 'bench-swarm');
  const sources = [join(root, 'bench/swarm.ts'), join(root, 'src/store/embedded/worker.ts')];
  const options = [
    '--bundle',
    '--platform=node',
    '--packages=external',
    '--format=esm',
    '--entry-names=[name]',
  ];
  execFileSync(join(root, 'node_modules/.bin/esbuild'), [
    ...sources,
    ...options,
    '--log-level=error',
    '--out-extension:.js=.mjs',
    `--outdir=${built}`,
  ]);
  execFileSync(process.execPath, ['--expose-gc', join(built, 'swarm.mjs'), 'measure', ...rest], {
    stdio: 'inherit',
  });
}

const [mode, ...rest] = process.argv.slice(2);
if (mode === 'agents') await agents();
else if (mode === 'measure') await measure(Number(rest[0] ?? 5_000), Number(rest[1] ?? 100_000));
else buildAndMeasure([...(mode === undefined ? [] : [mode]), ...rest]);
