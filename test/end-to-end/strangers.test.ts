import { once } from 'node:events';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openEventSource } from '../../src/testing/api/event-source.ts';
import { exchange } from '../../src/testing/api/raw-http.ts';
import {
  type HttpAnswer,
  send,
  type UpProcess,
  Workplace,
  waitFor,
} from '../../src/testing/tocsin-process.ts';

/** Everything takes long on a busy machine. */
const SLOW = 120_000;
const place = new Workplace();
let up: UpProcess;

beforeAll(async () => {
  await place.write({ 'conf/all.json': {} });
  up = await place.up();
}, SLOW);
afterAll(() => place.close(), 60_000);

const result = (name: string) => JSON.stringify({ source: 'web-1', name, output: name, status: 0 });
const isKnown = async (name: string) => (await up.api.get(`/results/web-1/${name}`)) !== undefined;
const post = (body: string | Buffer, headers: Record<string, string> = {}): Promise<HttpAnswer> =>
  send(`${up.url}/results`, { method: 'POST', body, headers });

describe('a page that a browser was lured to', { timeout: SLOW }, () => {
  it.each([
    ['of another origin', { Origin: 'https://evil.example' }],
    ['of no origin', { Origin: 'null' }],
    ['behind a name that points here', { Host: 'evil.example' }],
    [
      'behind a name that only looks like ours',
      { Host: 'localhost.evil.example', Origin: 'http://localhost' },
    ],
  ])('%s changes nothing', async (_, headers) => {
    const answers = [
      await post(result('lured'), headers),
      await send(`${up.url}/results/web-1/lured`, { method: 'DELETE', headers }),
      await send(`${up.url}/api/v1/heartbeats/backup`, { method: 'POST', headers }),
    ];
    expect(answers.map(({ status }) => status)).toEqual([403, 403, 403]);
    expect(JSON.parse(answers[0]?.body ?? '')).toEqual({ error: expect.any(String) });
    expect(await isKnown('lured')).toBe(false);
  });

  it('of our own may', async () => {
    const headers = { Host: `localhost:${up.port}`, Origin: `http://localhost:${up.port}` };
    expect((await post(result('own'), headers)).status).toBe(202);
    expect(await isKnown('own')).toBe(true);
  });
});

describe('bodies that nobody should send', { timeout: SLOW }, () => {
  it.each([
    ['nothing', '', 400],
    ['no JSON', '{"name": ', 400],
    ['no object', '[1]', 400],
    ['no check', '{"name": 1}', 400],
    ['a name that is none', JSON.stringify({ name: '../../etc', output: '' }), 400],
    ['bytes', Buffer.from([0, 255, 254, 1, 2]), 400],
    ['brackets without end', '['.repeat(200_000), 400],
    ['depth without end', `{"name":"deep","output":"","a":${'['.repeat(50_000)}${']'.repeat(50_000)}}`, 400],
  ])('%s is refused', async (_, body, status) => {
    expect((await post(body)).status).toBe(status);
    expect(await up.api.get('/info')).toBeDefined();
  });

  it('11 MB is refused, and the connection closed before all of it was sent or after', async () => {
    const body = JSON.stringify({ source: 'web-1', name: 'huge', output: 'x'.repeat(11 * 1024 * 1024) });
    const status = await post(body).then(
      (answer) => answer.status,
      (error: NodeJS.ErrnoException) => error.code,
    );
    expect(status).toBeOneOf([413, 'ECONNRESET', 'EPIPE']);
    expect(await isKnown('huge')).toBe(false);
  });

  it('a member that would change every object does not', async () => {
    const body =
      '{"source":"web-1","name":"proto","output":"","__proto__":{"status":2},"constructor":{"prototype":{"status":2}}}';
    expect((await post(body)).status).toBe(202);
    expect(await up.api.get('/results/web-1/proto')).toMatchObject({ check: { status: 0 } });
    expect((await post(result('after'))).status).toBe(202);
    expect(await up.api.get('/results/web-1/after')).toMatchObject({ check: { status: 0 } });
  });

  it('no HTTP at all, half a request, or one that breaks off costs nothing', async () => {
    expect(await exchange(up.port, 'nonsense\r\n\r\n')).toMatch(/^HTTP\/1\.1 400 /);
    const sockets = Array.from({ length: 200 }, () => connect(up.port, '127.0.0.1'));
    for (const socket of sockets) socket.on('error', () => undefined);
    for (const socket of sockets) {
      socket.write('POST /results HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n{"name": "half"');
    }
    expect((await post(result('between'))).status).toBe(202);
    for (const socket of sockets) socket.destroy();
    await Promise.all(sockets.map((socket) => socket.closed || once(socket, 'close')));
    expect(await isKnown('between')).toBe(true);
    expect(await up.api.get('/results/sensu-api/half')).toBeUndefined();
  });

  it('none of it was written to the log as a defect', () => {
    expect(up.running).toBe(true);
    expect(up.stderr).not.toMatch(/please report|TypeError|"level":"(error|fatal)"/);
  });
});

describe('the stream of changes', { timeout: SLOW }, () => {
  const stream = (after?: string) =>
    openEventSource(`${up.url}/api/v1/stream?types=result`, {
      headers: after === undefined ? {} : { 'Last-Event-ID': after },
    });
  type Message = { event: string; data: unknown };
  const names = (messages: readonly Message[]) =>
    messages
      .filter(({ event }) => event === 'result')
      .map(({ data }) => (data as { check: { name: string } }).check.name);

  it('goes on where a reader broke off, missing and repeating nothing', async () => {
    const first = await stream();
    expect((await post(result('seen'))).status).toBe(202);
    await waitFor(() => names(first.messages).includes('seen'), 'the reader is told');
    first.close();
    await first.ended;
    for (const name of ['missed-1', 'missed-2']) expect((await post(result(name))).status).toBe(202);
    const second = await stream(first.lastId());
    expect((await post(result('live'))).status).toBe(202);
    await waitFor(() => names(second.messages).includes('live'), 'the reader is told again');
    expect(names(second.messages)).toEqual(['missed-1', 'missed-2', 'live']);
    second.close();
  });

  it('tells a reader who comes back after a restart to start over', async () => {
    const before = await stream();
    expect((await post(result('last'))).status).toBe(202);
    await waitFor(() => names(before.messages).includes('last'), 'the reader is told');
    await up.stop();
    await before.ended;
    up = await place.up();
    const after = await stream(before.lastId());
    await waitFor(() => after.messages.some(({ event }) => event === 'resync'), 'it is told to start over');
    expect((await post(result('new'))).status).toBe(202);
    await waitFor(() => names(after.messages).includes('new'), 'it is told what is new');
    expect(await isKnown('last')).toBe(true);
    after.close();
  });
});
