import { connect } from 'amqplib';
import { afterAll, beforeAll, describe } from 'vitest';
import { Counters } from '../../runtime/counters.ts';
import { startRabbitmq, type TestBroker, whyNoRabbitmq } from '../../testing/rabbitmq.ts';
import { seededRandom } from '../../testing/random.ts';
import { type OpenTransport, transportContract } from '../../testing/transport-contract.ts';
import { until } from '../../testing/until.ts';
import { createRabbitmqTransport } from './index.ts';

const missing = whyNoRabbitmq();

describe.skipIf(missing !== undefined)(missing ?? 'on a broker', () => {
  let station: TestBroker;
  beforeAll(async () => {
    station = await startRabbitmq();
  }, 120_000);
  afterAll(() => station.end(), 60_000);

  /** Queues are forgotten after each case: one broker serves them all. */
  const forget = async (): Promise<void> => {
    const model = await connect(`amqp://127.0.0.1:${station.port}`);
    const channel = await model.createChannel();
    for (const kind of ['results', 'keepalives'])
      for (const queue of [kind, `tocsin.${kind}`]) await channel.deleteQueue(queue);
    await model.close();
  };

  const open =
    (durable: boolean): OpenTransport =>
    async ({ clock, log, waitingLimit }) => {
      const shared = { brokers: [station.broker], durable, queueLimit: waitingLimit };
      const world = { clock, log, random: seededRandom(), counters: new Counters(), version: '1.2.3' };
      const server = createRabbitmqTransport({ ...shared, ...world });
      const agent = createRabbitmqTransport({ ...shared, ...world });
      await until(() => server.connected && agent.connected, 'both are connected');
      return {
        server,
        agent,
        confirms: true,
        travel: async () => {
          await agent.statistics();
          await server.statistics();
        },
        end: forget,
      };
    };

  const exemptions = {
    4: 'the broker gives a queue’s requests to its consumers in turns, whatever check they name',
    'an agent that runs a check still gets its share of others':
      'an agent holds one request of a subscription at a time, whatever check it names',
    'when all are busy, the agent with the fewest requests of that name gets it':
      'when all are busy, requests wait at the broker for the first that is idle',
    'in any mixture of short and long runs, idle agents share alike and busy ones are passed over':
      'turns do not look at names of checks',
    'what a stalled or failing consumer holds counts towards the bound':
      'the bound of the broker counts what waits; what a consumer holds is bounded by its prefetch',
  };
  transportContract('rabbitmq, durable', open(true), exemptions);
  transportContract('rabbitmq', open(false), {
    ...exemptions,
    18: 'Sensu’s queues go with their last consumer: nothing waits for the first; what they say is tested in broker.test.ts',
    'messages wait for a consumer, and publishing beyond the bound is refused':
      'Sensu’s queues go with their last consumer: publishing rejects until there is one',
    'nothing is handed out after stop resolved; a batch rejected meanwhile goes to another':
      'Sensu’s queues go with their last consumer, and with them what it had not acknowledged',
  });
});
