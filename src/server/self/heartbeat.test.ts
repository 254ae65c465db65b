import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { Counters } from '../../runtime/counters.ts';
import { ManualClock } from '../../testing/clock.ts';
import { memoryLog } from '../../testing/log.ts';
import { until } from '../../testing/until.ts';
import { Heartbeat } from './heartbeat.ts';

const opened: Server[] = [];
afterEach(async () => {
  for (const server of opened.splice(0)) {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});

async function start(answer: RequestListener) {
  const calls: string[] = [];
  const server = createServer((request, response) => {
    calls.push(`${request.method} ${request.url}`);
    answer(request, response);
  });
  opened.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const log = memoryLog();
  const clock = new ManualClock();
  const counters = new Counters();
  const stop = new AbortController();
  const heartbeat = new Heartbeat({ log, clock, counters, signal: stop.signal });
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const counts = (): number[] => [counters.read('heartbeats_sent'), counters.read('heartbeats_failed')];
  return { heartbeat, calls, log, clock, counts, stop, host, url: `http://${host}` };
}

test('up to three redirects are followed, wherever they lead', async () => {
  const { heartbeat, calls, counts, url } = await start((request, response) => {
    const number = Number(request.url?.slice(1));
    if (number < 4) response.writeHead(302, { location: `/${number + 1}` }).end();
    else response.writeHead(204).end();
  });
  await heartbeat.beat(`${url}/1`);
  expect([calls, counts()]).toEqual([
    ['GET /1', 'GET /2', 'GET /3', 'GET /4'],
    [1, 0],
  ]);
  await heartbeat.beat(`${url}/0`);
  expect(counts()).toEqual([1, 1]);
  expect(calls.slice(4)).toEqual(['GET /0', 'GET /1', 'GET /2', 'GET /3']);
});

test.each(['file:///etc/passwd', 'http://[', undefined])('a redirect to %s is an error', async (location) => {
  const { heartbeat, counts, url } = await start((_request, response) =>
    response.writeHead(302, location === undefined ? {} : { location }).end(),
  );
  await heartbeat.beat(url);
  expect(counts()).toEqual([0, 1]);
});

test('an error is logged once until a call succeeds, and never the address', async () => {
  let status = 500;
  const { heartbeat, log, counts, url, host } = await start((_request, response) =>
    response.writeHead(status).end('secret-in-answer'),
  );
  const address = `${url}/secret-path?key=secret-key`;
  for (status of [500, 500, 200, 500]) await heartbeat.beat(address);
  expect(counts()).toEqual([1, 3]);
  const failure = { level: 'error', message: 'the heartbeat address could not be called' };
  expect(log.lines).toMatchObject([
    { ...failure, fields: { error: `${host} answered 500` } },
    { level: 'info', message: 'the heartbeat address answers again' },
    failure,
  ]);
  expect(JSON.stringify(log.lines)).not.toContain('secret');
});

test('a call that is not answered is given up after 5 s, and holds up no other', async () => {
  const { heartbeat, calls, clock, counts, log, url } = await start(() => undefined);
  const call = heartbeat.beat(url);
  await until(() => calls.length === 1, 'the call');
  await heartbeat.beat(url);
  expect(calls).toHaveLength(1);
  await clock.advance(5_000);
  await call;
  expect(counts()).toEqual([0, 1]);
  expect(log.lines[0]?.fields['error']).toContain('timed out after 5 s');
});

test('a stop ends a call that is under way, and nothing is said of it', async () => {
  const { heartbeat, calls, counts, log, stop, clock, url } = await start(() => undefined);
  const call = heartbeat.beat(url);
  await until(() => calls.length === 1, 'the call');
  stop.abort();
  await call;
  await heartbeat.beat(url);
  expect([calls.length, counts(), log.lines, clock.pending]).toEqual([1, [0, 0], [], 0]);
});

test('nobody listening is an error like others', async () => {
  const { heartbeat, counts, url } = await start(() => undefined);
  for (const server of opened.splice(0)) await new Promise((resolve) => server.close(resolve));
  await heartbeat.beat(url);
  expect(counts()).toEqual([0, 1]);
});
