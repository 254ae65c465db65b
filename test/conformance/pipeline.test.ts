/** What the tests of Sensu Core 1.9 for filters, mutators, handlers and their sockets ask for, in our own words. */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import type { Event } from '../../src/model/event.ts';
import type { Filter, Handler, Mutator } from '../../src/model/handler.ts';
import type { Severity } from '../../src/model/severity.ts';
import { defineFilter, defineHandler, defineMutator, type Plugin, Type } from '../../src/plugin.ts';
import { builtInPlugins } from '../../src/plugins/index.ts';
import { silentLog } from '../../src/runtime/log.ts';
import { systemClock } from '../../src/runtime/system/clock.ts';
import { createSpawner } from '../../src/runtime/system/spawner/index.ts';
import { applyResult } from '../../src/server/event/index.ts';
import { carryOut } from '../../src/server/pipeline/carry-out.ts';
import { decide } from '../../src/server/pipeline/decide.ts';
import { HandlerPlans } from '../../src/server/pipeline/plans.ts';
import type { Ending, Tools } from '../../src/server/pipeline/rules.ts';
import { ManualClock } from '../../src/testing/clock.ts';
import { deadPort, peers } from '../../src/testing/peers.ts';
import { type EventOverrides, pluginContext, sampleEvent } from '../../src/testing/plugin-context.ts';
import { seededRandom } from '../../src/testing/random.ts';
import type { Pipe, Transport } from '../../src/transport/port.ts';

const own = peers();
afterEach(() => own.close());
const spawner = createSpawner({
  limit: 12,
  outputLimitBytes: 1_000_000,
  clock: systemClock,
  log: silentLog,
});
afterAll(() => spawner.close());

const FILTERS: Record<string, Filter> = {
  production: { attributes: { client: { environment: 'production' } } },
  development: { attributes: { client: { environment: 'development' } }, negate: true },
  time: { attributes: { action: 'resolve' } },
  offhours: {
    attributes: {},
    negate: true,
    when: { days: { all: [{ begin: '5:00 PM UTC', end: '8:00 AM UTC' }] } },
  },
};
const MUTATORS: Record<string, Mutator> = {
  tag: { command: 'cat; printf " mutated"' },
  explode: { command: 'exit 2' },
};
const extensions: Plugin[] = [
  defineFilter({
    name: 'extension_filter',
    options: Type.Object({}),
    run: () => ({ why: 'it says no' }),
  }) as Plugin,
  defineMutator({
    name: 'extension_fails',
    options: Type.Object({}),
    run: () => {
      throw new Error('it fails');
    },
  }) as Plugin,
  defineHandler({
    name: 'extension_handler',
    options: Type.Object({}),
    run: async (_, __, { data }) => `given ${data.length}`,
  }) as Plugin,
];

interface Rules {
  handler?: Partial<Handler>;
  filters?: Record<string, Filter>;
}

function plansOf({ handler = {}, filters = {} }: Rules): HandlerPlans {
  const plugins = [...builtInPlugins, ...extensions].map((plugin): [string, Plugin] => [plugin.name, plugin]);
  return new HandlerPlans({
    handlers: new Map([['h', { type: 'pipe', command: 'cat', ...handler, name: 'h' }]]),
    filters: new Map(Object.entries({ ...FILTERS, ...filters })),
    mutators: new Map(Object.entries(MUTATORS)),
    plugins: new Map(plugins),
  });
}

/** Whether the handler is told, or else by what the event was held back. */
function filtered(rules: Rules, overrides: EventOverrides, at = '2026-11-20T12:00:00Z'): string | null {
  const event = sampleEvent({ ...overrides, check: { handlers: ['h'], ...overrides.check } });
  const plugin = pluginContext({ clock: new ManualClock(Date.parse(at)) });
  const { deliveries, records } = decide(event, plansOf(rules), { plugin, nextId: () => 'id' });
  expect(deliveries.length + records.length).toBe(1);
  return records[0]?.filtered?.by ?? null;
}

function told(
  handler: Partial<Handler>,
  options: { event?: Event; name?: string; transport?: Partial<Transport>; tools?: Partial<Tools> } = {},
): Promise<Ending> {
  const { event = sampleEvent(), name = 'h', transport, tools } = options;
  const delivery = { id: 'delivery-1', handler: name, event, tries: 1 };
  return carryOut(delivery, plansOf({ handler }).plan(name), {
    ...{ spawner, clock: systemClock, random: seededRandom(), log: silentLog, commandTimeoutMs: 0 },
    signal: new AbortController().signal,
    server: transport && { registry: {} as never, views: {} as never, transport: transport as Transport },
    ...tools,
  });
}

const json = JSON.stringify(sampleEvent());
const local = (port: number) => ({ host: '127.0.0.1', port });

describe('filter_spec', () => {
  test.each<[Partial<Handler>, boolean, string | null]>([
    [{}, false, null],
    [{}, true, 'silenced'],
    [{ handle_silenced: false }, true, 'silenced'],
    [{ handle_silenced: true }, true, null],
  ])('a handler %j of an event whose silenced is %s', (handler, silenced, by) => {
    expect(filtered({ handler }, { silenced, silenced_by: silenced ? ['web:disk'] : [] })).toBe(by);
  });

  test.each<[unknown, string | null]>([
    [undefined, null],
    [true, null],
    [false, 'handle'],
  ])('a check whose handle is %s', (handle, by) => {
    expect(filtered({}, { check: { handle } as never })).toBe(by);
  });

  test.each<[Partial<Handler>, 'create' | 'flapping', string | null]>([
    [{}, 'create', null],
    [{}, 'flapping', 'flapping'],
    [{ handle_flapping: true }, 'flapping', null],
  ])('a handler %j of an event whose action is %s', (handler, action, by) => {
    expect(filtered({ handler }, { action })).toBe(by);
  });

  test.each<[Severity[], EventOverrides, string | null]>([
    [['warning'], { check: { status: 1 } }, null],
    [['warning'], { check: { status: 2 } }, 'severities'],
    [['critical', 'unknown'], { check: { status: 3 } }, null],
    [['critical'], { action: 'resolve', check: { status: 0, history: ['0', '1', '2', '0'] } }, null],
    [['critical'], { action: 'resolve', check: { status: 0, history: ['0', '1', '0'] } }, 'severities'],
    [['ok'], { action: 'resolve', check: { status: 0, history: ['2', '0'] } }, null],
  ])('severities %j of %j', (severities, event, by) => {
    expect(filtered({ handler: { severities } }, event)).toBe(by);
  });

  test('attributes of the event are compared with those of the filter, deeply', () => {
    const filters = {
      f: { attributes: { client: { name: 'web-1' }, check: { status: '2' }, occurrences: 2 } },
    };
    expect(filtered({ handler: { filter: 'f' }, filters }, {})).toBeNull();
    expect(filtered({ handler: { filter: 'f' }, filters }, { check: { status: 1 } })).toBe('f');
    expect(filtered({ handler: { filter: 'f' }, filters }, { client: { name: 'web-2' } })).toBe('f');
  });

  test.each<[string, string, EventOverrides, boolean]>([
    ['is true', 'eval: value == 3 || value % 60 == 0', { occurrences: 3 }, true],
    ['uses modulo', 'eval: value == 3 || value % 60 == 0', { occurrences: 120 }, true],
    ['is false', 'eval: value == 3 || value % 60 == 0', { occurrences: 4 }, false],
    ['has a token', 'eval: value == :::check.most:::', { occurrences: 4, check: { most: 4 } as never }, true],
    [
      'has a token of another value',
      'eval: value == :::check.most:::',
      { occurrences: 4, check: { most: 5 } as never },
      false,
    ],
    ['falls back to the default of a token', 'eval: value > :::check.most|60:::', { occurrences: 61 }, true],
    [
      'has a check that overrides the default',
      'eval: value > :::check.most|60:::',
      { occurrences: 61, check: { most: 90 } as never },
      false,
    ],
    ['has a token that nothing stands for', 'eval: value > :::check.most:::', { occurrences: 61 }, false],
    ['has a mistake in its syntax', 'eval: value = = 3', { occurrences: 3 }, false],
    ['calls what does not exist', 'eval: value.explode', { occurrences: 3 }, false],
  ])('an eval that %s', (_, wanted, event, passes) => {
    const filters = { f: { attributes: { occurrences: wanted } } };
    expect(filtered({ handler: { filter: 'f' }, filters }, event)).toBe(passes ? null : 'f');
  });

  const production = { client: { environment: 'production' } };
  const development = { client: { environment: 'development' } };
  test.each<[string, Partial<Handler>, EventOverrides, string | null]>([
    ['an including filter passes what matches', { filter: 'production' }, production, null],
    ['an including filter holds back the rest', { filter: 'production' }, development, 'production'],
    ['an excluding filter holds back what matches', { filter: 'development' }, development, 'development'],
    ['an excluding filter passes the rest', { filter: 'development' }, production, null],
    ['several filters have to pass all', { filters: ['production', 'time'] }, production, 'time'],
    ['"filters" counts before "filter"', { filter: 'time', filters: ['production'] }, production, null],
    ['an unknown filter holds nothing back', { filter: 'nowhere' }, {}, null],
    ['an unknown filter leaves it to the others', { filters: ['nowhere', 'time'] }, {}, 'time'],
    ['a filter in process counts like any', { filter: 'extension_filter' }, {}, 'extension_filter'],
  ])('%s', (_, handler, event, by) => {
    expect(filtered({ handler }, event)).toBe(by);
  });

  test.each<[string, string | null]>([
    ['2026-11-20T12:00:00Z', null],
    ['2026-11-20T16:59:59Z', null],
    ['2026-11-20T17:00:00Z', 'offhours'],
    ['2026-11-20T03:00:00Z', 'offhours'],
    ['2026-11-20T08:00:01Z', null],
  ])('a filter with a time window, asked at %s', (at, by) => {
    expect(filtered({ handler: { filter: 'offhours' } }, {}, at)).toBe(by);
  });

  test('all tests together: the first that says no decides', () => {
    const handler: Partial<Handler> = { severities: ['critical'], filters: ['production'] };
    const event: EventOverrides = { action: 'flapping', silenced: true, check: { status: 1 } };
    expect(filtered({ handler }, event)).toBe('flapping');
    const flapping = { ...handler, handle_flapping: true };
    expect(filtered({ handler: flapping }, event)).toBe('severities');
    expect(filtered({ handler: flapping }, { ...event, check: { status: 2 } })).toBe('silenced');
    const both = { ...flapping, handle_silenced: true };
    expect(filtered({ handler: both }, { ...event, check: { status: 2 } })).toBe('production');
    expect(filtered({ handler: both }, { ...event, ...production, check: { status: 2 } })).toBeNull();
  });
});

describe('mutate_spec', () => {
  test.each<[string, string | undefined, Partial<Ending>]>([
    ['none means json', undefined, { outcome: 'handled', output: json }],
    ['json gives the event', 'json', { outcome: 'handled', output: json }],
    ['ruby_hash gives what json does', 'ruby_hash', { outcome: 'handled', output: json }],
    ['only_check_output gives the output', 'only_check_output', { output: sampleEvent().check.output }],
    ['a command gives what it wrote', 'tag', { outcome: 'handled', output: `${json} mutated` }],
    ['an unknown one stops the handler', 'nowhere', { outcome: 'failed', stage: 'mutator' }],
    ['a command that fails stops the handler', 'explode', { outcome: 'failed', stage: 'mutator' }],
    [
      'one in process that fails stops the handler',
      'extension_fails',
      { outcome: 'failed', stage: 'mutator' },
    ],
  ])('%s', async (_, mutator, ending) => {
    expect(await told({ command: 'cat', ...(mutator ? { mutator } : {}) })).toMatchObject(ending);
  });
});

describe('handle_spec', () => {
  test('a defect while handling fails the one delivery', async () => {
    const defective = { ...spawner, run: () => Promise.reject(new Error('a defect')) } as never;
    expect(await told({ command: 'true' }, { tools: { spawner: defective } })).toMatchObject({
      outcome: 'failed',
      error: 'a defect',
    });
  });

  test('a pipe handler runs its command with the event on its input', async () => {
    expect(await told({ command: 'cat' })).toEqual({ outcome: 'handled', output: json });
  });

  test('a pipe handler that fails is told with what it printed', async () => {
    expect(await told({ command: 'echo no; exit 2' })).toMatchObject({ outcome: 'failed', output: 'no\n' });
  });

  test('a tcp handler writes the event and closes', async () => {
    const received = new Promise<string>((resolve) => {
      void own
        .serve(createServer((socket) => void buffer(socket).then((bytes) => resolve(bytes.toString()))))
        .then((port) => told({ type: 'tcp', socket: local(port) }));
    });
    expect(await received).toBe(json);
  });

  test('a udp handler sends the event as one datagram', async () => {
    const socket = createSocket('udp4');
    const port = await own.bind(socket);
    const received = once(socket, 'message');
    await told({ type: 'udp', socket: local(port) });
    expect(String((await received)[0])).toBe(json);
  });

  const pipe = { type: 'fanout', name: 'events_out', options: { durable: true } } as const;
  const published: [Pipe, string][] = [];
  const listening = (listeners: number | null): Partial<Transport> => ({
    publishTo: async (...args) => {
      published.push(args);
      return listeners;
    },
  });

  test.each<[number | null, string]>([
    [null, ''],
    [0, ': nobody listens there'],
    [1, ': one program listens there'],
    [7, ': 7 programs listen there'],
  ])('a transport handler publishes the event, with %s listeners', async (listeners, text) => {
    published.length = 0;
    const ending = await told({ type: 'transport', pipe }, { transport: listening(listeners) });
    expect(ending).toEqual({
      outcome: 'handled',
      output: `published ${json.length} bytes to the fanout pipe "events_out"${text}`,
    });
    expect(published).toEqual([[pipe, json]]);
  });

  test('a transport handler publishes nothing when there is nothing', async () => {
    published.length = 0;
    const event = sampleEvent({ check: { output: '' } });
    const handler = { type: 'transport', pipe, mutator: 'only_check_output' };
    expect(await told(handler, { event, transport: listening(1) })).toEqual({
      outcome: 'handled',
      output: 'there was nothing to send',
    });
    expect(published).toEqual([]);
  });

  test('a transport handler fails when the transport refuses, or there is none', async () => {
    const refusing = { publishTo: () => Promise.reject(new Error('no pipes here')) };
    const handler = { type: 'transport', pipe };
    expect(await told(handler, { transport: refusing })).toMatchObject({ error: 'no pipes here' });
    expect(await told(handler)).toMatchObject({
      error: 'only a running server has a transport to publish to',
    });
    expect(plansOf({ handler: { type: 'transport' } }).problems).toEqual(['handler "h" has no "pipe"']);
  });

  test('a handler in process is given the event', async () => {
    expect(await told({}, { name: 'extension_handler' })).toEqual({
      outcome: 'handled',
      output: `given ${json.length}`,
    });
  });

  test('debug and deregistration are there without being configured, and a definition comes first', async () => {
    expect(await told({}, { name: 'debug' })).toEqual({ outcome: 'handled', output: json });
    expect(plansOf({}).plan('deregistration')?.broken).toBeUndefined();
    const plans = new HandlerPlans({
      handlers: new Map(
        ['debug', 'deregistration'].map((name) => [name, { name, type: 'pipe', command: `echo ${name}` }]),
      ),
      filters: new Map(),
      mutators: new Map(),
      plugins: new Map(builtInPlugins.map((plugin) => [plugin.name, plugin])),
    });
    for (const name of ['debug', 'deregistration']) {
      const delivery = { id: 'x', handler: name, event: sampleEvent(), tries: 1 };
      const ending = await carryOut(delivery, plans.plan(name), {
        ...{ spawner, clock: systemClock, random: seededRandom(), log: silentLog, commandTimeoutMs: 0 },
        signal: new AbortController().signal,
      });
      expect(ending).toEqual({ outcome: 'handled', output: `${name}\n` });
    }
  });
});

describe('socket_spec', () => {
  test('what is given is delivered', async () => {
    const received = new Promise<string>((resolve) => {
      void own
        .serve(createServer((socket) => void buffer(socket).then((bytes) => resolve(bytes.toString()))))
        .then((port) => told({ type: 'tcp', socket: local(port), mutator: 'only_check_output' }));
    });
    expect(await received).toBe(sampleEvent().check.output);
  });

  test('a receiver that is not there fails the delivery', async () => {
    expect(await told({ type: 'tcp', socket: local(await deadPort()) })).toMatchObject({
      outcome: 'failed',
      error: expect.stringContaining('ECONNREFUSED'),
    });
  });

  test('a receiver that does not read in time fails the delivery', async () => {
    const held: Socket[] = [];
    const server = createServer({ pauseOnConnect: true }, (socket) => {
      held.push(socket);
      socket.on('error', () => {});
    });
    const port = await own.serve(server);
    const clock = new ManualClock();
    const connected = once(server, 'connection');
    const event = sampleEvent({ check: { output: 'x'.repeat(30_000_000) } });
    const handler = { type: 'tcp', socket: local(port), mutator: 'only_check_output', timeout: 2 };
    const ending = told(handler, { event, tools: { clock } });
    await connected;
    await clock.advance(2_000);
    expect(await ending).toMatchObject({ outcome: 'failed', error: 'it was not done within 2 s' });
    for (const socket of held) socket.destroy();
  });
});

describe('what Sensu Core 1.9 gave to a handler', () => {
  const read = (name: string): string =>
    readFileSync(new URL(`fixtures/events/${name}.json`, import.meta.url), 'utf8').trimEnd();

  test.each(['fail_check-create-st2', 'proxy_check-create-st1'])(
    'a handler of ours is given the same bytes: %s',
    async (name) => {
      const captured = read(name);
      const sent = JSON.parse(captured) as Event;
      const { history: _, total_state_change: __, ...check } = sent.check;
      const { event } = applyResult(undefined, {
        client: sent.client,
        check,
        now: sent.timestamp,
        newId: () => sent.id,
        taken: [],
      });
      expect(await told({ command: 'cat' }, { event: event as Event })).toEqual({
        outcome: 'handled',
        output: captured,
      });
    },
  );

  /** What a handler script sees: names of members, in order. */
  const script = `node -e 'const e = JSON.parse(require("fs").readFileSync(0)); console.log(JSON.stringify([e, e.client, e.check].map((o) => Object.keys(o))))'`;
  test.each(['fail_check-resolve-st0-force_resolve', 'sock_ok-create-st1', 'sock_src-create-st1'])(
    'a script that reads the event finds its members, in order: %s',
    async (name) => {
      const event = JSON.parse(read(name)) as Event;
      const ending = await told({ command: script }, { event });
      const seen = JSON.parse(ending.outcome === 'handled' ? ending.output : 'null') as string[][];
      expect(seen).toEqual([event, event.client, event.check].map((part) => Object.keys(part)));
      expect(seen[0]).toEqual([
        ...[
          'id',
          'client',
          'check',
          'occurrences',
          'occurrences_watermark',
          'last_ok',
          'action',
          'timestamp',
        ],
        ...('last_state_change' in event ? ['last_state_change'] : []),
        ...['silenced', 'silenced_by'],
      ]);
    },
  );
});
