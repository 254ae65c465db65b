import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import {
  send,
  type TocsinProcess,
  type UpProcess,
  Workplace,
  waitFor,
} from '../../src/testing/tocsin-process.ts';

/** Everything takes long on a busy machine. */
const SLOW = 120_000;
/** Megabytes by which the server may grow over everything that is done to it here. */
const MOST_GROWTH = 400;
const FLOOD_RESULTS = Number(process.env['TOCSIN_SOAK_FLOOD'] ?? 100_000);
const HUGE_BYTES = 100 * 1024 * 1024;
const PASSWORD = 'a password for tests';

const quiet = { socket: { enabled: false }, http_socket: { enabled: false } };
const place = new Workplace();
let server: UpProcess;
let good: TocsinProcess;
let admin: string;
let megabytesBefore: number;
const sockets: WebSocket[] = [];

beforeAll(async () => {
  await place.write({
    'conf/server.json': {
      client: { name: 'srv', ...quiet },
      api: { user: 'root', password: PASSWORD },
      tocsin: { server: { name: 'srv' } },
    },
    'agent/agent.json': {
      client: { name: 'good', ...quiet },
      checks: { alone: { command: 'date +%s', standalone: true, interval: 1 } },
    },
  });
  server = await place.up({ command: 'server' });
  admin = `Basic ${Buffer.from(`root:${PASSWORD}`).toString('base64')}`;
  const places = ['-d', place.path('agent'), '--data', place.path('agent-data')];
  const enrolled = {
    TOCSIN_JOIN: Buffer.from(
      JSON.stringify({ servers: [server.url.replace('http', 'ws')], token: await token('good') }),
    ).toString('base64url'),
  };
  good = place.start(['agent', ...places], enrolled);
  await waitFor(async () => (await executed()) > 0, 'the well-behaved agent reports');
  megabytesBefore = megabytes();
}, SLOW);

afterAll(async () => {
  for (const socket of sockets) socket.terminate();
  await place.close();
}, 60_000);

async function ask<T>(path: string, method = 'GET', body?: object): Promise<T | undefined> {
  const headers = { authorization: admin };
  const text = body && JSON.stringify(body);
  const answer = await send(server.url + path, { method, headers, body: text });
  return answer.status < 300 ? (JSON.parse(answer.body || '{}') as T) : undefined;
}

/** The secret of a new token for one agent. */
async function token(name: string): Promise<string> {
  const made = await ask<{ token: string }>('/api/v1/agents/tokens', 'POST', { name });
  if (!made) throw new Error('no token was made');
  return made.token;
}

/** When the well-behaved agent ran its check last, of what the server knows; 0: never. */
async function executed(): Promise<number> {
  const result = await ask<{ check: { executed: number } }>('/results/good/alone');
  return result?.check.executed ?? 0;
}

async function recorded(what: string, result: string | RegExp): Promise<boolean> {
  const page = await ask<{ items: { what: string; who: string | null; result: string }[] }>('/api/v1/audit');
  return (page?.items ?? []).some(
    (entry) =>
      `${entry.who ?? 'nobody'}: ${entry.what}` === what &&
      (typeof result === 'string' ? entry.result.includes(result) : result.test(entry.result)),
  );
}

/** Resident memory of the server; 0 where the system does not tell. */
function megabytes(): number {
  const path = `/proc/${server.pid}/status`;
  const text = existsSync(path) ? readFileSync(path, 'utf8') : '';
  return Number(/VmRSS:\s+(\d+)/.exec(text)?.[1] ?? 0) / 1024;
}

interface Hostile {
  socket: WebSocket;
  frames: Record<string, unknown>[];
  say(frame: unknown): void;
}

/** Connects and says hello; what comes back is for the test to judge. */
async function dial(client: string, secret?: string): Promise<Hostile> {
  const socket = new WebSocket(`${server.url.replace('http', 'ws')}/agent`, { perMessageDeflate: false });
  sockets.push(socket);
  const frames: Record<string, unknown>[] = [];
  socket.on('message', (data: Buffer) => frames.push(JSON.parse(data.toString())));
  socket.on('error', () => undefined);
  await once(socket, 'open');
  const say = (frame: unknown): void => socket.send(JSON.stringify(frame));
  say({ type: 'hello', protocol: 1, version: '1\n\u001b[31mx', client, token: secret });
  return { socket, frames, say };
}

async function admitted(client: string): Promise<Hostile> {
  const agent = await dial(client, await token(client));
  await waitFor(() => agent.frames.some(({ type }) => type === 'welcome'), `${client} is let in`);
  return agent;
}

const result = (number: number, client: string, check: object) => ({
  type: 'result',
  number,
  body: { client, check: { name: 'disk', status: 2, output: 'bad', ...check } },
});
const closed = ({ socket }: Hostile) =>
  waitFor(() => socket.readyState === WebSocket.CLOSED, 'its connection is ended');

/** The API answers, and the well-behaved agent is heard of something that it ran after this was asked. */
async function harmsNobody(): Promise<void> {
  const since = await executed();
  expect(await ask('/api/v1/status')).toBeDefined();
  await server.waitFor(async () => (await executed()) > since, 'the well-behaved agent still reports');
}

describe('a hostile agent', { timeout: SLOW }, () => {
  it('with a wrong token, with none, or with a name of two lines is refused and recorded', async () => {
    const strangers = [
      await dial('evil', `tocsin_agent_0123456789ab_${'a'.repeat(43)}`),
      await dial('evil'),
      await dial('evil\nagent:good enrolled', 'x'),
    ];
    for (const one of strangers) {
      await closed(one);
      expect(one.frames).toMatchObject([{ type: 'refused' }]);
    }
    for (const why of ['not known', 'asks agents for a token', 'must be the name of a client'])
      await waitFor(() => recorded('nobody: agent refused', why), `it is recorded: ${why}`);
    await harmsNobody();
  });

  it('that sends 100 MB is cut off, before and after it is let in', async () => {
    const agent = await admitted('heavy');
    agent.socket.send(Buffer.alloc(HUGE_BYTES, ' '), { binary: false });
    await closed(agent);
    await waitFor(() => recorded('agent:heavy: agent offended', 'larger than'), 'it is recorded');
    const stranger = new WebSocket(`${server.url.replace('http', 'ws')}/agent`, { perMessageDeflate: false });
    sockets.push(stranger.on('error', () => undefined));
    await once(stranger, 'open');
    stranger.send(Buffer.alloc(HUGE_BYTES, ' '), { binary: false });
    await waitFor(() => stranger.readyState === WebSocket.CLOSED, 'the stranger is cut off');
    await waitFor(() => recorded('nobody: agent refused', /websocket|before a hello/), 'and recorded');
    await harmsNobody();
  });

  it('that uses names of others, of the server, or of two lines changes nothing of theirs', async () => {
    const agent = await admitted('liar');
    agent.say(result(1, 'good', { name: 'alone' }));
    agent.say(result(2, 'tocsin-srv', { name: 'client_limits', status: 0 }));
    agent.say(result(3, 'liar', { source: 'good' }));
    agent.say(result(4, 'liar', { source: 'a\nb' }));
    agent.say({
      type: 'keepalive',
      number: 5,
      body: { name: 'good', address: 'x', subscriptions: [], timestamp: 1 },
    });
    agent.say({ type: 'subscribe', number: 6, client: 'good', subscriptions: ['client:good'] });
    agent.say(result(7, 'liar', { name: 'two\nlines' }));
    agent.say(result(8, 'liar', { output: 'one\n\u001b]0;title\u0007\u009b31mtwo' }));
    const answers = () =>
      agent.frames.filter(({ type }) => type === 'not_taken' || type === 'not_subscribed');
    await waitFor(() => answers().length === 6, 'it is told what it may not');
    await waitFor(() => ask('/results/liar/disk'), 'what it may say is taken');
    expect(answers().map(({ number }) => number)).toEqual([1, 2, 3, 4, 5, 6]);
    expect(await ask<{ check: { status: number } }>('/results/good/alone')).toMatchObject({
      check: { status: 0 },
    });
    expect(await ask('/results/good/disk')).toBeUndefined();
    await waitFor(() => recorded('agent:liar: agent offended', 'report for a name'), 'it is recorded');
    await waitFor(
      async () => (await limitsEvent()).includes('liar: 1 that cannot be taken'),
      'an event names it',
    );
    await harmsNobody();

    const environment = { TOCSIN_USER: 'root', TOCSIN_PASSWORD: PASSWORD };
    for (const command of [['events'], ['status'], ['audit'], ['clients'], ['events', '--json']]) {
      const { stdout, code } = await place.start([...command, '--url', server.url], environment).ended;
      expect([command, code === null || code > 3]).toEqual([command, false]);
      expect(stdout).not.toMatch(UNSAFE);
    }
  });

  it('may not take the name under which the server reports about itself', async () => {
    const agent = await dial('tocsin-srv', await token('thief'));
    await closed(agent);
    expect(agent.frames).toMatchObject([
      { type: 'refused', reason: expect.stringContaining('A server reports') },
    ]);
  });

  it(`that sends ${FLOOD_RESULTS} results as fast as it can is read slowly and recorded`, async () => {
    const agent = await admitted('flood');
    const flood = (async () => {
      for (let number = 1; number <= FLOOD_RESULTS; number++) {
        agent.say(result(number, 'flood', { name: `c${number % 5_000}` }));
        if (number % 1_000 === 0) await new Promise((resolve) => setImmediate(resolve));
      }
    })();
    await waitFor(() => recorded('agent:flood: agent offended', 'more than tocsin.limits'), 'it is recorded');
    await flood;
    await harmsNobody();
    await harmsNobody();
    agent.socket.terminate();
  });

  it('is cut off at once when its token is revoked, and the token opens nothing any more', async () => {
    const secret = await token('gone');
    const agent = await dial('gone', secret);
    await waitFor(() => agent.frames.some(({ type }) => type === 'welcome'), 'it is let in');
    expect(await ask(`/api/v1/tokens/${secret.split('_')[2]}`, 'DELETE')).toBeDefined();
    await closed(agent);
    const again = await dial('gone', secret);
    await closed(again);
    expect(again.frames).toMatchObject([{ type: 'refused', reason: expect.stringContaining('revoked') }]);
  });

  it('has left a server behind that lives, in bounded memory, and an agent that was never cut off', async () => {
    await harmsNobody();
    expect([server.running, good.running]).toEqual([true, true]);
    expect(megabytes() - megabytesBefore).toBeLessThan(MOST_GROWTH);
    expect(good.stderr).not.toMatch(/cannot be reached|not let|connection.*(lost|ended)/);
    expect(server.stderr).not.toMatch(/please report|TypeError|"level":"(error|fatal)"/);
    for (const line of server.stderr.split('\n').filter((one) => one.includes('"level"')))
      expect(() => JSON.parse(line)).not.toThrow();
  });
});

/** What could move the cursor, set the title or fake a line. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not be there
const UNSAFE = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/;

async function limitsEvent(): Promise<string> {
  const found = await ask<{ items: { check: { output: string } }[] }>(
    '/api/v1/search/events?q=check:client_limits',
  );
  return found?.items[0]?.check.output ?? '';
}
