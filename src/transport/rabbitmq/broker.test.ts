import { readdirSync, readFileSync } from 'node:fs';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { type Channel, type ChannelModel, type ConsumeMessage, connect } from 'amqplib';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { CheckRequest } from '../../model/check.ts';
import type { Clock } from '../../runtime/clock.ts';
import { Counters } from '../../runtime/counters.ts';
import { certificatePath } from '../../testing/certificates.ts';
import { ManualClock } from '../../testing/clock.ts';
import { type LogLine, memoryLog } from '../../testing/log.ts';
import {
  brokerAt,
  openProxy,
  startRabbitmq,
  type TestBroker,
  whyNoRabbitmq,
} from '../../testing/rabbitmq.ts';
import { seededRandom } from '../../testing/random.ts';
import { request } from '../../testing/transport/harness.ts';
import { until } from '../../testing/until.ts';
import { countingClock } from '../../testing/websocket.ts';
import type { Incoming, Transport } from '../port.ts';
import { createRabbitmqTransport, type RabbitmqTransportParts } from './index.ts';
import { HELD_MS } from './intake.ts';
import { LONGEST_HELD_MS } from './requests.ts';

const missing = whyNoRabbitmq();
const BATCHES = { size: 100, spacingMs: 0 };
const SLOW = 60_000;

/** A message that Sensu Core 1.9 sent. */
interface Captured {
  name: string;
  exchange: string;
  routingKey: string;
  properties: Record<string, unknown>;
  body: Buffer;
}

const folder = new URL('fixtures/', import.meta.url);
const captured: Captured[] = readdirSync(folder)
  .filter((file) => file.endsWith('.meta.json'))
  .map((file) => {
    const name = file.replace('.meta.json', '');
    const { fields, properties } = JSON.parse(readFileSync(new URL(file, folder), 'utf8'));
    const body = readFileSync(new URL(`${name}.body.json`, folder));
    return { name, exchange: fields.exchange, routingKey: fields.routingKey, properties, body };
  });
const typeOf = (exchange: string): string => (exchange === 'test' ? 'fanout' : 'direct');
const set = (properties: object): object =>
  Object.fromEntries(
    Object.entries(properties).filter(
      ([, value]) =>
        value !== undefined && !(typeof value === 'object' && Object.keys(value ?? {}).length === 0),
    ),
  );

describe.skipIf(missing !== undefined)(missing ?? 'rabbitmq', () => {
  let station: TestBroker;
  let raw: ChannelModel;
  let channel: Channel;
  let tlsPort = 0;
  let log: ReturnType<typeof memoryLog>;
  let opened: Transport[] = [];
  let clocks: { pending: number }[] = [];

  beforeAll(async () => {
    tlsPort = await freePort();
    station = await startRabbitmq([
      `listeners.ssl.1 = 127.0.0.1:${tlsPort}`,
      `ssl_options.cacertfile = ${certificatePath('ca')}`,
      `ssl_options.certfile = ${certificatePath('good')}`,
      `ssl_options.keyfile = ${certificatePath('good').replace('good.pem', 'key.pem')}`,
      'ssl_options.verify = verify_none',
    ]);
  }, 120_000);
  afterAll(() => station.end(), SLOW);

  const open = async (parts: Partial<RabbitmqTransportParts> = {}, wait = true): Promise<Transport> => {
    log ??= memoryLog();
    const clock: Clock & { pending: number } = countingClock();
    clocks.push(clock);
    const world = { clock, log, random: seededRandom(), counters: new Counters(), version: '1.2.3' };
    const transport = createRabbitmqTransport({ brokers: [station.broker], ...world, ...parts });
    opened.push(transport);
    if (wait) await until(() => transport.connected, 'it is connected');
    return transport;
  };
  const listen = async (): Promise<Channel> => {
    raw = await connect(`amqp://127.0.0.1:${station.port}`);
    channel = await raw.createChannel();
    return channel;
  };
  /** Takes copies of what is published to an exchange. */
  const tap = async (exchange: string, type: string, durable = false): Promise<ConsumeMessage[]> => {
    const messages: ConsumeMessage[] = [];
    await channel.assertExchange(exchange, type, { durable });
    const { queue } = await channel.assertQueue('', { exclusive: true });
    await channel.bindQueue(queue, exchange, '');
    await channel.consume(queue, (message) => message && messages.push(message), { noAck: true });
    return messages;
  };
  const lines = (level: LogLine['level']): string[] =>
    log.lines
      .filter((line) => line.level === level)
      .map(({ message, fields }) => `${message} ${fields['reason'] ?? ''}`);

  afterEach(async () => {
    await Promise.all(opened.map((transport) => transport.close()));
    opened = [];
    await raw?.close().catch(() => undefined);
    const cleaning = await connect(`amqp://127.0.0.1:${station.port}`);
    const cleaner = await cleaning.createChannel();
    for (const kind of ['results', 'keepalives'])
      for (const queue of [kind, `tocsin.${kind}`]) await cleaner.deleteQueue(queue);
    await cleaning.close();
    log = memoryLog();
    const left = clocks.map(({ pending }) => pending);
    clocks = [];
    expect(left.every((pending) => pending === 0)).toBe(true);
  });

  describe('on the wire', () => {
    test('takes what Sensu Core 1.9 sent', async () => {
      const transport = await open();
      const taken: Incoming[] = [];
      const requests: unknown[] = [];
      const consumer = async (batch: readonly Incoming[]): Promise<void> => void taken.push(...batch);
      await transport.consumeResults(consumer, BATCHES);
      await transport.consumeKeepalives(consumer, BATCHES);
      const subscriptions = ['test', 'roundrobin:rr', 'client:peer-client'];
      await transport.subscribe({ client: 'peer-client', subscriptions }, async (one) => {
        requests.push(one);
      });
      await listen();
      const sent = captured.filter(({ exchange }) => exchange !== 'events_out');
      expect(sent.length).toBeGreaterThan(4);
      for (const { exchange, routingKey, properties, body } of sent) {
        // As its peers declare it; the broker refuses whoever says otherwise.
        await channel.assertExchange(exchange, typeOf(exchange), { durable: false, autoDelete: false });
        channel.publish(exchange, routingKey, body, properties);
      }
      await until(() => taken.length + requests.length === sent.length, 'all arrived');
      const arrived = [...taken.map((one) => one.body), ...requests].map((body) => JSON.stringify(body));
      expect(arrived.sort()).toEqual(sent.map(({ body }) => JSON.stringify(JSON.parse(String(body)))).sort());
      expect(taken.every(({ id, redelivered }) => id === undefined && !redelivered)).toBe(true);
    });

    test('sends what Sensu Core 1.9 sends, field by field', async () => {
      const transport = await open();
      await listen();
      for (const { name, exchange, routingKey, properties, body } of captured) {
        const messages = await tap(exchange, typeOf(exchange));
        const document = JSON.parse(String(body));
        if (exchange === 'results') await transport.publishResult({ body: document });
        else if (exchange === 'keepalives') await transport.publishKeepalive({ body: document });
        else if (exchange === 'events_out')
          await transport.publishTo({ type: 'direct', name: exchange }, String(body));
        else await transport.publishRequest(exchange, document as CheckRequest);
        await until(() => messages.length === 1, `${name} arrived`);
        const [message] = messages;
        expect(message?.fields).toMatchObject({ exchange, routingKey });
        expect(set(message?.properties ?? {}), name).toEqual(properties);
        expect(JSON.parse(String(message?.content)), name).toEqual(document);
      }
    });

    test('declares exchanges and queues as Sensu Core 1.9 does', async () => {
      const clock = new ManualClock();
      const transport = await open({ clock });
      await transport.consumeResults(async () => {}, BATCHES);
      await transport.consumeKeepalives(async () => {}, BATCHES);
      const subscriptions = ['web', 'client:i-42', 'roundrobin:poll', 'direct:x'];
      await transport.subscribe({ client: 'i-42', subscriptions }, async () => {});
      await listen();
      const queues = ['results', 'keepalives', 'i-42-1.2.3-1800000000', 'roundrobin:poll', 'direct:x'];
      for (const queue of queues) {
        const { consumerCount } = await channel.assertQueue(queue, { durable: false, autoDelete: true });
        expect(consumerCount, queue).toBe(1);
      }
      for (const name of ['results', 'keepalives', 'roundrobin:poll', 'direct:x'])
        await channel.assertExchange(name, 'direct', { durable: false, autoDelete: false });
      for (const name of ['web', 'client:i-42'])
        await channel.assertExchange(name, 'fanout', { durable: false, autoDelete: false });
    });

    test('sends numbers beside the document, which is the same', async () => {
      const transport = await open();
      await listen();
      const messages = await tap('results', 'direct');
      const id = { agent: 'i-42', boot: 'b-1', number: 7 };
      await transport.publishResult({ body: { a: 1 }, id });
      await transport.publishResult({ body: { a: 1 }, id: { ...id, previous: 3 }, spooled: true });
      await until(() => messages.length === 2, 'both arrived');
      const plain = { contentType: 'application/octet-stream', deliveryMode: 1, priority: 0 };
      const messageId = 'i-42/b-1/7';
      expect(messages.map(({ properties }) => set(properties))).toEqual([
        { ...plain, messageId },
        { ...plain, messageId, headers: { previous: 3, spooled: true } },
      ]);
      expect(messages.map(({ content }) => String(content))).toEqual(['{"a":1}', '{"a":1}']);
    });

    test('durable ones go into queues of their own and outlive the broker', async () => {
      const transport = await open({ durable: true });
      await listen();
      const messages = await tap('tocsin.results', 'direct', true);
      await transport.publishResult({ body: {} });
      await until(() => messages.length === 1, 'it arrived');
      expect(messages[0]?.properties.deliveryMode).toBe(2);
    });

    test('hands on what is no JSON as the text that it is', async () => {
      const transport = await open();
      const taken: unknown[] = [];
      await transport.consumeResults(async (batch) => {
        taken.push(...batch.map((one) => one.body));
      }, BATCHES);
      await listen();
      for (const content of ['{"a":', '', '[]']) channel.publish('results', '', Buffer.from(content));
      await until(() => taken.length === 3, 'all arrived');
      expect(taken).toEqual(['{"a":', '', []]);
    });

    test('takes from other exchanges when it is told to', async () => {
      const transport = await open({ pipes: { results: 'other_results' } });
      const taken: unknown[] = [];
      await transport.consumeResults(
        async (batch) => void taken.push(...batch.map((one) => one.body)),
        BATCHES,
      );
      await listen();
      channel.publish('other_results', '', Buffer.from('1'));
      await until(() => taken.length === 1, 'it arrived');
    });
  });

  describe('publishing', () => {
    test('rejects what no queue is there for, and takes it when there is one', async () => {
      const transport = await open();
      const sent = transport.publishResult({ body: 1 });
      await expect(sent).rejects.toMatchObject({
        kind: 'unavailable',
        message: expect.stringContaining('no server'),
      });
      await expect(transport.publishKeepalive({ body: 1 })).rejects.toMatchObject({ kind: 'unavailable' });
      expect(await transport.statistics()).toEqual({
        results: { messages: 0, consumers: 0 },
        keepalives: { messages: 0, consumers: 0 },
      });
      await transport.consumeResults(async () => {}, BATCHES);
      await transport.publishResult({ body: 2 });
      expect((await transport.statistics())?.results.consumers).toBe(1);
    });

    test('knows a request that nobody is there for', async () => {
      const transport = await open();
      expect(await transport.publishRequest('nobody', request('disk'))).toBe(0);
      expect(await transport.publishRequest('roundrobin:nobody', request('disk'))).toBe(0);
      await transport.subscribe({ client: 'a', subscriptions: ['web'] }, async () => {});
      expect(await transport.publishRequest('web', request('disk'))).toBeNull();
    });

    test('a pipe is declared as it is told; one that is there otherwise is refused, and harms nothing', async () => {
      const transport = await open();
      await listen();
      const options = { durable: true, auto_delete: true };
      expect(await transport.publishTo({ type: 'topic', name: 'pipe_t', options }, 'x')).toBe(0);
      await channel.assertExchange('pipe_t', 'topic', { durable: true, autoDelete: true });
      const messages = await tap('pipe_f', 'fanout');
      expect(await transport.publishTo({ type: 'fanout', name: 'pipe_f' }, 'text')).toBeNull();
      await until(() => messages.length === 1, 'it arrived');
      expect(String(messages[0]?.content)).toBe('text');
      const other = transport.publishTo({ type: 'direct', name: 'pipe_f' }, 'x');
      await expect(other).rejects.toMatchObject({
        kind: 'refused',
        message: expect.stringContaining('pipe_f'),
      });
      const absent = transport.publishTo({ type: 'direct', name: 'absent', options: { passive: true } }, 'x');
      await expect(absent).rejects.toMatchObject({ kind: 'refused' });
      expect(transport.connected).toBe(true);
      expect(lines('error')).toEqual([]);
    });

    test('an exchange that went is declared again', async () => {
      const transport = await open();
      await listen();
      await transport.publishRequest('goes', request('disk'));
      await channel.deleteExchange('goes');
      await expect(transport.publishRequest('goes', request('disk'))).rejects.toMatchObject({
        kind: 'unavailable',
      });
      await until(() => transport.connected, 'it publishes again');
      expect(await transport.publishRequest('goes', request('disk'))).toBe(0);
    });
  });

  describe('consuming', () => {
    test('gives back what is held for long, keeps its queue, and takes it again', async () => {
      const clock = new ManualClock();
      const transport = await open({ clock });
      let away = true;
      const taken: Incoming[] = [];
      await transport.consumeResults(async (batch) => {
        if (away) throw new Error('the store is away');
        taken.push(...batch);
      }, BATCHES);
      const sent = [1, 2, 3].map((body) => transport.publishResult({ body }));
      await Promise.all(sent);
      await until(
        () => log.lines.some(({ message }) => message.startsWith('a batch was not taken')),
        'it was tried',
      );
      await transport.statistics();
      await clock.advance(2 * HELD_MS);
      expect(lines('error').filter((line) => line.startsWith('messages could not be committed')).length).toBe(
        1,
      );
      away = false;
      await until(() => {
        void clock.advance(5_000);
        return taken.length === 3;
      }, 'they were taken');
      expect(taken.map(({ body, redelivered }) => [body, redelivered])).toEqual([
        [1, true],
        [2, true],
        [3, true],
      ]);
      await transport.publishResult({ body: 4 });
      await until(() => taken.length === 4, 'its queue is still there');
    });

    test('is taken up again when its queue is deleted', async () => {
      const transport = await open();
      const taken: unknown[] = [];
      await transport.consumeResults(
        async (batch) => void taken.push(...batch.map((one) => one.body)),
        BATCHES,
      );
      await listen();
      await channel.deleteQueue('results');
      await until(() => lines('error').length > 0, 'it was noticed');
      await until(
        () => lines('info').some((line) => line.startsWith('consuming results works again')),
        'it consumes',
      );
      await transport.publishResult({ body: 1 });
      await until(() => taken.length === 1, 'it arrived');
    });

    test('of one of many an agent holds one, until its check has ended or runs for long', async () => {
      const clock = new ManualClock();
      const server = await open();
      const agent = await open({ clock });
      const taken: unknown[] = [];
      const subscriber = { client: 'a', subscriptions: ['roundrobin:poll'] };
      await agent.subscribe(subscriber, (one) => {
        taken.push((one as CheckRequest).name);
        return new Promise(() => {});
      });
      for (const name of ['one', 'two', 'three'])
        await server.publishRequest('roundrobin:poll', request(name));
      await until(() => taken.length === 1, 'the first is being run');
      await server.statistics();
      expect(taken).toEqual(['one']);
      await clock.advance(LONGEST_HELD_MS);
      await until(() => taken.length === 2, 'the next is run beside it');
      await agent.close();
      const other: unknown[] = [];
      const third = await open();
      await third.subscribe({ ...subscriber, client: 'b' }, async (one) => {
        other.push((one as CheckRequest).name);
      });
      // The queue went with its last consumer, and what was in it.
      expect(await server.publishRequest('roundrobin:poll', request('four'))).toBeNull();
      await until(() => other.length === 1, 'it goes on');
    });

    test('what an agent was running when it went is run by another', async () => {
      const [server, one, two] = [await open(), await open(), await open()];
      const taken: string[] = [];
      for (const [client, agent] of [
        ['a', one],
        ['b', two],
      ] as const)
        await agent.subscribe({ client, subscriptions: ['roundrobin:poll'] }, () => {
          taken.push(client);
          return taken.length === 1 ? new Promise(() => {}) : Promise.resolve();
        });
      await server.publishRequest('roundrobin:poll', request('disk'));
      await until(() => taken.length === 1, 'one of them runs it');
      await (taken[0] === 'a' ? one : two).close();
      await until(() => taken.length === 2, 'the other runs it');
      expect(new Set(taken).size).toBe(2);
    });

    test('two servers share', async () => {
      const [one, two, agent] = [await open(), await open(), await open()];
      const taken: number[][] = [[], []];
      for (const [index, server] of [one, two].entries())
        await server.consumeResults(async (batch) => {
          taken[index]?.push(...batch.map((message) => message.body as number));
        }, BATCHES);
      await Promise.all(Array.from({ length: 200 }, (_, body) => agent.publishResult({ body })));
      await until(() => taken.flat().length === 200, 'all were taken');
      expect(new Set(taken.flat()).size).toBe(200);
      expect(taken.every((share) => share.length > 50)).toBe(true);
    });
  });

  describe('when things break', () => {
    const sendAll = async (transport: Transport, bodies: readonly number[]): Promise<void> => {
      await Promise.all(
        bodies.map(async (body) => {
          const message = { body, id: { agent: 'i-42', boot: 'b', number: body } };
          for (;;) {
            const sent = await transport.publishResult(message).then(
              () => true,
              () => false,
            );
            if (sent) return;
            await new Promise((resolve) => setTimeout(resolve, 20));
          }
        }),
      );
    };

    test('connections cut by a proxy lose nothing, and everything is there again', {
      timeout: SLOW,
    }, async () => {
      const proxy = await openProxy(station.port);
      const brokers = [brokerAt(proxy.port)];
      const agent = await open({ brokers, durable: true });
      const server = await open({ brokers, durable: true });
      const taken = new Map<number, boolean>();
      let held: (() => void) | undefined;
      await server.consumeResults(async (batch) => {
        if (held === undefined)
          await new Promise<void>((resolve) => {
            held = resolve;
          });
        for (const { body, redelivered } of batch) taken.set(body as number, redelivered);
      }, BATCHES);
      const requests: unknown[] = [];
      const subscriber = { client: 'i-42', subscriptions: ['web', 'roundrobin:poll'] };
      await agent.subscribe(subscriber, async (one) => {
        requests.push(one);
      });
      const bodies = Array.from({ length: 500 }, (_, index) => index + 1);
      const sending = sendAll(agent, bodies);
      await until(() => held !== undefined, 'a batch is held');
      proxy.cut();
      await until(() => !server.connected, 'it was noticed');
      // The acknowledgement of what was held comes too late.
      held?.();
      await until(() => server.connected && agent.connected, 'both are connected again');
      await sending;
      for (let cut = 0; cut < 3; cut++) {
        const more = sendAll(agent, bodies);
        proxy.cut();
        await more;
      }
      await until(() => taken.size === 500, 'all were taken');
      await until(() => agent.connected && server.connected, 'both are connected');
      for (const to of ['web', 'roundrobin:poll']) {
        const before = requests.length;
        for (;;) {
          if ((await server.publishRequest(to, request('disk')).catch(() => 0)) === null) break;
          await new Promise((resolve) => setTimeout(resolve, 20));
        }
        await until(() => requests.length > before, `a request to ${to} arrived`);
      }
      expect(lines('error').length).toBeLessThan(40);
      await Promise.all(opened.map((transport) => transport.close()));
      await proxy.end();
    });

    test('what was held across a reconnect comes again, marked, and the old acknowledgement is void', async () => {
      const proxy = await openProxy(station.port);
      const server = await open({ brokers: [brokerAt(proxy.port)] });
      const agent = await open({ durable: true });
      const batches: [unknown, boolean][][] = [];
      const releases: (() => void)[] = [];
      await server.consumeResults((batch) => {
        batches.push(batch.map(({ body, redelivered }) => [body, redelivered]));
        return new Promise((resolve) => releases.push(resolve));
      }, BATCHES);
      await agent.publishResult({ body: 'once' });
      await until(() => batches.length === 1, 'it is held');
      proxy.cut();
      await until(() => !server.connected, 'it was noticed');
      await until(() => server.connected, 'it is connected again');
      releases[0]?.();
      await until(() => batches.length === 2, 'it came again');
      releases[1]?.();
      expect(batches).toEqual([[['once', false]], [['once', true]]]);
      await until(() => releases.length === 2, 'it was taken');
      await server.close();
      await proxy.end();
      expect((await agent.statistics())?.results.messages).toBe(0);
    });

    test('a connection that says nothing any more is given up', async () => {
      const proxy = await openProxy(station.port);
      const transport = await open({ brokers: [brokerAt(proxy.port, { heartbeatSeconds: 1 })] });
      proxy.freeze();
      await until(() => !transport.connected, 'the missing sign of life was noticed');
      await until(() => transport.connected, 'it is connected again');
      expect(lines('error').join()).toContain('Heartbeat');
      await transport.close();
      await proxy.end();
    });

    test.each([
      ['plain', false],
      ['TLS', true],
    ])('closing does not wait for a peer that says nothing: %s', async (_what, encrypted) => {
      const sockets: Socket[] = [];
      const silent = createServer((socket) => sockets.push(socket.on('error', () => {}).resume()));
      await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
      const { port } = silent.address() as AddressInfo;
      const nothing = { certificate: undefined, key: undefined, authority: undefined, serverName: undefined };
      const tls = encrypted ? { ...nothing, verify: false } : undefined;
      const transport = await open({ brokers: [brokerAt(port, { tls })] }, false);
      await until(() => sockets.length === 1, 'it tries to connect');
      await transport.close();
      await until(
        () => sockets[0]?.destroyed === true || sockets[0]?.readableEnded === true,
        'the socket went',
      );
      sockets[0]?.destroy();
      await new Promise((resolve) => silent.close(resolve));
    });

    test('closing does not wait for a broker that says nothing any more', async () => {
      const proxy = await openProxy(station.port);
      const transport = await open({ brokers: [brokerAt(proxy.port)] });
      await transport.subscribe({ client: 'a', subscriptions: ['web', 'roundrobin:poll'] }, async () => {});
      const { stop } = await transport.consumeKeepalives(async () => {}, BATCHES);
      proxy.freeze();
      const publishing = transport.publishResult({ body: 1 });
      publishing.catch(() => undefined);
      const stopping = stop();
      await transport.close();
      await stopping;
      await expect(publishing).rejects.toMatchObject({ kind: 'closed' });
      await proxy.end();
    });

    test('another broker is tried', async () => {
      const nobody = brokerAt(await freePort());
      const transport = await open({ brokers: [nobody, station.broker, nobody] });
      expect(transport.connected).toBe(true);
    });

    test.each<[string, object, RegExp]>([
      ['password', { password: 'no' }, /does not let the user "guest" in: the name or the password is wrong/],
      ['vhost', { vhost: '/none' }, /does not let the user "guest" use the vhost "\/none"/],
      ['port', { port: 1 }, /cannot be reached: .*ECONNREFUSED/],
    ])('tells a wrong %s once, in a sentence, and tries on', async (_what, wrong, sentence) => {
      const counters = new Counters();
      const transport = await open({ brokers: [{ ...station.broker, ...wrong }], counters }, false);
      await until(() => counters.read('brokers_lost') >= 2, 'it was tried twice');
      expect(lines('error')).toEqual([expect.stringMatching(sentence)]);
      expect(JSON.stringify(log.lines)).not.toContain('"no"');
      await expect(transport.publishResult({ body: 1 })).rejects.toMatchObject({ kind: 'unavailable' });
      expect(await transport.statistics()).toBeNull();
    });

    test('a certificate is looked at, unless that is waived', async () => {
      const tls = {
        certificate: undefined,
        key: undefined,
        authority: undefined,
        verify: true,
        serverName: undefined,
      };
      const counters = new Counters();
      await open({ brokers: [brokerAt(tlsPort, { tls })], counters }, false);
      await until(() => counters.read('brokers_lost') >= 1, 'it was tried');
      expect(lines('error').join()).toMatch(
        /certificate that is not valid .*rabbitmq\.ssl\.verify_peer to false/,
      );
      await open({ brokers: [brokerAt(tlsPort, { tls: { ...tls, verify: false } })] });
      const authority = readFileSync(certificatePath('ca'), 'utf8');
      const trusted = await open({ brokers: [brokerAt(tlsPort, { tls: { ...tls, authority } })] });
      await trusted.consumeResults(async () => {}, BATCHES);
      await trusted.publishResult({ body: 1 });
      const plain = new Counters();
      await open({ brokers: [brokerAt(station.port, { tls })], counters: plain }, false);
      await until(() => plain.read('brokers_lost') >= 1, 'it was tried');
    });

    test('a broker that is away at the start and restarted later: nothing durable is lost', {
      timeout: 180_000,
    }, async () => {
      await station.down();
      const agent = await open({ durable: true }, false);
      const server = await open({ durable: true }, false);
      const taken: unknown[] = [];
      const requests: unknown[] = [];
      const starting = await server.consumeResults(async (batch) => {
        taken.push(...batch.map((one) => one.body));
      }, BATCHES);
      const subscriptions = ['web', 'roundrobin:poll'];
      await agent.subscribe({ client: 'i-42', subscriptions }, async (one) => {
        requests.push(one);
      });
      await expect(agent.publishResult({ body: 0 })).rejects.toMatchObject({ kind: 'unavailable' });
      await station.up();
      await untilLong(() => agent.connected && server.connected);
      // A line for each of two transports and each reason; while it starts it may refuse in other words.
      expect(lines('error').length).toBeLessThan(8);
      await agent.publishResult({ body: 1 });
      await until(() => taken.length === 1, 'it was taken');
      await starting.stop();
      await agent.publishResult({ body: 2 });
      await station.down();
      await until(() => !agent.connected && !server.connected, 'it was noticed');
      await station.up();
      await untilLong(() => agent.connected && server.connected);
      await server.consumeResults(async (batch) => {
        taken.push(...batch.map((one) => one.body));
      }, BATCHES);
      await until(() => taken.length === 2, 'what was confirmed before the restart was taken');
      for (const to of subscriptions) {
        const before = requests.length;
        await untilLong(
          async () => (await server.publishRequest(to, request('disk')).catch(() => 0)) === null,
        );
        await until(() => requests.length > before, `a request to ${to} arrived`);
      }
    });
  });
});

async function untilLong(condition: () => boolean | Promise<boolean>): Promise<void> {
  const endMs = Date.now() + SLOW;
  while (!(await condition())) {
    if (Date.now() > endMs) throw new Error('waited in vain');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
