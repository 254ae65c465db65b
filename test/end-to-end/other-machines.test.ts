import { existsSync, readFileSync, statSync } from 'node:fs';
import { request as httpsRequest } from 'node:https';
import type { TLSSocket } from 'node:tls';
import { afterAll, describe, expect, it } from 'vitest';
import type { Event } from '../../src/model/event.ts';
import { certificatePath } from '../../src/testing/certificates.ts';
import {
  type Ended,
  freePort,
  send,
  type TocsinProcess,
  type UpProcess,
  Workplace,
  waitFor,
} from '../../src/testing/tocsin-process.ts';

/** Processes take long to begin on a busy machine. */
const SLOW = 120_000;
const KEY = certificatePath('good').replace('good.pem', 'key.pem');
const quiet = { socket: { enabled: false }, http_socket: { enabled: false } };

const workshop = new Workplace();
const places: Workplace[] = [];
afterAll(async () => {
  const closed = await Promise.allSettled(places.map((place) => place.close()));
  await workshop.close();
  expect(closed.filter(({ status }) => status === 'rejected')).toEqual([]);
}, 60_000);

interface Result {
  client: string;
  check: { name: string; status: number; output: string; executed: number; history: number[] };
}
interface Transition {
  timestamp: number;
  status: number;
  output: string;
}

/** The folder of a server (`conf`) and of an agent `web-1` (`agent`), with what is configured there beside the usual. */
async function openPlace(server: object = {}, agent: object = {}): Promise<Workplace> {
  const place = new Workplace(workshop);
  places.push(place);
  const asked = { command: 'env; exit 1', subscribers: ['web'], interval: 1 };
  const alone = { command: 'date +%s', standalone: true, interval: 1 };
  await place.write({
    'conf/server.json': { client: { name: 'srv', ...quiet }, checks: { asked }, ...server },
    'agent/agent.json': {
      client: { name: 'web-1', subscriptions: ['web'], ...quiet },
      checks: { alone },
      ...agent,
    },
  });
  return place;
}

/** The code in the line that `tocsin join` prints. */
async function join(place: Workplace, ...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await place.run('join', ...args);
  expect([code, stdout]).toEqual([
    0,
    expect.stringMatching(/^TOCSIN_JOIN=[\w-]+ tocsin agent --data \/var\/lib\/tocsin-agent\n$/),
  ]);
  expect(stderr).toContain('It holds a secret');
  return /=(\S+)/.exec(stdout)?.[1] ?? '';
}

function startAgent(place: Workplace, environment: Record<string, string> = {}): TocsinProcess {
  const places = ['-d', place.path('agent'), '--data', place.path('agent-data')];
  return place.start(['agent', ...places, '--log-level', 'info'], environment);
}

const connected = (agent: TocsinProcess): Promise<unknown> =>
  waitFor(() => agent.stdout.includes('is connected to'), 'the agent is connected');

const resultOf = (up: UpProcess, check: string): Promise<Result | undefined> =>
  up.api.get<Result>(`/results/web-1/${check}`);

describe.concurrent('an agent on another machine', { timeout: SLOW }, () => {
  it('joins by one line, is asked, reports, and shows its secret to nothing that it runs', async () => {
    const place = await openPlace();
    const server = await place.up({ command: 'server' });
    const code = await join(place, '--url', server.url);
    const agent = startAgent(place, { TOCSIN_JOIN: code });
    await connected(agent);
    expect(agent.stdout).toBe(
      `Agent web-1 is connected to ${server.url.replace('http', 'ws')}; data in ${place.path('agent-data')}\n`,
    );
    const asked = await server.waitFor(() => resultOf(server, 'asked'), 'it ran what it was asked for');
    expect(asked.check.output).toContain(`TOCSIN_DATA=${place.path('agent-data')}`);
    expect(asked.check.output).not.toContain('TOCSIN_JOIN');
    await server.waitFor(() => resultOf(server, 'alone'), 'it reports what it runs by itself');
    expect(await server.api.get('/clients')).toMatchObject([
      { name: 'web-1', subscriptions: ['web', 'client:web-1'] },
    ]);
    expect(statSync(place.path('agent-data', 'join.json')).mode & 0o777).toBe(0o600);

    await agent.stop();
    await connected(startAgent(place));
    // The token was good for one client: another name finds the door closed.
    await place.write({ 'other/a.json': { client: { name: 'web-2', ...quiet } } });
    const other = place.start(['agent', '-d', place.path('other'), '--data', place.path('other-data')], {
      TOCSIN_JOIN: code,
    });
    await waitFor(() => other.stderr.includes('does not let this agent in'), 'the other one is refused');
    expect(await server.api.get('/clients/web-2')).toBeUndefined();
  });

  it('loses nothing while the server is away and while it is killed itself, and nobody is alarmed', async () => {
    const place = await openPlace();
    const port = await freePort();
    const server = await place.up({ command: 'server', port });
    const agent = startAgent(place, { TOCSIN_JOIN: await join(place, '--url', server.url) });
    await server.waitFor(() => resultOf(server, 'alone'), 'it reports');
    await server.stop();
    const spooled = (): string =>
      readFileSync(place.path('agent-data', 'spool', '000000000001.spool'), 'utf8');
    await waitFor(() => spooled().split('"alone"').length > 3, 'results wait on disk');
    await agent.kill('SIGKILL');
    const lines = spooled()
      .split('\n')
      .filter((line) => line.includes('"alone"'));
    const waited = lines.map((line) => Number(/"executed":(\d+)/.exec(line)?.[1])).sort();

    const again = await place.up({ command: 'server', port });
    startAgent(place);
    const arrived = async (): Promise<boolean> => {
      const path = '/api/v1/transitions/web-1/alone';
      const { items } = (await again.api.get<{ items: Transition[] }>(path)) ?? { items: [] };
      const times = items.map(({ timestamp }) => timestamp);
      // The newest may be no late one; then it changed nothing and is not in the log.
      return waited.slice(0, -1).every((at) => times.includes(at));
    };
    expect(waited.length).toBeGreaterThan(2);
    await again.waitFor(arrived, 'what waited has arrived, with the times at which it was found out');
    await again.waitFor(() => resultOf(again, 'asked'), 'it is asked again');
    const events = (await again.api.get<Event[]>('/events')) ?? [];
    expect(events.map(({ check }) => check.name)).toEqual(['asked']);
  });

  it('keeps its results when no server was ever there, and says so', async () => {
    const place = await openPlace();
    const port = await freePort();
    const addressed = { tocsin: { agent: { servers: [`ws://127.0.0.1:${port}`] } } };
    await place.write({ 'agent/reach.json': addressed });
    const agent = startAgent(place);
    await waitFor(() => agent.stdout.includes('does not reach'), 'it says so');
    await waitFor(() => existsSync(place.path('agent-data', 'spool')), 'it keeps what it finds out');
    const server = await place.up({ command: 'server', port });
    await server.waitFor(() => resultOf(server, 'alone'), 'it connects once there is one');
    await agent.stop();
  });

  it('is refused with a wrong token, which the records tell', async () => {
    const place = await openPlace();
    const server = await place.up({ command: 'server' });
    await join(place, '--url', server.url);
    const servers = [server.url.replace('http', 'ws')];
    const wrong = `tocsin_agent_0123456789ab_${'x'.repeat(43)}`;
    await place.write({ 'agent/reach.json': { tocsin: { agent: { servers, token: wrong } } } });
    const agent = startAgent(place);
    await waitFor(() => agent.stderr.includes('The token is not known here'), 'it is refused');
    expect(agent.running).toBe(true);
    expect(agent.stderr).not.toContain(wrong);
    expect((await place.run('audit', '--url', server.url)).stdout).toContain('agent refused');
    expect(await server.api.get('/clients')).toEqual([]);
  });

  it('takes up what changes in its configuration, and reports a mistake in it', async () => {
    const place = await openPlace();
    const server = await place.up({ command: 'server' });
    startAgent(place, { TOCSIN_JOIN: await join(place, '--url', server.url) });
    await server.waitFor(() => resultOf(server, 'alone'), 'it reports');
    await place.write({
      'agent/more.json': { checks: { more: { command: 'true', standalone: true, interval: 'x' } } },
    });
    const finding = await server.waitFor(
      () => resultOf(server, 'tocsin_configuration'),
      'the mistake is told',
    );
    expect(finding.check).toMatchObject({ status: 1, output: expect.stringContaining('more.json') });
    await place.write({
      'agent/more.json': { checks: { more: { command: 'true', standalone: true, interval: 1 } } },
    });
    await server.waitFor(() => resultOf(server, 'more'), 'the mended check runs');
    const mended = async () => (await resultOf(server, 'tocsin_configuration'))?.check.status === 0;
    await server.waitFor(mended, 'and that is told');
  });
});

describe.concurrent('the one port', { timeout: SLOW }, () => {
  it('with --no-api serves agents and /metrics alone', async () => {
    const place = await openPlace();
    const server = await place.up({ command: 'server', flags: ['--no-api'] });
    const paths = ['/', '/clients', '/api/v1/status', '/metricsx', '/%zz', '/agent', '/metrics'];
    const answers = await Promise.all(paths.map((path) => send(server.url + path)));
    expect(answers.map(({ status }) => status)).toEqual([404, 404, 404, 404, 404, 426, 200]);
    const posted = await send(`${server.url}/results`, { method: 'POST', body: '{"name":"a","output":"b"}' });
    expect(posted.status).toBe(404);
    const addressed = { tocsin: { agent: { servers: [server.url.replace('http', 'ws')] } } };
    await place.write({ 'agent/reach.json': addressed });
    await connected(startAgent(place));
    await waitFor(() => server.stdout.includes('web-1/asked'), 'the agent is asked and reports');
  });

  it('is not opened beyond this machine while nobody has to say who they are', async () => {
    const place = await openPlace({ api: { bind: '0.0.0.0' } });
    const refused = await place.run('server', '-d', 'conf', '--data', 'data', '--port', '0');
    expect([refused.code, refused.stdout]).toEqual([2, '']);
    expect(refused.stderr).toMatch(
      /server\.json:\d+ {2}api\.bind\n.*\n.*0\.0\.0\.0.*\n.*api\.user.*--sensu-compatible/,
    );

    const open = await place.up({ flags: ['--sensu-compatible'] });
    const url = open.url.replace('0.0.0.0', '127.0.0.1');
    const self = await open.waitFor(async () => {
      const { body } = await send(`${url}/api/v1/search/events?q=check:open_access`);
      const { items } = JSON.parse(body) as { items: Event[] };
      return items[0];
    }, 'an event warns of it');
    expect(self).toMatchObject({ check: { status: 1, output: expect.stringContaining('api.user') } });
    await open.stop();

    await place.write({ 'conf/users.json': { api: { user: 'u', password: 'p' } } });
    const guarded = await place.up();
    const guardedUrl = guarded.url.replace('0.0.0.0', '127.0.0.1');
    expect((await send(`${guardedUrl}/clients`)).status).toBe(401);
    // A reload that would open it to everybody is none.
    await place.write({ 'conf/users.json': {} });
    await guarded.waitFor(() => guarded.stderr.includes('the one before stays in force'), 'it is refused');
    expect((await send(`${guardedUrl}/clients`)).status).toBe(401);
  });
});

describe.concurrent('with TLS', { timeout: SLOW }, () => {
  const tls = { certificate: certificatePath('good'), key: KEY };
  const trusting = { NODE_EXTRA_CA_CERTS: certificatePath('ca') };
  const run = (place: Workplace, args: string[]): Promise<Ended> => place.start(args, trusting).ended;

  it('an agent trusts the one certificate that its line names, and no other', async () => {
    const place = await openPlace({ tocsin: { tls } });
    const port = await freePort();
    const server = await place.up({ command: 'server', port });
    expect(server.url).toBe(`https://127.0.0.1:${port}`);
    const untrusted = await place.run('join', '--url', server.url);
    expect([untrusted.code, untrusted.stderr]).toEqual([4, expect.stringContaining('NODE_EXTRA_CA_CERTS')]);
    const { code, stdout } = await run(place, ['join', '--url', server.url, '--client', 'web-1', '--json']);
    expect(code).toBe(0);
    const { line, fingerprint } = JSON.parse(stdout) as { line: string; fingerprint: string };
    expect(fingerprint).toMatch(/^([0-9A-F]{2}:){31}[0-9A-F]{2}$/);
    const agent = startAgent(place, { TOCSIN_JOIN: /=(\S+)/.exec(line)?.[1] ?? '' });
    await connected(agent);

    // Another certificate is shown from the next reload on.
    await agent.stop();
    await place.write({
      'conf/tls.json': { tocsin: { tls: { ...tls, certificate: certificatePath('other') } } },
    });
    await waitFor(async () => (await subjectAt(port)) === 'other.example', 'the server shows another one');
    // Signed by the same authority, but not the one: whoever stands between must not get the token.
    const again = startAgent(place);
    await waitFor(() => again.stderr.includes('another certificate than the one'), 'it is not trusted');
    expect(again.stderr).not.toContain('connected to a server');
    await place.write({ 'conf/tls.json': {} });
    await waitFor(() => again.stderr.includes('connected to a server'), 'the agent is back', SLOW);
  });

  it('agents without a certificate are refused where one is demanded of them', async () => {
    const demanding = { ...tls, authority: certificatePath('ca'), client_certificates: 'agents' };
    const place = await openPlace({ tocsin: { tls: demanding } });
    const server = await place.up({ command: 'server' });
    const servers = [server.url.replace('https', 'wss')];
    const trusted = { servers, authority: certificatePath('ca') };
    await place.write({ 'agent/reach.json': { tocsin: { agent: trusted } } });
    const without = startAgent(place);
    await waitFor(() => without.stderr.includes('asks agents for a certificate'), 'it is refused');
    await without.stop();
    const shown = { ...trusted, certificate: certificatePath('other'), key: KEY };
    await place.write({ 'agent/reach.json': { tocsin: { agent: shown } } });
    await connected(startAgent(place));
    // People need none.
    expect((await run(place, ['clients', '--url', server.url])).code).toBe(0);
  });

  it('a certificate that is of no use is told with its place, and nothing is opened', async () => {
    const place = await openPlace({ tocsin: { tls: { ...tls, key: certificatePath('ca') } } });
    const refused = await place.run('up', '-d', 'conf', '--data', 'data', '--port', '0');
    expect([refused.code, refused.stdout]).toEqual([2, '']);
    expect(refused.stderr).toMatch(/server\.json:\d+ {2}tocsin\.tls\.certificate/);
    await place.write({ 'conf/server.json': { tocsin: { tls: { ...tls, key: '/nowhere/key.pem' } } } });
    const missing = await place.run('up', '-d', 'conf', '--data', 'data', '--port', '0');
    expect(missing.stderr).toMatch(
      /tocsin\.tls\.key\n.*\n.*\/nowhere\/key\.pem, which cannot be read: ENOENT/,
    );
  });
});

/** Common name in the certificate that a port shows. */
function subjectAt(port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const sent = httpsRequest({
      host: '127.0.0.1',
      port,
      path: '/',
      rejectUnauthorized: false,
      agent: false,
    });
    sent.on('error', reject);
    sent.on('response', (response) => {
      const { subject } = (response.socket as TLSSocket).getPeerCertificate();
      response.resume();
      resolve(String(subject.CN));
    });
    sent.end();
  });
}
