import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Event } from '../../src/model/event.ts';
import { freePort, type UpProcess, Workplace, waitFor } from '../../src/testing/tocsin-process.ts';

const EXAMPLE = resolve(import.meta.dirname, '../../examples/quickstart');
/** Commands take long to begin on a busy machine. */
const SLOW = 120_000;
const place = new Workplace();
let up: UpProcess;
let shop: ChildProcess | undefined;
/** The client that this machine is, as its own keepalive says. */
let client: string;

/** The example as it is, but the shop stands at a port that is free. */
async function copyExample(): Promise<void> {
  const port = String(await freePort());
  for (const name of readdirSync(EXAMPLE)) {
    const text = readFileSync(join(EXAMPLE, name), 'utf8').replaceAll('8099', port);
    await place.write({ [`examples/quickstart/${name}`]: text });
  }
}

async function openShop(): Promise<void> {
  shop = spawn(process.execPath, [place.path('examples/quickstart/shop.mjs')], { stdio: 'pipe' });
  await once(shop.stdout as NodeJS.ReadableStream, 'data');
}

/** Lines of the notebook. */
const notes = (): string[] => {
  try {
    return readFileSync(join(up.data, 'notebook.log'), 'utf8').trimEnd().split('\n');
  } catch {
    return [];
  }
};
const notesOfShop = (): string[] => notes().filter((line) => line.includes(`${client}/shop`));
const eventOfShop = (): Promise<Event | undefined> => up.api.get<Event>(`/events/${client}/shop`);
const ask = (...args: string[]) => place.run(...args, '--url', up.url);
const askJson = async (...args: string[]) => JSON.parse((await ask(...args, '--json')).stdout);
const CONFIGURED = ['-d', 'examples/quickstart'];

beforeAll(async () => {
  await copyExample();
  up = await place.up({ config: 'examples/quickstart' });
  client = await up.waitFor(
    async () => (await up.api.get<{ name: string }[]>('/clients'))?.[0]?.name,
    'this machine is a client',
  );
}, SLOW);

afterAll(async () => {
  shop?.kill();
  await place.close();
}, 60_000);

describe.concurrent('while the shop is down', { timeout: SLOW }, () => {
  beforeAll(async () => {
    await up.waitFor(
      () => up.stdout.includes(`create of ${client}/shop`),
      'somebody is told that the shop is down',
    );
  });

  it('its event is open', async () => {
    const open = (await up.api.get<Event[]>('/events')) ?? [];
    const event = open.find(({ check }) => check.name === 'shop');
    expect(event).toMatchObject({
      action: 'create',
      client: { name: client, environment: 'quick-start' },
      check: { status: 2, playbook: 'Start it with: node examples/quickstart/shop.mjs' },
    });
    expect(event?.check.output).toContain('refused the connection');
  });

  it('the notebook holds one line about it', () => {
    expect(notesOfShop()).toEqual([
      expect.stringMatching(
        /^\d{4}-\d\d-\d\dT[\d:.]+Z CREATE CRITICAL [\w.-]+\/shop: .*refused the connection/,
      ),
    ]);
  });

  it('tocsin up says so, a line for the result and one for who was told', () => {
    expect(up.stdout).toMatch(new RegExp(`CRITICAL  ${client}/shop  `));
    expect(up.stdout).toMatch(new RegExp(`CRITICAL  create of ${client}/shop, .*note-problem`));
  });

  it('tocsin events lists it', async () => {
    const { code, stdout, stderr } = await ask('events');
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/^SEVERITY +CLIENT +CHECK +FOR +SEEN +OUTPUT\n/);
    expect(stdout).toMatch(
      new RegExp(`^CRITICAL +${client} +shop +\\d+ (s|min) +\\d+× +.*refused the connection`, 'm'),
    );
    expect(await askJson('events')).toContainEqual(
      expect.objectContaining({ check: expect.objectContaining({ name: 'shop', status: 2 }) }),
    );
    expect((await ask('events', '--exit-status')).code).toBe(1);
    expect((await ask('events', client)).stdout).toContain('shop');
  });

  it('tocsin events CLIENT/CHECK tells what happened and who was told, or why not', async () => {
    const { code, stdout } = await ask('events', `${client}/shop`);
    expect(code).toBe(0);
    expect(stdout).toMatch(new RegExp(`^CRITICAL  ${client}/shop  open for .*, seen \\d+×\n`));
    expect(stdout).toMatch(/WHAT CHANGED WHEN\n {2}[-\d]+ [:\d]+ {2}CRITICAL {2}/);
    expect(stdout).toMatch(/WHO WAS TOLD\n/);
    expect(stdout).toMatch(/note-problem {2}told of create CRITICAL/);
    expect(stdout).toMatch(/note-recovery {2}not told of create CRITICAL.*: .+/);
    const story = await askJson('events', `${client}/shop`);
    expect(story).toMatchObject({
      client,
      check: { name: 'shop', status: 2 },
      event: { action: 'create' },
      transitions: [{ status: 2 }],
    });
    expect(story.deliveries).toContainEqual(
      expect.objectContaining({ handler: 'note-problem', outcome: 'handled', occurrences: 1 }),
    );
    expect((await ask('events', `${client}/shop`, '--exit-status')).code).toBe(1);
  });

  it('tocsin results lists the last result of every check', async () => {
    const [{ code, stdout }, list, one] = await Promise.all([
      ask('results'),
      askJson('results'),
      askJson('results', `${client}/shop`),
    ]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^CLIENT +CHECK +SEVERITY +HISTORY +AGE +OUTPUT\n/);
    expect(stdout).toMatch(new RegExp(`^${client} +shop +CRITICAL +C`, 'm'));
    expect(list).toContainEqual(
      expect.objectContaining({ client, check: expect.objectContaining({ name: 'shop', status: 2 }) }),
    );
    expect(one).toMatchObject({ client, check: { name: 'shop', history: expect.arrayContaining([2]) } });
  });

  it('tocsin clients and checks list what there is', async () => {
    const clients = await ask('clients');
    expect(clients.code).toBe(0);
    expect(clients.stdout).toMatch(/^CLIENT +ADDRESS +LAST KEEPALIVE +VERSION +SUBSCRIPTIONS\n/);
    expect(clients.stdout).toMatch(new RegExp(`^${client} .* s ago .*this-machine`, 'm'));
    expect(await askJson('clients')).toMatchObject([{ name: client, environment: 'quick-start' }]);
    expect(await askJson('clients', client)).toMatchObject({ name: client });
    const checks = await ask('checks');
    expect(checks.code).toBe(0);
    expect(checks.stdout).toMatch(/^disk +10 s +this-machine +notebook +disk \(in process\)$/m);
    const scheduled = (await askJson('checks')).map(({ name }: { name: string }) => name);
    expect(scheduled.sort()).toEqual(['disk', 'load', 'memory', 'shop', 'tocsin-api']);
  });

  it('tocsin check run runs it here and says who would be told', async () => {
    const { code, stdout } = await place.run('check', 'run', 'shop', ...CONFIGURED);
    expect(code).toBe(2);
    expect(stdout).toMatch(/^CRITICAL {2}status 2 .*refused the connection/s);
    expect(stdout).toMatch(/note-problem {2}would be told\n/);
    expect(stdout).toMatch(/note-recovery {2}would not be told: .+\n/);
    const json = await place.run('check', 'run', 'shop', ...CONFIGURED, '--json');
    expect(json.code).toBe(2);
    expect(JSON.parse(json.stdout)).toMatchObject({ check: { name: 'shop', status: 2 } });
    const load = await place.run('check', 'run', 'load', ...CONFIGURED);
    expect(load.stdout).toMatch(/LOAD (OK|WARNING|CRITICAL)/);
  });

  it('tocsin handler test tells each handler of a set', async () => {
    const { code, stdout } = await place.run('handler', 'test', 'notebook', ...CONFIGURED);
    expect(code).toBe(0);
    expect(stdout).toMatch(/✓ note-problem handled in \d+\.\d{3} s\n {4}noted in notebook\.log\n/);
    expect(stdout).toMatch(/✓ note-recovery handled/);
    const args = ['handler', 'test', 'note-problem', ...CONFIGURED, '--status', '1', '--json'];
    const json = await place.run(...args);
    expect(JSON.parse(json.stdout)).toMatchObject([{ handler: 'note-problem', outcome: 'handled' }]);
    expect(readFileSync(place.path('notebook.log'), 'utf8')).toMatch(/CREATE WARNING .*\/handler-test: TEST/);
  });
});

describe('when the shop is opened', { timeout: SLOW }, () => {
  it('its event ends, the notebook has both lines, and those who watch see it', async () => {
    const watching = place.start(['events', `${client}/shop`, '--url', up.url, '--watch']);
    await waitFor(() => watching.stdout.includes('open for'), 'the problem is shown');
    await openShop();
    await up.waitFor(async () => (await eventOfShop()) === undefined, 'the event ended');
    await up.waitFor(() => notesOfShop().length === 2, 'the notebook has two lines');
    expect(notesOfShop()).toEqual([
      expect.stringContaining(`CREATE CRITICAL ${client}/shop: `),
      expect.stringContaining(`RESOLVE OK ${client}/shop: `),
    ]);
    await waitFor(
      () => /no open problem.*note-recovery {2}told of resolve/s.test(watching.stdout),
      'it is shown',
    );
    expect((await watching.kill('SIGINT')).code).toBe(0);
  });

  it('the commands say so', async () => {
    const { code, stdout } = await ask('events', `${client}/shop`, '--exit-status');
    expect(code).toBe(0);
    expect(stdout).toMatch(new RegExp(`^OK  ${client}/shop  no open problem\n`));
    expect(stdout).toMatch(/note-recovery {2}told of resolve OK/);
    expect(await askJson('events', `${client}/shop`)).toMatchObject({
      event: null,
      transitions: [{ status: 0 }, { status: 2 }],
    });
    expect((await place.run('check', 'run', 'shop', ...CONFIGURED)).code).toBe(0);
  });

  it('every check of the example has run by then', async () => {
    type Result = { check: { name: string; status: number } };
    const results = await up.waitFor(async () => {
      const all = await up.api.get<Result[]>('/results');
      return all?.length === 5 && all.map(({ check }) => check);
    }, 'five checks have run');
    expect(results.map(({ name }) => name).sort()).toEqual(['disk', 'load', 'memory', 'shop', 'tocsin-api']);
    expect(results).toContainEqual(expect.objectContaining({ name: 'tocsin-api', status: 0 }));
  });

  it('a stop ends with exit code 0', async () => {
    const { stdout, stderr } = await up.stop();
    expect(stdout).toMatch(/stopping …\n$/);
    expect(stderr).not.toContain('error');
  });
});
