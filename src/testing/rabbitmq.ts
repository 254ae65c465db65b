import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Broker } from '../transport/rabbitmq/index.ts';

const SERVER = '/usr/lib/rabbitmq/bin/rabbitmq-server';
const START_MS = 90_000;
const LOOK_AGAIN_MS = 50;
/** What was told to end gets this long before it is killed. */
const LEAVE_MS = 20_000;

/**
 * Why tests that need RabbitMQ are left out on this machine; undefined: they are not. Where nothing may be skipped
 * (`TOCSIN_SKIP=never`, as in CI) they run, and fail.
 */
export function whyNoRabbitmq(): string | undefined {
  if (process.env['TOCSIN_SKIP'] === 'never' || existsSync(SERVER)) return undefined;
  return 'RabbitMQ is not installed: apt-get install rabbitmq-server';
}

/** A broker of its own, on this machine alone. */
export interface TestBroker {
  port: number;
  /** As a transport is told of it. */
  broker: Broker;
  /** Ends the broker in order; messages in durable queues stay. */
  down(): Promise<void>;
  /** Starts it again at the same port. */
  up(): Promise<void>;
  /** Ends it and removes everything. */
  end(): Promise<void>;
}

/** A broker at 127.0.0.1 and that port, as the user `guest`. */
export function brokerAt(port: number, parts: Partial<Broker> = {}): Broker {
  return {
    host: '127.0.0.1',
    port,
    vhost: '/',
    user: 'guest',
    password: 'guest',
    mechanism: 'PLAIN',
    heartbeatSeconds: 0,
    frameMax: 131_072,
    tls: undefined,
    ...parts,
  };
}

/**
 * Starts RabbitMQ with a folder of its own, and the name service of Erlang that it needs. Ends with `end`; what is
 * needed beside can be put into its configuration.
 */
export async function startRabbitmq(configuration: readonly string[] = []): Promise<TestBroker> {
  const folder = mkdtempSync(join(tmpdir(), 'tocsin-rabbitmq-'));
  const [port, distribution, names] = await freePorts(3);
  const environment = environmentOf(folder, { port, distribution, names }, configuration);
  const nameService = spawn('epmd', ['-port', String(names), '-address', '127.0.0.1'], {
    env: environment,
    stdio: 'ignore',
    detached: true,
  });
  nameService.on('error', () => undefined);
  let server: ChildProcess | undefined;
  const down = async (): Promise<void> => {
    if (server) await ended(server);
    server = undefined;
  };
  const up = async (): Promise<void> => {
    server = spawn(SERVER, [], {
      cwd: folder,
      env: environment,
      stdio: ['ignore', 'ignore', 'ignore'],
      detached: true,
    });
    server.on('error', () => undefined);
    await answers(port, server, folder);
  };
  const end = async (): Promise<void> => {
    await down();
    await ended(nameService);
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  };
  try {
    await up();
  } catch (error) {
    await end();
    throw error;
  }
  return { port, broker: brokerAt(port), down, up, end };
}

function environmentOf(
  folder: string,
  { port, distribution, names }: { port: number; distribution: number; names: number },
  configuration: readonly string[],
): Record<string, string> {
  const lines = [
    `listeners.tcp.1 = 127.0.0.1:${port}`,
    'loopback_users = none',
    'log.console = false',
    ...configuration,
  ];
  writeFileSync(join(folder, 'rabbitmq.conf'), `${lines.join('\n')}\n`);
  writeFileSync(join(folder, 'plugins'), '[].\n');
  return {
    PATH: process.env['PATH'] ?? '',
    LANG: 'C.UTF-8',
    HOME: folder,
    ERL_EPMD_PORT: String(names),
    ERL_EPMD_ADDRESS: '127.0.0.1',
    RABBITMQ_NODENAME: `tocsin-${port}@localhost`,
    RABBITMQ_DIST_PORT: String(distribution),
    RABBITMQ_MNESIA_BASE: join(folder, 'data'),
    RABBITMQ_LOG_BASE: join(folder, 'log'),
    RABBITMQ_CONFIG_FILE: join(folder, 'rabbitmq.conf'),
    RABBITMQ_ENABLED_PLUGINS_FILE: join(folder, 'plugins'),
    RABBITMQ_CONF_ENV_FILE: join(folder, 'none'),
    RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: '-kernel inet_dist_use_interface {127,0,0,1} +sbwt none',
  };
}

async function freePorts(count: number): Promise<[number, number, number]> {
  const servers = Array.from({ length: count }, () => createServer());
  await Promise.all(
    servers.map((one) => new Promise<void>((resolve) => one.listen(0, '127.0.0.1', resolve))),
  );
  const ports = servers.map((one) => (one.address() as AddressInfo).port);
  await Promise.all(servers.map((one) => new Promise((resolve) => one.close(resolve))));
  return ports as [number, number, number];
}

/** Resolves when the broker speaks AMQP. */
async function answers(port: number, server: ChildProcess, folder: string): Promise<void> {
  const endMs = Date.now() + START_MS;
  while (!(await greets(port))) {
    if (server.exitCode !== null || server.pid === undefined || Date.now() > endMs)
      throw new Error(`RabbitMQ did not start (apt-get install rabbitmq-server); ${lastWords(folder, port)}`);
    await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS));
  }
}

function greets(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.write('AMQP\0\0\x09\x01'));
    const answer = (greeted: boolean): void => {
      socket.destroy();
      resolve(greeted);
    };
    socket.on('data', (data) => answer(data[0] === 1));
    socket.on('error', () => answer(false));
    socket.on('close', () => answer(false));
  });
}

function lastWords(folder: string, port: number): string {
  try {
    const log = readFileSync(join(folder, 'log', `tocsin-${port}@localhost.log`), 'utf8');
    return log.slice(-1_000);
  } catch {
    return 'it left no log';
  }
}

/** Ends a process that leads a group of its own, and the group. */
async function ended(leader: ChildProcess): Promise<void> {
  const { pid } = leader;
  if (pid === undefined) return;
  signal(pid, 'SIGTERM');
  const endMs = Date.now() + LEAVE_MS;
  while (signal(pid, 0)) {
    if (Date.now() > endMs) signal(pid, 'SIGKILL');
    await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS));
  }
}

/** False when nobody of the group is left. */
function signal(pid: number, name: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(-pid, name);
  } catch {
    return false;
  }
}

/** A way to a port that can be cut. */
export interface Proxy {
  port: number;
  /** Connections that came through it since it was opened. */
  readonly passed: number;
  /** Ends all connections; new ones are let through. */
  cut(): void;
  /** Lets nothing more through and says nothing about it, as a network that swallows packets. */
  freeze(): void;
  end(): Promise<void>;
}

export async function openProxy(target: number): Promise<Proxy> {
  const sockets = new Set<Socket>();
  let passed = 0;
  const server = createServer((near) => {
    passed += 1;
    const far = connect(target, '127.0.0.1');
    near.setNoDelay(true);
    far.setNoDelay(true);
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(one);
      one.pipe(other);
      one.on('error', () => other.destroy());
      one.on('close', () => {
        sockets.delete(one);
        other.destroy();
      });
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const cut = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    port: (server.address() as AddressInfo).port,
    get passed() {
      return passed;
    },
    cut,
    freeze() {
      for (const socket of sockets) {
        socket.unpipe();
        socket.pause();
      }
    },
    async end() {
      cut();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
