import { execFile } from 'node:child_process';
import { cpSync, existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { createServer as createTcpServer, type Server as TcpServer } from 'node:net';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DeliveryRecord } from '../../src/model/delivery.ts';
import type { Event } from '../../src/model/event.ts';
import { freePort, type UpProcess, Workplace } from '../../src/testing/tocsin-process.ts';

const EXAMPLE = resolve(import.meta.dirname, '../../examples/sensu');
/** Commands take long to begin on a busy machine. */
const SLOW = 120_000;
const run = promisify(execFile);
/** Programs that the example is written in or calls, and their Debian packages. */
const NEEDED = { python3: 'python3', ps: 'procps', curl: 'curl' };
const missing = Object.entries(NEEDED).flatMap(([program, debianPackage]) =>
  (process.env['PATH'] ?? '').split(':').some((folder) => existsSync(join(folder, program)))
    ? []
    : [debianPackage],
);
/** Without them this is a skip that shows in the count; in CI nothing may be skipped. */
const skipped = missing.length > 0 && process.env['TOCSIN_SKIP'] !== 'never';
const title = skipped
  ? `a set-up as teams of Sensu know it (needs the packages ${missing.join(', ')})`
  : 'a set-up as teams of Sensu know it';
const place = new Workplace();
const ports = { web: 0, search: 0, switches: 0, socket: 0, http: 0 };
let up: UpProcess;
let shop: Server | undefined;
let cluster: Server | undefined;
let switches: TcpServer | undefined;

interface Result {
  client: string;
  check: { name: string; status: number; output: string; origin?: string };
}

/** The example as it is, but with ports that are free. */
async function copyExample(): Promise<void> {
  for (const name of Object.keys(ports) as (keyof typeof ports)[]) ports[name] = await freePort();
  cpSync(EXAMPLE, place.path('sensu'), { recursive: true });
  for (const file of filesIn(place.path('sensu', 'conf.d'))) {
    const text = readFileSync(file, 'utf8')
      .replaceAll('8097', String(ports.web))
      .replaceAll('9297', String(ports.search));
    writeFileSync(file, text);
  }
  const sockets = { socket: { port: ports.socket }, http_socket: { port: ports.http } };
  await place.write({ 'sensu/conf.d/sockets.json': { client: sockets } });
}

function filesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true })
    .map((name) => join(folder, String(name)))
    .filter((path) => statSync(path).isFile());
}

/** Lines that a program of the example has written. */
function lines(file: string): string[] {
  const path = place.path(file);
  return existsSync(path) ? readFileSync(path, 'utf8').trimEnd().split('\n') : [];
}

function says(file: string, text: string, ...more: string[]): boolean {
  return lines(file).some((line) => [text, ...more].every((part) => line.includes(part)));
}

const eventOf = (client: string, check: string): Promise<Event | undefined> =>
  up.api.get<Event>(`/events/${client}/${check}`);
const resultOf = (client: string, check: string): Promise<Result | undefined> =>
  up.api.get<Result>(`/results/${client}/${check}`);

/** Runs a program of the example, as a person would. */
function demo(program: string): Promise<{ stdout: string }> {
  const environment = {
    SENSU_API_URL: up.url,
    SWITCH_PORT: String(ports.switches),
    SOCKET_PORT: String(ports.http),
  };
  return run('sh', [place.path('sensu', 'demo', program)], {
    cwd: place.folder,
    env: { ...process.env, ...environment },
  });
}

function serve(port: number, text: string): Promise<Server> {
  const server = createServer((_request, response) => response.end(text));
  return new Promise((done) => server.listen(port, '127.0.0.1', () => done(server)));
}

beforeAll(async () => {
  if (skipped) return;
  await copyExample();
  const folders = ['plugins', 'handlers', 'mutators'].map((name) => place.path('sensu', name));
  const environment = { PATH: [...folders, process.env['PATH']].join(':') };
  up = await place.up({ config: 'sensu/conf.d', environment });
}, SLOW);

afterAll(async () => {
  shop?.close();
  cluster?.close();
  switches?.close();
  await place.close();
}, 60_000);

describe.skipIf(skipped)(title, { timeout: SLOW }, () => {
  it('starts without a warning about anything in it', () => {
    expect(up.stderr).not.toContain('warning');
  });

  it('tells the inventory of a new client, in one line made by a mutator', async () => {
    await up.waitFor(
      () => says('inventory.log', 'new client registration'),
      'the inventory knows the client',
    );
    expect(lines('inventory.log')).toHaveLength(1);
  });

  it('opens a ticket when the page is gone twice in a row, by settings that the handler reads itself', async () => {
    await up.waitFor(() => says('tickets.log', 'OPS open', 'web-01/web_page'), 'there is a ticket');
    const event = await eventOf('web-01', 'web_page');
    expect(says('tickets.log', `${event?.id} web-01/web_page: the shop does not answer`)).toBe(true);
    const said = () => says('chat.log', 'create CRITICAL web-01/web_page: the shop does not answer');
    await up.waitFor(said, 'the chat knows');
  });

  it('keeps with the event what its hook saw, and asks for the remedy once', async () => {
    const event = await eventOf('web-01', 'web_page');
    expect(event?.check['hooks']).toMatchObject({
      critical: { status: 0, output: expect.stringContaining('PID') },
    });
    await up.waitFor(() => says('restarts.log', 'restart requested for web-01'), 'the remedy has run');
    expect(lines('restarts.log')).toHaveLength(1);
  });

  it('opens no ticket for a node while its cluster is reported, and says so', async () => {
    const filtered = async (): Promise<boolean> => {
      const { items = [] } =
        (await up.api.get<{ items: DeliveryRecord[] }>('/api/v1/deliveries/web-01/search_node')) ?? {};
      return items.some(
        ({ handler, filtered }) => handler === 'ticket' && filtered?.by === 'check_dependencies',
      );
    };
    await up.waitFor(filtered, 'the ticket for the node is held back');
    expect(says('tickets.log', 'web-01/search_cluster')).toBe(true);
  });

  it('sums results up in aggregates, and a check over one of them reports for a client of its own', async () => {
    await up.waitFor(
      async () => (await resultOf('shop', 'shop_is_up'))?.check.status === 2,
      'the shop is down',
    );
    expect(await resultOf('shop', 'shop_is_up')).toMatchObject({ check: { origin: 'web-01' } });
    const aggregates = (await up.api.get<{ name: string }[]>('/aggregates')) ?? [];
    expect(aggregates.map(({ name }) => name).sort()).toEqual(['customer_facing', 'search', 'webservers']);
    expect(await up.api.get('/aggregates/search')).toMatchObject({ checks: 2, results: { critical: 2 } });
  });

  it('closes the ticket when the page is back', async () => {
    shop = await serve(ports.web, 'Welcome to the shop');
    await up.waitFor(() => says('tickets.log', 'OPS close', 'web-01/web_page'), 'the ticket is closed');
    await up.waitFor(() => says('chat.log', 'resolve OK web-01/web_page'), 'the chat knows');
    expect(await eventOf('web-01', 'web_page')).toBeUndefined();
    await up.waitFor(async () => (await eventOf('shop', 'shop_is_up')) === undefined, 'the shop is up');
  });

  it('says what the cluster says of itself', async () => {
    cluster = await serve(ports.search, JSON.stringify({ status: 'yellow', number_of_nodes: 2 }));
    await up.waitFor(
      async () => (await resultOf('web-01', 'search_cluster'))?.check.status === 1,
      'it is yellow',
    );
    expect((await resultOf('web-01', 'search_cluster'))?.check.output).toContain(
      'cluster is yellow, 2 nodes',
    );
  });

  it('asks one poller about each switch', async () => {
    switches = createTcpServer((socket) => socket.end()).listen(ports.switches, '127.0.0.1');
    expect((await demo('switches.sh')).stdout).toContain('{"name":"switch-3"}');
    for (const floor of [1, 2, 3]) {
      const name = `switch-${floor}`;
      await up.waitFor(
        async () => (await resultOf(name, 'switch_answers'))?.check.status === 0,
        `${name} answers`,
      );
      expect(await resultOf(name, 'switch_answers')).toMatchObject({ check: { origin: 'web-01' } });
    }
  });

  it('takes what a backup reports of itself, and hands metrics on as they were printed', async () => {
    expect((await demo('nightly-backup.sh')).stdout).toBe('{"response":"ok"}');
    await up.waitFor(() => resultOf('web-01', 'nightly_backup'), 'the backup has reported');
    expect(await resultOf('web-01', 'nightly_backup')).toMatchObject({ check: { ttl: 90_000, status: 0 } });
    await up.waitFor(() => says('metrics.log', 'web-01.load.fifteen'), 'there are metrics');
  });

  it('tells the inventory when the client leaves in order', async () => {
    await up.stop();
    expect(says('inventory.log', 'client initiated deregistration')).toBe(true);
  });
});
