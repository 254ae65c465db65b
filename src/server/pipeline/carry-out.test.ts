import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import type { Handler, Mutator } from '../../model/handler.ts';
import { defineHandler, defineMutator, type HandlerContext, type Plugin, Type } from '../../plugin.ts';
import { json } from '../../plugins/json.ts';
import { onlyCheckOutput } from '../../plugins/only-check-output.ts';
import { silentLog } from '../../runtime/log.ts';
import type { Execution, Spawner } from '../../runtime/spawner.ts';
import { systemClock } from '../../runtime/system/clock.ts';
import { createSpawner } from '../../runtime/system/spawner/index.ts';
import { ManualClock, settle } from '../../testing/clock.ts';
import { deadPort, peers } from '../../testing/peers.ts';
import { type EventOverrides, sampleEvent } from '../../testing/plugin-context.ts';
import { seededRandom } from '../../testing/random.ts';
import { carryOut, recordEnding } from './carry-out.ts';
import { HandlerPlans } from './plans.ts';
import type { Ending, Tools } from './rules.ts';

const own = peers();
afterEach(() => own.close());

const spawner = createSpawner({
  limit: 12,
  outputLimitBytes: 10_000_000,
  clock: systemClock,
  log: silentLog,
});
const narrow = createSpawner({ limit: 12, outputLimitBytes: 5_000, clock: systemClock, log: silentLog });
afterAll(() => Promise.all([spawner.close(), narrow.close()]));

interface Given {
  handler: Partial<Handler>;
  mutators?: Record<string, Mutator>;
  plugins?: Plugin[];
  event?: EventOverrides;
  tools?: Partial<Tools>;
}

function told({ handler, mutators = {}, plugins = [], event, tools = {} }: Given): Promise<Ending> {
  const given = [json, onlyCheckOutput, ...plugins].map((plugin): [string, Plugin] => [
    plugin.name,
    plugin as Plugin,
  ]);
  const plans = new HandlerPlans({
    handlers: new Map([['mail', { type: 'pipe', ...handler, name: 'mail' }]]),
    filters: new Map(),
    mutators: new Map(Object.entries(mutators)),
    plugins: new Map(given),
  });
  const delivery = { id: 'delivery-7', handler: 'mail', event: sampleEvent(event), tries: 1 };
  return carryOut(delivery, plans.plan('mail'), {
    spawner,
    clock: systemClock,
    random: seededRandom(),
    log: silentLog,
    signal: new AbortController().signal,
    commandTimeoutMs: 0,
    ...tools,
  });
}

/** A receiver that collects what one connection brings. */
async function receiver(): Promise<{ port: number; received: Promise<string>; connections: () => number }> {
  let connections = 0;
  let resolve: (text: string) => void;
  const received = new Promise<string>((resolved) => {
    resolve = resolved;
  });
  const port = await own.serve(
    createServer((socket) => {
      connections++;
      buffer(socket).then((bytes) => resolve(bytes.toString()));
    }),
  );
  return { port, received, connections: () => connections };
}

const local = (port: number) => ({ host: '127.0.0.1', port });
const event = JSON.stringify(sampleEvent());

describe('pipe', () => {
  test('is given the event on its input, and the id of its delivery', async () => {
    expect(await told({ handler: { command: 'cat; echo " $TOCSIN_DELIVERY_ID"' } })).toEqual({
      outcome: 'handled',
      output: `${event} delivery-7\n`,
    });
  });

  test('fails with its exit status and the first line of its output', async () => {
    expect(await told({ handler: { command: 'echo "no route"; echo more; exit 3' } })).toEqual({
      outcome: 'failed',
      stage: 'handler',
      error: 'the command ended with status 3: no route',
      output: 'no route\nmore\n',
    });
  });

  test.each<[string, Partial<Handler>, Partial<Tools>]>([
    ['its own timeout', { timeout: 0.05 }, {}],
    ['the timeout of all commands', {}, { commandTimeoutMs: 50 }],
  ])('is ended after %s', async (_, handler, tools) => {
    const ending = await told({ handler: { command: 'echo begun; sleep 60', ...handler }, tools });
    expect(ending).toMatchObject({
      outcome: 'failed',
      error: 'the command was ended by its timeout',
      output: 'Execution timed out',
    });
  });

  test('is left for the next start when the spawner is stopping', async () => {
    const run = async (): Promise<Execution> => ({ status: 3, output: '', durationMs: 0, ended: 'stopped' });
    const stopping = { run } as unknown as Spawner;
    expect(await told({ handler: { command: 'true' }, tools: { spawner: stopping } })).toEqual({
      outcome: 'left',
    });
  });

  test('that cannot be run fails', async () => {
    const run = async (): Promise<Execution> => ({
      status: 3,
      output: 'Unexpected error: no processes left',
      durationMs: 0,
      ended: 'start',
    });
    const stopping = { run } as unknown as Spawner;
    expect(await told({ handler: { command: 'true' }, tools: { spawner: stopping } })).toMatchObject({
      outcome: 'failed',
      error: 'the command could not be run: Unexpected error: no processes left',
    });
  });
});

describe('mutators', () => {
  test('a command makes of the event what the handler is given', async () => {
    const ending = await told({
      handler: { command: 'cat', mutator: 'tag' },
      mutators: { tag: { command: 'printf "%s " "$TOCSIN_DELIVERY_ID"; cat' } },
    });
    expect(ending).toEqual({ outcome: 'handled', output: `delivery-7 ${event}` });
  });

  test('a plugin too', async () => {
    const ending = await told({ handler: { command: 'cat', mutator: 'only_check_output' } });
    expect(ending).toEqual({ outcome: 'handled', output: sampleEvent().check.output });
  });

  test('a configured one comes before a plugin of its name', async () => {
    const ending = await told({ handler: { command: 'cat' }, mutators: { json: { command: 'echo mine' } } });
    expect(ending).toEqual({ outcome: 'handled', output: 'mine\n' });
  });

  const bad = (name: string, run: () => unknown): Plugin =>
    defineMutator({ name, options: Type.Object({}), run: run as () => string }) as Plugin;

  test.each<[string, Given, string]>([
    [
      'a command that fails',
      { handler: {}, mutators: { m: { command: 'echo oops; exit 2' } } },
      'mutator "m" ended with status 2: oops',
    ],
    [
      'a command that hangs',
      { handler: {}, mutators: { m: { command: 'sleep 60', timeout: 0.05 } } },
      'mutator "m" was ended by its timeout',
    ],
    [
      'a plugin that throws',
      {
        handler: {},
        plugins: [
          bad('m', () => {
            throw new Error('cannot');
          }),
        ],
      },
      'mutator "m" failed: cannot',
    ],
    [
      'a plugin that answers with a promise',
      { handler: {}, plugins: [bad('m', () => Promise.reject(new Error('late')))] },
      'mutator "m" answered with something that is no text',
    ],
    [
      'a name that nobody knows',
      { handler: {} },
      'mutator "m" of handler "mail" is neither configured nor a plugin',
    ],
    [
      'a command that writes more than is kept',
      { handler: {}, mutators: { m: { command: 'cat; yes | head -c 100000' } }, tools: { spawner: narrow } },
      'mutator "m" wrote more than "tocsin.output_limit" allows',
    ],
  ])('%s keeps the handler from running', async (_, given, error) => {
    const ending = await told({ ...given, handler: { command: 'echo told', mutator: 'm' } });
    expect(ending).toEqual({ outcome: 'failed', stage: 'mutator', error });
  });
});

describe('tcp', () => {
  test('sends the event, nothing more, and closes', async () => {
    const { port, received } = await receiver();
    const ending = await told({ handler: { type: 'tcp', socket: local(port) } });
    expect(ending).toEqual({ outcome: 'handled', output: `sent ${event.length} bytes to 127.0.0.1:${port}` });
    expect(await received).toBe(event);
  });

  test('delivers a large event whole', async () => {
    const { port, received } = await receiver();
    const output = 'x'.repeat(5_000_000);
    const handler = { type: 'tcp', socket: local(port), mutator: 'only_check_output' };
    expect(await told({ handler, event: { check: { output } } })).toMatchObject({ outcome: 'handled' });
    expect((await received).length).toBe(output.length);
  });

  test('connects to nobody when there is nothing to send', async () => {
    const { port, connections } = await receiver();
    const handler = { type: 'tcp', socket: local(port), mutator: 'only_check_output' };
    expect(await told({ handler, event: { check: { output: '' } } })).toEqual({
      outcome: 'handled',
      output: 'there was nothing to send',
    });
    expect(connections()).toBe(0);
  });

  test('fails when nobody listens', async () => {
    const port = await deadPort();
    expect(await told({ handler: { type: 'tcp', socket: local(port) } })).toMatchObject({
      outcome: 'failed',
      stage: 'handler',
      error: expect.stringContaining('ECONNREFUSED'),
    });
  });

  test('fails when the receiver resets the connection', async () => {
    const port = await own.serve(createServer((socket) => void socket.resetAndDestroy()));
    const handler = { type: 'tcp', socket: local(port), mutator: 'only_check_output' };
    const ending = await told({ handler, event: { check: { output: 'x'.repeat(5_000_000) } } });
    expect(ending).toMatchObject({ outcome: 'failed', stage: 'handler' });
  });

  test('gives up a receiver that does not read, by the clock', async () => {
    const held: Socket[] = [];
    const server = createServer({ pauseOnConnect: true }, (socket) => {
      held.push(socket);
      socket.on('error', () => {});
    });
    const port = await own.serve(server);
    const clock = new ManualClock();
    const connected = once(server, 'connection');
    const ending = told({
      handler: { type: 'tcp', socket: local(port), mutator: 'only_check_output' },
      event: { check: { output: 'x'.repeat(30_000_000) } },
      tools: { clock },
    });
    await connected;
    await clock.advance(9_999);
    expect(clock.pending).toBe(1);
    await clock.advance(1);
    expect(await ending).toEqual({
      outcome: 'failed',
      stage: 'handler',
      error: 'it was not done within 10 s',
    });
    for (const socket of held) socket.destroy();
  });

  test('does not wait for a receiver that keeps its end open', async () => {
    const held: Socket[] = [];
    const server = createServer({ allowHalfOpen: true }, (socket) => held.push(socket.resume()));
    const port = await own.serve(server);
    expect(await told({ handler: { type: 'tcp', socket: local(port) } })).toMatchObject({
      outcome: 'handled',
    });
    for (const socket of held) socket.destroy();
  });
});

describe('udp', () => {
  test('sends the event as one datagram', async () => {
    const socket = createSocket('udp4');
    const port = await own.bind(socket);
    const received = once(socket, 'message');
    expect(await told({ handler: { type: 'udp', socket: local(port) } })).toMatchObject({
      outcome: 'handled',
    });
    expect(String((await received)[0])).toBe(event);
  });

  test('fails for an event that no datagram can carry', async () => {
    const port = await own.bind(createSocket('udp4'));
    const handler = { type: 'udp', socket: local(port), mutator: 'only_check_output' };
    expect(await told({ handler, event: { check: { output: 'x'.repeat(70_000) } } })).toEqual({
      outcome: 'failed',
      stage: 'handler',
      error: '70000 bytes are more than one datagram can carry',
    });
  });

  test('sends nothing when there is nothing to send', async () => {
    const handler = { type: 'udp', socket: local(9), mutator: 'only_check_output' };
    expect(await told({ handler, event: { check: { output: '' } } })).toMatchObject({ outcome: 'handled' });
  });
});

describe('plugins', () => {
  const plugin = (run: (options: unknown, context: HandlerContext) => Promise<string>): Plugin =>
    defineHandler({
      name: 'post',
      options: Type.Object({ url: Type.Optional(Type.String()) }),
      run: (_, options, context) => run(options, context),
    }) as Plugin;

  test('are given their options, the data and the id of the delivery', async () => {
    const post = plugin(async (options, { data, deliveryId }) =>
      JSON.stringify([options, data.length, deliveryId]),
    );
    expect(await told({ handler: { type: 'post', post: { url: 'x' } }, plugins: [post] })).toEqual({
      outcome: 'handled',
      output: JSON.stringify([{ url: 'x' }, event.length, 'delivery-7']),
    });
  });

  test.each<[string, Plugin, string]>([
    ['reject', plugin(async () => Promise.reject(new Error('502'))), '502'],
    [
      'throw',
      plugin((() => {
        throw new Error('at once');
      }) as never),
      'at once',
    ],
    ['reject with anything', plugin(async () => Promise.reject({})), '[object Object]'],
  ])('that %s have failed', async (_, post, error) => {
    const ending = await told({ handler: { type: 'post' }, plugins: [post] });
    expect(ending).toEqual({ outcome: 'failed', stage: 'handler', error });
  });

  test.each<[string, Partial<Handler>, number]>([
    ['30 s', {}, 30_000],
    ['their timeout', { timeout: 2 }, 2_000],
  ])('are aborted after %s', async (_, handler, limitMs) => {
    const clock = new ManualClock();
    let aborted = false;
    const post = plugin((__, { signal }) => {
      signal.addEventListener('abort', () => {
        aborted = true;
      });
      return new Promise(() => {});
    });
    const ending = told({ handler: { type: 'post', ...handler }, plugins: [post], tools: { clock } });
    await clock.advance(limitMs - 1);
    expect(aborted).toBe(false);
    await clock.advance(1);
    expect(aborted).toBe(true);
    expect(await ending).toMatchObject({
      outcome: 'failed',
      error: `it was not done within ${limitMs / 1000} s`,
    });
    expect(clock.pending).toBe(0);
  });

  test('are left when we stop, and what they do afterwards is passed over', async () => {
    const stop = new AbortController();
    const post = plugin(
      (_, { signal }) =>
        new Promise((__, reject) => signal.addEventListener('abort', () => reject(new Error('aborted')))),
    );
    const ending = told({ handler: { type: 'post' }, plugins: [post], tools: { signal: stop.signal } });
    await settle();
    stop.abort();
    expect(await ending).toEqual({ outcome: 'left' });
  });
});

test('a handler that is not configured any more fails', async () => {
  const delivery = { id: 'x', handler: 'gone', event: sampleEvent(), tries: 1 };
  expect(await carryOut(delivery, undefined, {} as Tools)).toEqual({
    outcome: 'failed',
    stage: 'handler',
    error: 'no handler of this name is configured any more',
  });
});

test('a defect of ours fails one delivery and nothing else', async () => {
  const run = (): never => {
    throw new Error('a defect');
  };
  const defective = { run } as unknown as Spawner;
  expect(await told({ handler: { command: 'true' }, tools: { spawner: defective } })).toEqual({
    outcome: 'failed',
    stage: 'handler',
    error: 'a defect',
  });
});

describe('records', () => {
  const delivery = { id: 'x', handler: 'mail', event: sampleEvent(), tries: 1 };
  const clock = new ManualClock(1_795_245_551_900);

  test('hold the beginning of what was printed, and how long it took', async () => {
    const begunMs = clock.elapsed();
    await clock.advance(1234);
    const output = 'é'.repeat(20_000);
    expect(recordEnding(delivery, { outcome: 'handled', output }, begunMs, clock)).toEqual({
      event_id: delivery.event.id,
      client: 'web-1',
      check: 'disk',
      handler: 'mail',
      action: 'create',
      status: 2,
      occurrences: 2,
      timestamp: 1_795_245_553,
      outcome: 'handled',
      output: 'é'.repeat(1000),
      duration: 1.234,
    });
  });

  test('say that a delivery was taken up again, and that a filter could not judge', () => {
    const again = { ...delivery, tries: 3, filter_error: 'filter "x" could not judge' };
    expect(recordEnding(again, { outcome: 'handled', output: '' }, clock.elapsed(), clock)).toMatchObject({
      outcome: 'handled',
      failed: { stage: 'filter', error: 'filter "x" could not judge' },
      tries: 3,
    });
  });

  test('say where it failed', () => {
    const ending: Ending = { outcome: 'failed', stage: 'mutator', error: 'e'.repeat(5000) };
    const record = recordEnding(delivery, ending, clock.elapsed(), clock);
    expect(record.failed).toEqual({ stage: 'mutator', error: 'e'.repeat(1000) });
  });
});
