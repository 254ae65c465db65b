import { readFileSync } from 'node:fs';
import { request } from 'node:http';
import { connect } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { request as checkRequest, gate } from '../../testing/transport/harness.ts';
import { until } from '../../testing/until.ts';
import { openGatekeeper, openStation, type Station } from '../../testing/websocket.ts';
import type { Admitted, Gatekeeper } from '../gatekeeper.ts';
import type { Incoming } from '../port.ts';
import { MOST_OF_ONE_CLIENT } from './gateway.ts';
import { HELLO_BYTES } from './greetings.ts';
import { MOST_UNANSWERED } from './served-agent.ts';
import { MOST_SUBSCRIBERS } from './served-requests.ts';

let station: Station | undefined;
const sockets: WebSocket[] = [];

afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.terminate();
  await station?.end();
  station = undefined;
});

interface Peer {
  socket: WebSocket;
  frames: Record<string, unknown>[];
  /** Code with which it was closed; undefined: it was not. */
  code: number | undefined;
  send(...frames: unknown[]): void;
}

/** An agent that does as a test says. */
function peer(at: Station, headers: Record<string, string> = {}): Peer {
  const socket = new WebSocket(`${at.address}/agent`, { headers, perMessageDeflate: false });
  sockets.push(socket);
  const own: Peer = {
    socket,
    frames: [],
    code: undefined,
    send: (...frames) => {
      for (const frame of frames) socket.send(typeof frame === 'string' ? frame : JSON.stringify(frame));
    },
  };
  socket.on('message', (data: Buffer) => own.frames.push(JSON.parse(data.toString())));
  socket.on('close', (code) => {
    own.code = code;
  });
  socket.on('error', () => {});
  return own;
}

const hello = (client = 'i-42') => ({ type: 'hello', protocol: 1, version: '1', client, token: 'secret' });
const result = (number: number, client = 'i-42') => ({
  type: 'result',
  number,
  body: { client, check: { name: 'disk' } },
});

async function admitted(at: Station, client?: string): Promise<Peer> {
  const own = peer(at);
  await until(() => own.socket.readyState === WebSocket.OPEN, 'it is open');
  own.send(hello(client));
  await until(() => own.frames.some(({ type }) => type === 'welcome'), 'it is welcome');
  return own;
}

/** What an ordinary HTTP client is answered when it asks for an upgrade. */
function upgrade(
  at: Station,
  path: string,
  headers: Record<string, string> = {},
): Promise<[number, string, string]> {
  return new Promise((resolve, reject) => {
    const asked = request(at.address.replace('ws', 'http') + path, {
      headers: {
        connection: 'Upgrade',
        upgrade: 'websocket',
        'sec-websocket-version': '13',
        'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
        ...headers,
      },
    });
    asked.on('error', reject);
    asked.on('upgrade', (_response, socket) => {
      socket.destroy();
      resolve([101, '', '']);
    });
    asked.on('response', async (response) => {
      response.setEncoding('utf8');
      let text = '';
      for await (const chunk of response) text += chunk;
      resolve([response.statusCode ?? 0, text, response.headers['retry-after'] ?? '']);
    });
    asked.end();
  });
}

/** A gatekeeper that lets `i-42` in with the right token, for its own name. */
function strictGatekeeper() {
  const offences: string[] = [];
  const strangers: string[] = [];
  const revoke = new AbortController();
  const gatekeeper: Gatekeeper = {
    async admit({ client, token }) {
      if (token !== 'secret') return { refused: 'this token is not known; run tocsin join on the server' };
      return { client, speaksFor: (name) => name === client, revoked: revoke.signal };
    },
    offended: (_agent: Admitted, what) => void offences.push(what),
    strange: (_address, why) => void strangers.push(why),
  };
  return { gatekeeper, offences, strangers, revoke };
}

describe('an upgrade', () => {
  it('is refused to web pages, elsewhere, and when it is none', async () => {
    station = await openStation();
    expect(await upgrade(station, '/agent', { origin: 'https://evil.example' })).toEqual([
      403,
      'a web page is not an agent: requests with an Origin are refused\n',
      '',
    ]);
    expect((await upgrade(station, '/agents'))[0]).toBe(404);
    expect((await upgrade(station, '//[')).at(0)).toBe(404);
    expect((await upgrade(station, '/agent', { 'sec-websocket-key': 'no' }))[0]).toBe(400);
    expect((await upgrade(station, '/agent?x=1'))[0]).toBe(101);
    expect(station.counters.read('agent_connections_refused')).toBe(3);
  });

  it('is turned away with a time to come again when too many come at once', async () => {
    station = await openStation({ arrivalsPerSecond: 20, speed: 0.05 });
    const answers: [number, string, string][] = [];
    for (let sent = 0; sent < 30; sent++) answers.push(await upgrade(station, '/agent'));
    const refused = answers.filter(([status]) => status === 503);
    expect(answers.slice(0, 20).map(([status]) => status)).toEqual(new Array(20).fill(101));
    expect(refused.length).toBeGreaterThan(0);
    expect(refused.map(([, , again]) => Number(again) > 0)).not.toContain(false);
    expect(station.counters.read('agents_turned_away')).toBe(refused.length);
  });
});

describe('a hello', () => {
  it('with a wrong token is answered with the reason, and the connection is closed', async () => {
    station = await openStation(strictGatekeeper());
    const own = peer(station);
    await until(() => own.socket.readyState === WebSocket.OPEN, 'it is open');
    own.send({ ...hello(), token: 'wrong' });
    await until(() => own.code !== undefined, 'it was closed');
    expect(own.frames).toEqual([
      { type: 'refused', reason: 'this token is not known; run tocsin join on the server' },
    ]);
    expect(own.code).toBe(1008);
    expect(station.gateway.connections()).toEqual([]);
    expect(JSON.stringify(station.log.lines)).not.toContain('wrong');
  });

  it.each([
    ['that is none', '{"type":"result","number":1}'],
    ['with a name that breaks lines', JSON.stringify(hello('i-42\nroot'))],
  ])('%s is refused', async (_what, text) => {
    station = await openStation();
    const own = peer(station);
    await until(() => own.socket.readyState === WebSocket.OPEN, 'it is open');
    own.send(text);
    await until(() => own.code === 1008, 'it was closed');
    expect(own.frames).toEqual([{ type: 'refused', reason: expect.any(String) }]);
  });

  it('that is followed by more before the welcome is refused', async () => {
    station = await openStation();
    const own = peer(station);
    await until(() => own.socket.readyState === WebSocket.OPEN, 'it is open');
    // Written in one turn, so that both arrive in one piece.
    own.send(hello(), result(1));
    await until(() => own.code === 1008, 'it was closed');
    expect(own.frames[0]).toMatchObject({ type: 'refused', reason: expect.stringContaining('welcome') });
  });

  it('that never comes, or is too large, ends the connection', async () => {
    const { gatekeeper, strangers } = strictGatekeeper();
    station = await openStation({ speed: 100, gatekeeper });
    const silent = peer(station);
    const large = peer(station);
    await until(() => large.socket.readyState === WebSocket.OPEN, 'it is open');
    large.send({ ...hello(), token: 'x'.repeat(HELLO_BYTES) });
    await until(() => large.code !== undefined && silent.code !== undefined, 'both were closed');
    expect(strangers).toEqual([expect.stringContaining('bytes before a hello')]);
    expect(station.gateway.connections()).toEqual([]);
  });

  it('that nobody can judge is refused', async () => {
    const gatekeeper = { ...openGatekeeper, admit: () => Promise.reject(new Error('the store is away')) };
    station = await openStation({ gatekeeper });
    const own = peer(station);
    await until(() => own.socket.readyState === WebSocket.OPEN, 'it is open');
    own.send(hello());
    await until(() => own.code === 1008, 'it was refused');
    expect(own.frames[0]).toMatchObject({ type: 'refused', reason: expect.stringContaining('could not') });
  });

  it('is shown with address, version and how wrong its clock is', async () => {
    station = await openStation();
    const own = peer(station);
    await until(() => own.socket.readyState === WebSocket.OPEN, 'it is open');
    own.send({ ...hello(), time: Date.now() / 1000 - 60 });
    await until(() => own.frames.length > 0, 'it was answered');
    const [about] = station.gateway.connections();
    expect(about).toMatchObject({ client: 'i-42', address: '127.0.0.1', version: '1', spooled: 0 });
    expect(Math.abs((about?.clockSkewMs ?? 0) + 60_000)).toBeLessThan(5_000);
    own.send({ ...result(1), spooled: true });
    await until(() => station?.gateway.connections()[0]?.spooled === 1, 'the spooled one was counted');
  });
});

describe('a connected agent', () => {
  it('may not use the names of others', async () => {
    const strict = strictGatekeeper();
    station = await openStation(strict);
    const taken: Incoming[] = [];
    await station.hub.consumeResults(async (batch) => void taken.push(...batch), { size: 10, spacingMs: 0 });
    const own = await admitted(station);
    own.send(
      result(1, 'i-43'),
      { ...result(2), body: { client: 'i-42', check: { name: 'disk', source: 'i-43' } } },
      { type: 'keepalive', number: 3, body: { name: 'i-43' } },
      { type: 'subscribe', number: 4, client: 'i-42', subscriptions: ['direct:i-43'] },
      result(5),
    );
    await until(() => own.frames.length === 6, 'all were answered');
    const answers = own.frames.slice(1).map(({ type, number, again }) => [type, number, again]);
    expect(answers).toEqual([
      ['not_taken', 1, false],
      ['not_taken', 2, false],
      ['not_taken', 3, false],
      ['not_subscribed', 4, undefined],
      ['taken', undefined, undefined],
    ]);
    expect(taken.map(({ body }) => body)).toEqual([result(5).body]);
    expect(station.counters.read('agent_messages_foreign')).toBe(4);
    expect(new Set(strict.offences).size).toBe(2);
  });

  it('that sends nonsense harms nobody and is told where it can be', async () => {
    const strict = strictGatekeeper();
    station = await openStation(strict);
    await station.hub.consumeResults(async () => {}, { size: 10, spacingMs: 0 });
    const own = await admitted(station);
    own.send(
      '{',
      '[]',
      'null',
      { type: 'result' },
      { type: 'result', number: 1, id: 'x' },
      { type: 'later' },
    );
    own.socket.send(Buffer.from([1, 2, 3]), { binary: true });
    own.send({ type: 'ended', number: 999 }, { type: 'unsubscribe', number: 999 }, result(7));
    await until(() => own.frames.length === 4, 'all that can be was answered');
    expect(own.frames.slice(1)).toEqual([
      { type: 'not_taken', number: 1, again: false, reason: expect.stringContaining('"id"') },
      { type: 'unsubscribed', number: 999 },
      { type: 'taken', numbers: [7] },
    ]);
    expect(station.counters.read('agent_messages_invalid')).toBe(6);
    expect(strict.offences.length).toBe(6);
  });

  it('that sends a message over the limit is cut off before it is read', async () => {
    const limits = { messageBytes: 20_000, resultsPerSecond: 1_000, bytesPerSecond: 1e9 };
    const { gatekeeper, offences } = strictGatekeeper();
    station = await openStation({ limits: () => limits, gatekeeper });
    const own = await admitted(station);
    expect(own.frames[0]).toMatchObject({ message_bytes: 20_000 });
    own.send({ ...result(1), padding: 'x'.repeat(20_000) });
    await until(() => own.code === 1009, 'it was closed');
    expect(offences).toEqual([expect.stringContaining('larger than tocsin.limits.message_bytes')]);
    expect(station.counters.read('agent_messages_invalid')).toBe(1);
  });

  it('that sends more than its rate is read slowly, and loses nothing', async () => {
    const limits = { messageBytes: 20_000, resultsPerSecond: 1_000, bytesPerSecond: 1e9 };
    const { gatekeeper, offences } = strictGatekeeper();
    station = await openStation({ limits: () => limits, gatekeeper });
    let taken = 0;
    await station.hub.consumeResults(
      async (batch) => {
        taken += batch.length;
      },
      {
        size: 100,
        spacingMs: 0,
      },
    );
    const own = await admitted(station);
    for (let number = 1; number <= 2_500; number++) own.send({ ...result(number), spooled: true });
    await until(() => taken === 2_500, 'all were taken');
    // What waited on disk while nobody could be reached is no offence.
    expect(offences).toEqual([]);
    for (let number = 2_501; number <= 5_000; number++) own.send(result(number));
    await until(() => taken === 5_000, 'all were taken');
    expect(new Set(offences)).toEqual(new Set(['sends more than tocsin.limits allows; it is read slowly']));
    expect(station.counters.read('agents_held_back')).toBeGreaterThan(0);
  });

  it('is not read from while too much of it waits, and goes on afterwards', async () => {
    station = await openStation();
    const own = await admitted(station);
    const sent = MOST_UNANSWERED * 3;
    for (let number = 1; number <= sent; number++) own.send(result(number));
    await until(() => station?.counters.read('agents_held_back') === 1, 'it was held back');
    const waiting = (await station.hub.statistics())?.results.messages ?? 0;
    expect(waiting).toBeGreaterThanOrEqual(MOST_UNANSWERED);
    // What one piece of the socket holds is read to its end.
    expect(waiting).toBeLessThan(MOST_UNANSWERED + 1_500);
    await station.hub.consumeResults(async () => {}, { size: 500, spacingMs: 0 });
    const answered = (): number =>
      own.frames.flatMap(({ numbers }) => (Array.isArray(numbers) ? numbers : [])).length;
    await until(() => answered() === sent, 'all were answered');
    const frames = own.frames.filter(({ type }) => type === 'taken').length;
    expect(frames).toBeLessThan(sent / 100);
  });

  it('whose right ends is told and disconnected', async () => {
    const strict = strictGatekeeper();
    station = await openStation(strict);
    const own = await admitted(station);
    strict.revoke.abort();
    await until(() => own.code === 1008, 'it was closed');
    expect(own.frames.at(-1)).toMatchObject({ type: 'refused' });
    const again = peer(station);
    await until(() => again.socket.readyState === WebSocket.OPEN, 'it is open');
    again.send(hello());
    await until(() => again.code === 1008, 'the next was closed as well');
    expect(station.gateway.connections()).toEqual([]);
  });

  it('whose right ends and that does not go is cut off, and what it still sends does not count', async () => {
    const strict = strictGatekeeper();
    station = await openStation({ ...strict, speed: 10 });
    let taken = 0;
    const take = async (batch: readonly Incoming[]): Promise<void> => {
      taken += batch.length;
    };
    await station.hub.consumeResults(take, { size: 10, spacingMs: 0 });
    const own = await admitted(station);
    own.socket.pause();
    strict.revoke.abort();
    own.send(result(1));
    await until(() => station?.gateway.connections().length === 0, 'it was cut off');
    expect(taken).toBe(0);
  });

  it('may be there a few times, not more', async () => {
    station = await openStation();
    for (let count = 0; count < MOST_OF_ONE_CLIENT; count++) await admitted(station);
    const one = peer(station);
    await until(() => one.socket.readyState === WebSocket.OPEN, 'it is open');
    one.send(hello());
    await until(() => one.code === 1008, 'it was refused');
    expect(one.frames[0]).toMatchObject({ type: 'refused', again_in: 10 });
    await admitted(station, 'i-43');
  });

  it('that is dead is found out, soon when another comes in its place', async () => {
    station = await openStation({ speed: 50 });
    const dead = await admitted(station);
    // It is there, but takes nothing from the wire any more, not even a ping.
    dead.socket.pause();
    const alive = await admitted(station);
    await until(() => station?.gateway.connections().length === 1, 'the dead one is gone');
    expect(station.counters.read('agents_lost')).toBe(1);
    expect(alive.code).toBeUndefined();
    const laterMs = station.clock.elapsed() + 60_000;
    await until(() => (station?.clock.elapsed() ?? 0) > laterMs, 'a minute of its clock has passed');
    expect(station.gateway.connections().length).toBe(1);
  });

  it('that does not read what it is sent is disconnected', async () => {
    station = await openStation();
    const own = await admitted(station);
    own.send({ type: 'subscribe', number: 1, client: 'i-42', subscriptions: ['web'] });
    await until(() => own.frames.length === 2, 'it is subscribed');
    own.socket.pause();
    const large = checkRequest('disk', { note: 'x'.repeat(500_000) });
    for (let sent = 0; sent < 60; sent++) await station.hub.publishRequest('web', large);
    await until(() => station?.gateway.connections().length === 0, 'it was disconnected');
    expect(await station.hub.publishRequest('web', checkRequest('disk'))).toBe(0);
  });

  it('gives its turn to another when it is lost with a request in hand', async () => {
    station = await openStation();
    const first = await admitted(station, 'i-42');
    first.send({ type: 'subscribe', number: 1, client: 'i-42', subscriptions: ['roundrobin:poll'] });
    await until(() => first.frames.length === 2, 'it is subscribed');
    await station.hub.publishRequest('roundrobin:poll', checkRequest('disk'));
    await until(() => first.frames.at(-1)?.['type'] === 'request', 'it was asked');
    const second = await admitted(station, 'i-43');
    second.send({ type: 'subscribe', number: 1, client: 'i-43', subscriptions: ['roundrobin:poll'] });
    await until(() => second.frames.length === 2, 'it is subscribed');
    first.socket.terminate();
    await until(() => second.frames.at(-1)?.['type'] === 'request', 'the other was asked');
  });

  it('may subscribe so many times only, each with a number of its own', async () => {
    station = await openStation();
    const own = await admitted(station);
    const frame = (number: number) => ({ type: 'subscribe', number, client: 'i-42', subscriptions: ['web'] });
    own.send(frame(1), frame(1));
    for (let number = 2; number <= MOST_SUBSCRIBERS + 1; number++) own.send(frame(number));
    await until(() => own.frames.length === MOST_SUBSCRIBERS + 3, 'all were answered');
    const refused = own.frames.filter(({ type }) => type === 'not_subscribed').map(({ number }) => number);
    expect(refused).toEqual([1, MOST_SUBSCRIBERS + 1]);
    expect(await station.hub.publishRequest('web', checkRequest('disk'))).toBe(MOST_SUBSCRIBERS);
    // Left before it was joined: both are done in order.
    own.send({ type: 'unsubscribe', number: 2 }, frame(100), { type: 'unsubscribe', number: 100 });
    await until(
      () => own.frames.filter(({ type }) => type === 'unsubscribed').length === 0,
      'requests are in hand',
    );
  });

  it.each(['older-agent', 'newer-agent'])('of another version works: %s', async (name) => {
    const frames = JSON.parse(
      readFileSync(new URL(`fixtures/${name}.json`, import.meta.url), 'utf8'),
    ) as unknown[];
    station = await openStation(strictGatekeeper());
    const bodies: unknown[] = [];
    const take = async (batch: readonly Incoming[]): Promise<void> =>
      void bodies.push(...batch.map(({ body }) => body));
    await station.hub.consumeResults(take, { size: 10, spacingMs: 0 });
    await station.hub.consumeKeepalives(take, { size: 10, spacingMs: 0 });
    const own = peer(station);
    await until(() => own.socket.readyState === WebSocket.OPEN, 'it is open');
    own.send(frames[0]);
    await until(() => own.frames.length === 1, 'it is welcome');
    expect(own.frames[0]).toMatchObject({ type: 'welcome', protocol: 1 });
    own.send(...frames.slice(1, -1));
    await until(
      () => bodies.length === 2 && own.frames.some(({ type }) => type === 'subscribed'),
      'it works',
    );
    expect(await station.hub.publishRequest('web', checkRequest('disk'))).toBe(1);
    await until(() => own.frames.some(({ type }) => type === 'request'), 'it was asked');
    own.send(frames.at(-1), { type: 'unsubscribe', number: 1 });
    await until(() => own.frames.some(({ type }) => type === 'unsubscribed'), 'the request has ended');
  });
});

describe('a gateway that closes', () => {
  it('answers what was being taken, says that it leaves, and lets nobody in', async () => {
    station = await openStation();
    const taking = gate();
    let batches = 0;
    const take = (): Promise<void> => {
      batches += 1;
      return taking.promise;
    };
    await station.hub.consumeResults(take, { size: 10, spacingMs: 0 });
    const own = await admitted(station);
    own.send(result(1));
    await until(() => batches === 1, 'it is being taken');
    const closing = station.gateway.close();
    await until(() => own.frames.at(-1)?.['type'] === 'leaving', 'it was told');
    expect((await upgrade(station, '/agent'))[0]).toBe(503);
    taking.open();
    await closing;
    await until(() => own.code === 1001, 'it was closed');
    expect(own.frames.at(-1)).toEqual({ type: 'taken', numbers: [1] });
    await station.gateway.close();
  });

  it('does not wait for an agent that does not leave', async () => {
    station = await openStation({ speed: 20 });
    const own = await admitted(station);
    own.socket.pause();
    await station.gateway.close();
    expect(station.gateway.connections()).toEqual([]);
  });
});

it('survives bytes that are no websocket', async () => {
  station = await openStation();
  const port = Number(station.address.split(':').at(-1));
  const raw = connect(port, '127.0.0.1');
  raw.on('error', () => {});
  raw.write(
    'GET /agent HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
  );
  let bytes = '';
  raw.on('data', (chunk) => {
    bytes += chunk;
  });
  await until(() => bytes.includes('101'), 'it was upgraded');
  raw.write(Buffer.alloc(1_000, 0xff));
  await new Promise((resolve) => raw.once('close', resolve));
  await admitted(station);
});
