import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer as createHttpServer, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { type WebSocket, WebSocketServer } from 'ws';
import { certificate, certificatePath } from '../../testing/certificates.ts';
import { deadPort } from '../../testing/peers.ts';
import { seededRandom } from '../../testing/random.ts';
import { gate, request } from '../../testing/transport/harness.ts';
import { until } from '../../testing/until.ts';
import { countingClock, openGatekeeper, openStation, type Station } from '../../testing/websocket.ts';
import type { Claim } from '../gatekeeper.ts';
import { createAgentGateway, type Incoming, type Transport } from '../index.ts';

const ends: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

async function open(parts: Parameters<typeof openStation>[0] = {}): Promise<Station> {
  const station = await openStation(parts);
  ends.push(() => station.end());
  return station;
}

const body = (name: string) => ({ client: 'i-42', check: { name } });
const kindOf = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => 'resolved',
    (error: { kind?: unknown }) => error.kind,
  );

/** A server of frames that a test wrote, at a port of 127.0.0.1. */
async function scripted(answer: (socket: WebSocket, frame: { type: string }) => void): Promise<string> {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1', path: '/agent' });
  server.on('connection', (socket) => {
    socket.on('message', (data: Buffer) => answer(socket, JSON.parse(data.toString())));
  });
  await new Promise((resolve) => server.once('listening', resolve));
  ends.push(async () => {
    for (const socket of server.clients) socket.terminate();
    await new Promise((resolve) => server.close(resolve));
  });
  return `ws://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Stands between agent and server, and can cut or stall what goes through it. */
async function proxyTo(address: string) {
  const port = Number(address.split(':').at(-1));
  const pairs = new Set<Socket>();
  const server = createServer((near) => {
    const far = connect(port, '127.0.0.1');
    for (const socket of [near, far]) {
      pairs.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => {
        pairs.delete(socket);
        near.destroy();
        far.destroy();
      });
    }
    near.pipe(far);
    far.pipe(near);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const cut = (): void => {
    for (const socket of pairs) socket.destroy();
  };
  ends.push(async () => {
    cut();
    await new Promise((resolve) => server.close(resolve));
  });
  return {
    address: `ws://127.0.0.1:${(server.address() as AddressInfo).port}`,
    cut,
    stall(): void {
      for (const socket of pairs) {
        socket.unpipe();
        socket.pause();
      }
    },
  };
}

describe('publishing', () => {
  it('rejects at once while there is no server, and subscribing and closing wait for nothing', async () => {
    const station = await open();
    const agent = station.agent({ servers: [`ws://127.0.0.1:${await deadPort()}`] });
    expect(agent.connected).toBe(false);
    expect(await kindOf(agent.publishResult({ body: body('disk') }))).toBe('unavailable');
    expect(await kindOf(agent.publishKeepalive({ body: { name: 'i-42' } }))).toBe('unavailable');
    const subscription = await agent.subscribe({ client: 'i-42', subscriptions: ['web'] }, async () => {});
    await subscription.stop();
    await agent.close();
  });

  it('rejects what was not acknowledged when the connection is lost', async () => {
    const station = await open({ speed: 20 });
    const proxy = await proxyTo(station.address);
    const agent = await station.connected({ servers: [proxy.address] });
    const fate = kindOf(agent.publishResult({ body: body('disk') }));
    await until(() => station.gateway.connections().length === 1, 'it is connected');
    proxy.cut();
    expect(await fate).toBe('unavailable');
    await until(() => agent.connected, 'it is connected again');
  });

  it('tells refusals for ever from those for now', async () => {
    const speaksFor = (name: string): boolean => name === 'i-42';
    const station = await open({
      gatekeeper: {
        ...openGatekeeper,
        admit: async ({ client }) => ({ client, speaksFor, revoked: new AbortController().signal }),
      },
      limits: () => ({ messageBytes: 20_000, resultsPerSecond: 1_000, bytesPerSecond: 1e9 }),
    });
    await station.hub.consumeResults(async () => {}, { size: 10, spacingMs: 0 });
    const agent = await station.connected();
    const other = { client: 'i-43', check: { name: 'disk' } };
    expect(await kindOf(agent.publishResult({ body: other }))).toBe('refused');
    const large = { ...body('disk'), output: 'é'.repeat(10_000) };
    expect(await kindOf(agent.publishResult({ body: large }))).toBe('refused');
    const foreign = { client: 'i-42', subscriptions: ['client:i-43'] };
    expect(await kindOf(agent.subscribe(foreign, async () => {}))).toBe('refused');
    expect(await kindOf(agent.publishResult({ body: body('disk') }))).toBe('resolved');
    expect(agent.connected).toBe(true);
    for (const call of [
      () => agent.publishRequest('web', request('disk')),
      () => agent.consumeResults(async () => {}, { size: 1, spacingMs: 0 }),
      () => agent.consumeKeepalives(async () => {}, { size: 1, spacingMs: 0 }),
      () => agent.publishTo({ type: 'fanout', name: 'x' }, ''),
      () => agent.statistics(),
    ])
      expect(await kindOf(call())).toBe('refused');
  });

  it('loses nothing and takes nothing twice by id when connections are cut all the time', async () => {
    const station = await open({ speed: 50 });
    const proxy = await proxyTo(station.address);
    const taken = new Set<number>();
    await station.hub.consumeResults(
      async (batch: readonly Incoming[]) => {
        for (const { id } of batch) if (id) taken.add(id.number);
      },
      { size: 20, spacingMs: 0 },
    );
    const agent = await station.connected({ servers: [proxy.address], random: seededRandom(7) });
    const random = seededRandom(11);
    const acknowledged = new Set<number>();
    let cuts = 0;
    const send = async (number: number): Promise<void> => {
      for (;;) {
        const message = { body: body('disk'), id: { agent: 'i-42', boot: 'b', number } };
        const fate = await kindOf(agent.publishResult(message));
        if (fate === 'resolved') break;
        expect(fate).toBe('unavailable');
        await new Promise((resolve) => setTimeout(resolve, 2));
      }
      acknowledged.add(number);
      expect(taken.has(number)).toBe(true);
    };
    for (let number = 1; number <= 600; number += 10) {
      const sending = Array.from({ length: 10 }, (_, index) => send(number + index));
      if (random.number() < 0.3) {
        cuts += 1;
        proxy.cut();
      }
      await Promise.all(sending);
    }
    expect(cuts).toBeGreaterThan(5);
    expect(acknowledged.size).toBe(600);
    expect(taken.size).toBe(600);
  });
});

describe('requests', () => {
  it('come again after a reconnect, to what was subscribed before or meanwhile', async () => {
    const station = await open({ speed: 20 });
    const proxy = await proxyTo(station.address);
    const agent = await station.connected({ servers: [proxy.address] });
    const names: string[] = [];
    const take = async (taken: unknown): Promise<void> => void names.push((taken as { name: string }).name);
    const left = await agent.subscribe({ client: 'i-42', subscriptions: ['left'] }, take);
    await agent.subscribe({ client: 'i-42', subscriptions: ['web'] }, take);
    proxy.cut();
    await until(() => !agent.connected, 'it was lost');
    await left.stop();
    await agent.subscribe({ client: 'i-42', subscriptions: ['db'] }, take);
    const counts = async (): Promise<unknown[]> =>
      Promise.all(['web', 'db', 'left'].map((to) => station.hub.publishRequest(to, request(to))));
    await until(() => agent.connected, 'it is connected again');
    await agent.subscribe({ client: 'i-42', subscriptions: ['last'] }, take);
    expect(await counts()).toEqual([1, 1, 0]);
    await until(() => names.length === 2, 'both came');
    expect(names.toSorted()).toEqual(['db', 'web']);
  });

  it('that ran when the connection was lost end without harm, and a stop waits for them', async () => {
    const station = await open({ speed: 20 });
    const proxy = await proxyTo(station.address);
    const agent = await station.connected({ servers: [proxy.address] });
    const running = gate();
    let handed = 0;
    const subscription = await agent.subscribe({ client: 'i-42', subscriptions: ['web'] }, () => {
      handed += 1;
      return running.promise;
    });
    await station.hub.publishRequest('web', request('disk'));
    await until(() => handed === 1, 'it was asked');
    let stopped = false;
    const stopping = subscription.stop().then(() => {
      stopped = true;
    });
    proxy.cut();
    await until(() => !agent.connected, 'it was lost');
    await until(() => agent.connected, 'it is connected again');
    expect(stopped).toBe(false);
    running.open();
    await stopping;
    expect(await station.hub.publishRequest('web', request('disk'))).toBe(0);
  });
});

describe('finding a server', () => {
  it('tries addresses in turns and goes on when the server stops', async () => {
    const first = await open({ speed: 50 });
    const second = await open({ speed: 50 });
    const dead = `ws://127.0.0.1:${await deadPort()}`;
    const agent = first.agent({ servers: [dead, `${first.address}/`, second.address] });
    await until(() => agent.connected, 'it is connected');
    expect(first.gateway.connections().length).toBe(1);
    await first.gateway.close();
    await until(() => agent.connected && second.gateway.connections().length === 1, 'it is at the second');
  });

  it('comes again when told, and says once why it is not let in', async () => {
    let answer = 'too many agents connect at once';
    let asked = 0;
    const busy: Server = createHttpServer();
    busy.on('upgrade', (_request, socket) => {
      asked += 1;
      socket.on('error', () => {});
      socket.end(
        `HTTP/1.1 503 Busy\r\nRetry-After: 1\r\nConnection: close\r\nContent-Length: ${answer.length}\r\n\r\n${answer}`,
      );
    });
    await new Promise<void>((resolve) => busy.listen(0, '127.0.0.1', resolve));
    ends.push(() => new Promise((resolve) => busy.close(resolve)));
    const station = await open({ speed: 20 });
    const agent = station.agent({ servers: [`ws://127.0.0.1:${(busy.address() as AddressInfo).port}`] });
    await until(() => asked >= 4, 'it asked again and again');
    answer = 'another';
    expect(agent.connected).toBe(false);
    const warned = station.log.lines.filter(({ level }) => level === 'warn' || level === 'error');
    expect(warned.map(({ fields }) => fields['reason'])).toEqual([
      'it answered 503: too many agents connect at once',
    ]);
  });

  it('tells its operator the reason of a refusal, once, and never the token', async () => {
    let asked = 0;
    const station = await open({
      speed: 50,
      gatekeeper: {
        ...openGatekeeper,
        async admit() {
          asked += 1;
          return { refused: 'this token is not known' };
        },
      },
    });
    const agent = station.agent({ token: () => 'very-secret' });
    await until(() => asked >= 3, 'it tried again');
    expect(agent.connected).toBe(false);
    const errors = station.log.lines.filter(({ level }) => level === 'error');
    expect(errors.map(({ fields }) => fields['reason'])).toEqual(['this token is not known']);
    expect(JSON.stringify(station.log.lines)).not.toContain('very-secret');
  });

  it('finds out when a server is silent, and goes to another', async () => {
    const station = await open({ speed: 100 });
    const proxy = await proxyTo(station.address);
    const agent = await station.connected({ servers: [proxy.address, station.address] });
    const fate = kindOf(agent.publishResult({ body: body('disk') }));
    proxy.stall();
    expect(await fate).toBe('unavailable');
    await until(() => agent.connected, 'it is connected again');
  });

  it('ends a try that nobody answers', async () => {
    const silent = createServer((socket) => socket.on('error', () => {}).resume());
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    ends.push(() => new Promise((resolve) => silent.close(resolve)));
    const station = await open({ speed: 200 });
    const servers = [`ws://127.0.0.1:${(silent.address() as AddressInfo).port}`, station.address];
    const agent = station.agent({ servers });
    await until(() => agent.connected, 'it went on to the next');
  });

  it.each(['older-server', 'newer-server'])('of another version works: %s', async (name) => {
    const frames = JSON.parse(readFileSync(new URL(`fixtures/${name}.json`, import.meta.url), 'utf8'));
    const byType = (type: string): string =>
      JSON.stringify(frames.find((frame: { type: string }) => frame.type === type));
    const came: string[] = [];
    const address = await scripted((socket, { type }) => {
      came.push(type);
      if (type === 'hello') for (const known of ['welcome', 'advice']) socket.send(byType(known) ?? '{}');
      if (type === 'subscribe') for (const known of ['subscribed', 'request']) socket.send(byType(known));
      if (type === 'result') socket.send(byType('taken'));
    });
    const station = await open();
    const agent = await station.connected({ servers: [address] });
    const requests: unknown[] = [];
    await agent.subscribe(
      { client: 'i-42', subscriptions: ['web'] },
      async (taken) => void requests.push(taken),
    );
    await agent.publishResult({ body: body('disk') });
    await until(() => came.includes('ended'), 'the request was answered');
    expect(requests).toEqual([{ name: 'disk', command: 'true', issued: 1_800_000_000 }]);
  });

  it('survives a server that sends nonsense', async () => {
    const address = await scripted((socket, { type }) => {
      if (type === 'hello') socket.send(JSON.stringify({ type: 'welcome', protocol: 1 }));
      for (const text of ['{', '[]', '{"type":"taken","numbers":"all"}', '{"type":"request","number":1}'])
        socket.send(text);
      socket.send('{"type":"request","number":3,"subscription":99,"body":null}');
      socket.send('{"type":"taken","numbers":[7,8,9]}');
      socket.send('{"type":"unsubscribed","number":7}');
      if (type === 'result') socket.send('{"type":"not_taken","number":1,"again":true,"reason":7}');
    });
    const station = await open();
    const agent = await station.connected({ servers: [address] });
    expect(await kindOf(agent.publishResult({ body: body('disk') }))).toBe('unavailable');
    expect(agent.connected).toBe(true);
  });
});

describe('TLS', () => {
  async function secured(options: { requestCert?: boolean } = {}) {
    const claims: Claim[] = [];
    const clock = countingClock();
    const station = await open();
    const gateway = createAgentGateway({
      hub: station.hub,
      clock,
      log: station.log,
      counters: station.counters,
      random: seededRandom(),
      version: '1.2.3',
      limits: () => ({ messageBytes: 20_000, resultsPerSecond: 1_000, bytesPerSecond: 1e9 }),
      gatekeeper: {
        ...openGatekeeper,
        admit(claim) {
          claims.push(claim);
          return openGatekeeper.admit(claim);
        },
      },
    });
    const ca = readFileSync(certificatePath('ca'), 'utf8');
    const server = createTlsServer({ ...certificate('good'), ca, rejectUnauthorized: false, ...options });
    server.on('upgrade', gateway.accept.bind(gateway));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const agents: Transport[] = [];
    ends.push(async () => {
      await Promise.all(agents.map((agent) => agent.close()));
      await gateway.close();
      await new Promise((resolve) => server.close(resolve));
    });
    const address = `wss://localhost:${(server.address() as AddressInfo).port}`;
    const agent = (tls: Parameters<Station['agent']>[0] = {}): Transport => {
      const opened = station.agent({ servers: [address], ...tls });
      agents.push(opened);
      return opened;
    };
    return { station, agent, claims, ca };
  }

  const fingerprint = new X509Certificate(readFileSync(certificatePath('good'))).fingerprint256;

  it('trusts a server by who signed its certificate, or by its fingerprint alone', async () => {
    const { agent, claims, ca } = await secured();
    const agents = [
      agent({ tls: { ca } }),
      agent({ tls: { fingerprint } }),
      agent({ tls: { fingerprint: fingerprint.replaceAll(':', '').toLowerCase() } }),
    ];
    await until(() => agents.every(({ connected }) => connected), 'all are connected');
    expect(claims.map(({ certificateNames }) => certificateNames)).toEqual([undefined, undefined, undefined]);
  });

  it('says nothing to a server that it does not know', async () => {
    const { agent, claims, station } = await secured();
    agent();
    agent({ tls: { fingerprint: fingerprint.replace(/^../, '00') } });
    agent({ tls: { ca: readFileSync(certificatePath('other'), 'utf8') } });
    await until(() => station.log.lines.filter(({ level }) => level === 'warn').length >= 3, 'all gave up');
    expect(claims).toEqual([]);
  });

  it('shows the names of the agent’s own certificate to the gatekeeper', async () => {
    const { agent, claims, ca } = await secured({ requestCert: true });
    const { cert, key } = certificate('good');
    agent({ tls: { ca, cert, key } });
    agent({ tls: { ca } });
    await until(() => claims.length === 2, 'both said hello');
    const names = claims.map(({ certificateNames }) => certificateNames);
    expect(names).toContainEqual(undefined);
    expect(names.find((one) => one !== undefined)).toContain('localhost');
  });
});
