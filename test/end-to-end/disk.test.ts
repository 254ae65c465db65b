import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  truncateSync,
} from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { noteFigures } from '../../src/testing/figures.ts';
import { RANDOM_INPUTS, seededRandom } from '../../src/testing/random.ts';
import {
  type Ended,
  freePort,
  send,
  type TocsinProcess,
  type UpProcess,
  Workplace,
  waitFor,
} from '../../src/testing/tocsin-process.ts';

/** TOCSIN_SEED repeats a run. */
const SEED = Number(process.env['TOCSIN_SEED'] ?? Date.now() % 1_000_000);
/** Each is the start of a process. */
const CUTS = RANDOM_INPUTS > 500 ? 40 : 3;
/** Blocks of 512 bytes in which a server can begin, and which some hundred results fill. */
const SERVER_BLOCKS = 8_000;
const AGENT_BLOCKS = 200;
/** A port that is open for a shorter time is not noticed. */
const LOOK_AGAIN_MS = 5;
const OUTPUT = 'x'.repeat(5_000);
const quiet = { socket: { enabled: false }, http_socket: { enabled: false } };

const workshop = new Workplace();
const places: Workplace[] = [];
afterAll(async () => {
  const closed = await Promise.allSettled(places.map((place) => place.close()));
  await workshop.close();
  expect(closed.filter(({ status }) => status === 'rejected')).toEqual([]);
}, 60_000);

/** The configuration of a server, and of an agent `web-1` of it with a socket that programs report to. */
class Site {
  readonly place = new Workplace(workshop);
  port = 0;
  #httpPort = 0;

  async prepare(): Promise<this> {
    places.push(this.place);
    this.port = await freePort();
    this.#httpPort = await freePort();
    await this.place.write({
      'conf/all.json': { client: { name: 'srv', ...quiet } },
      'agent/agent.json': {
        client: { name: 'web-1', socket: { enabled: false }, http_socket: { port: this.#httpPort } },
        tocsin: { agent: { servers: [`ws://127.0.0.1:${this.port}`] } },
      },
    });
    return this;
  }

  server(fileBlocks?: number): Promise<UpProcess> {
    const limits = fileBlocks === undefined ? {} : { fileBlocks };
    return this.place.up({ command: 'server', port: this.port, ...limits });
  }

  startAgent(limits: { fileBlocks?: number; ordinary?: boolean } = {}): TocsinProcess {
    const folders = ['-d', this.place.path('agent'), '--data', this.place.path('agent-data')];
    return this.place.start(['agent', ...folders], {}, limits);
  }

  async agentListens(agent: TocsinProcess): Promise<void> {
    const listens = async (): Promise<boolean> => {
      if (!agent.running) throw new Error(`the agent ended by itself:\n${agent.stderr}`);
      const url = `http://127.0.0.1:${this.#httpPort}/info`;
      return (await send(url).catch(() => undefined))?.status === 200;
    };
    await waitFor(listens, 'the agent listens');
  }

  /** Reports a result to the agent; resolves with the status of its answer. */
  async report(name: string): Promise<number> {
    const body = JSON.stringify({ name, status: 1, output: OUTPUT });
    const headers = { 'content-type': 'application/json' };
    const url = `http://127.0.0.1:${this.#httpPort}/results`;
    const answer = await send(url, { method: 'POST', headers, body }).catch(() => undefined);
    return answer?.status ?? 0;
  }

  /** Starts `tocsin up` where it must not start: what it wrote, after nobody ever listened. */
  async refused(data: string): Promise<Ended> {
    const args = ['up', '-d', this.place.path('conf'), '--data', data, '--port', String(this.port)];
    const started = this.place.start(args, {}, { ordinary: true });
    let opened = false;
    while (started.running && !opened) {
      opened = await isOpen(this.port);
      await pause(LOOK_AGAIN_MS);
    }
    expect([opened, await isOpen(this.port)]).toEqual([false, false]);
    return started.ended;
  }

  /** Checks of `web-1` that the server has results of. */
  async known(server: UpProcess): Promise<Set<string>> {
    const results = await server.api.get<{ check: { name: string } }[]>('/results/web-1');
    return new Set((results ?? []).map(({ check }) => check.name));
  }
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Whether somebody listens on a port of this machine. */
function isOpen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

async function expectKnown(site: Site, server: UpProcess, acknowledged: readonly string[]): Promise<void> {
  const missing = async (): Promise<string[]> => {
    const known = await site.known(server);
    return acknowledged.filter((name) => !known.has(name));
  };
  const complete = server.waitFor(async () => (await missing()).length === 0, 'all has arrived');
  await complete.catch(async (error: unknown) => expect([error, await missing()]).toEqual([]));
}

describe.concurrent('a full disk', () => {
  it('of the server ends it with exit code 4; what its agents had acknowledged is there, and the rest waited', async () => {
    const site = await new Site().prepare();
    const server = await site.server(SERVER_BLOCKS);
    const agent = site.startAgent();
    await site.agentListens(agent);
    const acknowledged: string[] = [];
    const send = async (part: number): Promise<void> => {
      for (let number = 0; server.running; number++) {
        if ((await site.report(`check-${part}-${number}`)) === 202)
          acknowledged.push(`check-${part}-${number}`);
      }
    };
    await Promise.all(Array.from({ length: 8 }, (_, part) => send(part)));
    const { code, stderr } = await server.ended;
    expect([code, stderr]).toEqual([
      4,
      expect.stringMatching(/^tocsin: The store .*tocsin\.sqlite failed: /m),
    ]);
    expect(await site.report('after')).toBe(202);
    await expectKnown(site, await site.server(), [...acknowledged, 'after']);
    await agent.stop();
  }, 180_000);

  it('of an agent without a server: it says so to programs, goes on, and delivers what it had answered for', async () => {
    const site = await new Site().prepare();
    const agent = site.startAgent({ fileBlocks: AGENT_BLOCKS });
    await site.agentListens(agent);
    const acknowledged: string[] = [];
    for (let number = 0, refused = 0; refused < 3; number++) {
      const answer = await site.report(`check-${number}`);
      if (answer === 202) acknowledged.push(`check-${number}`);
      else {
        expect(answer).toBe(500);
        refused++;
      }
    }
    expect(acknowledged.length).toBeGreaterThan(5);
    expect(agent.stderr).toContain('the spool cannot write to its folder');
    await agent.kill('SIGKILL');
    const again = site.startAgent();
    await expectKnown(site, await site.server(), acknowledged);
    await again.stop();
  }, 180_000);

  it('at the start opens nothing, and says what failed', async () => {
    const site = await new Site().prepare();
    const args = ['up', '-d', site.place.path('conf'), '--data', site.place.path('data')];
    const up = site.place.start([...args, '--port', String(site.port)], {}, { fileBlocks: 1 });
    const { code, stdout, stderr } = await up.ended;
    expect([code, stdout]).toEqual([4, expect.not.stringContaining('listens')]);
    expect(stderr).toContain(site.place.path('data'));
    expect(stderr).not.toMatch(/\n\s+at /);
    // With room it begins as if nothing had been.
    await (await site.place.up()).stop();
  }, 180_000);
});

describe.concurrent('a folder that may not be written', () => {
  it('is told with its path, nothing is opened, and nothing in it is touched', async () => {
    const site = await new Site().prepare();
    await (await site.place.up()).stop();
    const store = site.place.path('data', 'store');
    const before = readFileSync(join(store, 'tocsin.sqlite'));
    const files = readdirSync(store);
    for (const folder of [store, site.place.path('data')]) chmodSync(folder, 0o500);
    chmodSync(join(store, 'tocsin.sqlite'), 0o400);
    const { code, stdout, stderr } = await site.refused(site.place.path('data'));
    for (const folder of [store, site.place.path('data')]) chmodSync(folder, 0o700);
    expect([code, stdout]).toEqual([4, '']);
    expect(stderr).toContain(`The store ${join(store, 'tocsin.sqlite')} may not be written: EACCES`);
    expect(stderr).not.toMatch(/\n\s+at /);
    expect(readdirSync(store)).toEqual(files);
    expect(readFileSync(join(store, 'tocsin.sqlite')).equals(before)).toBe(true);
  }, 180_000);

  it('nor made is told with its path', async () => {
    const site = await new Site().prepare();
    mkdirSync(site.place.path('closed'), 0o500);
    const { code, stdout, stderr } = await site.refused(site.place.path('closed', 'data'));
    chmodSync(site.place.path('closed'), 0o700);
    expect([code, stdout]).toEqual([4, '']);
    expect(stderr).toContain(site.place.path('closed'));
    expect(stderr).not.toMatch(/\n\s+at /);
    expect(readdirSync(site.place.path('closed'))).toEqual([]);
  }, 180_000);

  it('by an agent is told with its path', async () => {
    const site = await new Site().prepare();
    mkdirSync(site.place.path('agent-data'), 0o500);
    const { code, stdout, stderr } = await site.startAgent({ ordinary: true }).ended;
    chmodSync(site.place.path('agent-data'), 0o700);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain(site.place.path('agent-data'));
    expect(stderr).not.toMatch(/\n\s+at /);
  }, 180_000);
});

describe.concurrent('a store file that was cut', () => {
  it(`at any byte is refused or whole, and nothing is opened half (seed ${SEED})`, async () => {
    const site = await new Site().prepare();
    const up = await site.place.up({ port: site.port });
    for (let number = 0; number < 100; number++) {
      const result = { source: 'web-1', name: `check-${number}`, status: 1, output: OUTPUT };
      expect(await up.api.post('/results', result)).toBe(202);
    }
    await up.stop();
    const whole = site.place.path('data', 'store', 'tocsin.sqlite');
    const { size } = statSync(whole);
    const random = seededRandom(SEED);
    for (let cut = 0; cut < CUTS; cut++) {
      const bytes = 1 + Math.floor(random.number() * (size - 1));
      const data = site.place.path(`cut-${cut}`);
      mkdirSync(join(data, 'store'), { recursive: true });
      copyFileSync(whole, join(data, 'store', 'tocsin.sqlite'));
      truncateSync(join(data, 'store', 'tocsin.sqlite'), bytes);
      const { code, stdout, stderr } = await site.refused(data);
      expect([bytes, code, stdout]).toEqual([bytes, 1, '']);
      expect(stderr).toContain(join(data, 'store', 'tocsin.sqlite'));
      expect(stderr).not.toMatch(/\n\s+at /);
    }
    noteFigures('a store file that was cut', { seed: SEED, cuts: CUTS, bytes: size });
  }, 600_000);
});
