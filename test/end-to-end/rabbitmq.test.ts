import { connect } from 'amqplib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startRabbitmq, type TestBroker, whyNoRabbitmq } from '../../src/testing/rabbitmq.ts';
import { Workplace, waitFor } from '../../src/testing/tocsin-process.ts';

const SLOW = 180_000;
const quiet = { socket: { enabled: false }, http_socket: { enabled: false } };
const missing = whyNoRabbitmq();

interface Result {
  client: string;
  check: { name: string; status: number; output: string };
}

describe.skipIf(missing !== undefined)(missing ?? 'server and agents at a broker', { timeout: SLOW }, () => {
  let station: TestBroker;
  const place = new Workplace();
  beforeAll(async () => {
    station = await startRabbitmq();
  }, SLOW);
  afterAll(async () => {
    await place.close();
    await station.end();
  }, SLOW);

  it('work together, and with whoever else is there', async () => {
    const rabbitmq = { host: '127.0.0.1', port: station.port };
    const asked = { command: 'echo asked; exit 1', subscribers: ['web'], interval: 1, handlers: ['out'] };
    const alone = { command: 'echo alone', standalone: true, interval: 1 };
    const out = { type: 'transport', pipe: { type: 'direct', name: 'events_out' } };
    await place.write({
      'conf/server.json': {
        client: { name: 'srv', ...quiet },
        rabbitmq,
        checks: { asked },
        handlers: { out },
      },
      'agent/agent.json': {
        client: { name: 'web-1', subscriptions: ['web'], ...quiet },
        rabbitmq: { ...rabbitmq, durable: true },
        checks: { alone },
      },
    });
    const model = await connect(`amqp://127.0.0.1:${station.port}`);
    const channel = await model.createChannel();
    const events: { client: { name: string }; check: { name: string } }[] = [];
    await channel.assertExchange('events_out', 'direct', { durable: false });
    const { queue } = await channel.assertQueue('', { exclusive: true });
    await channel.bindQueue(queue, 'events_out', '');
    await channel.consume(queue, (message) => message && events.push(JSON.parse(String(message.content))), {
      noAck: true,
    });
    const server = await place.up({ command: 'server' });
    const agent = place.start([
      ...['agent', '-d', place.path('agent'), '--data', place.path('agent-data')],
      ...['--log-level', 'info'],
    ]);
    const get = async <Body>(path: string): Promise<Body> =>
      (await (await fetch(`${server.url}${path}`)).json()) as Body;
    const named = async (client: string, check: string): Promise<Result | undefined> =>
      (await get<Result[]>('/results')).find((one) => one.client === client && one.check.name === check);
    expect((await waitFor(() => named('web-1', 'asked'), 'a check that was asked for')).check).toMatchObject({
      status: 1,
      output: 'asked\n',
    });
    expect((await waitFor(() => named('web-1', 'alone'), 'a check of its own')).check.output).toBe('alone\n');
    const clients = await get<{ name: string }[]>('/clients');
    expect(clients.map(({ name }) => name)).toContain('web-1');
    await waitFor(() => events.length > 0, 'an event at the pipe');
    expect(events[0]).toMatchObject({ client: { name: 'web-1' }, check: { name: 'asked' } });
    // As a client of Sensu Core does.
    const result = { client: 'old-1', check: { name: 'c', status: 2, output: 'x', issued: 1, executed: 1 } };
    channel.publish('results', '', Buffer.from(JSON.stringify(result)), {
      contentType: 'application/octet-stream',
      deliveryMode: 1,
    });
    await waitFor(() => named('old-1', 'c'), 'the result of another program');
    const info = await get<{ transport: unknown }>('/info');
    expect(info.transport).toMatchObject({
      name: 'rabbitmq',
      connected: true,
      results: { consumers: 1 },
      keepalives: { messages: 0, consumers: 1 },
    });
    expect(agent.stdout).toContain(`is connected to RabbitMQ at 127.0.0.1:${station.port}`);
    await agent.stop();
    await server.stop();
    await model.close();
  });

  it('begin without it, say so, and go on when it comes', async () => {
    await station.down();
    const up = await place.up({ config: 'conf', data: 'data-2' });
    await waitFor(() => up.stderr.includes('no broker is reached'), 'it was told');
    expect(up.stdout + up.stderr).toContain('ECONNREFUSED');
    await station.up();
    const connected = async (): Promise<boolean> => {
      const info = (await (await fetch(`${up.url}/info`)).json()) as { transport: { connected: boolean } };
      return info.transport.connected;
    };
    await waitFor(connected, 'it is connected');
    await up.stop();
  });
});
