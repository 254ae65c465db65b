import { expect } from 'vitest';
import type { ExecutedCheck } from '../../src/model/check.ts';
import { judgeKeepalive } from '../../src/server/intake/keepalive-check.ts';
import { requestFor } from '../../src/state/requesting.ts';
import { clearSilence, createSilence } from '../../src/state/silences.ts';
import { until } from '../../src/testing/until.ts';
import type { CatalogueLine } from './catalogue.ts';
import type { CatalogueWorld } from './catalogue-world.ts';
import { exempt, type Held, linesOf, testsOf } from './held.ts';

const history = testsOf('src/server/event/history.test.ts');
const intake = testsOf('src/server/intake/intake.test.ts');
const keepalives = testsOf('src/server/intake/keepalive-watch.test.ts');
const leases = testsOf('src/testing/store/leases.ts');
const meaning = testsOf('src/server/event/meaning.test.ts');
const requesting = testsOf('src/state/requesting.test.ts');
const schedule = testsOf('src/server/schedule/schedule.test.ts');
const ttl = testsOf('src/server/intake/ttl-watch.test.ts');
const pipeline = testsOf('test/conformance/pipeline.test.ts');
const tcpHandler = testsOf('src/server/pipeline/handlers/tcp.test.ts');
const decide = testsOf('src/server/pipeline/decide.test.ts');
const filters = testsOf('src/server/pipeline/filters/configured.test.ts');

const NO_TESSEN = exempt('Tessen calls the vendor: its section is accepted and nothing is ever sent');
const ONE_SERVER = exempt(
  'today one process has one server, which has every task; that servers divide them comes with the store redis',
);

/** Results of one check with these statuses, in order. */
const statuses = (
  list: readonly number[],
  attributes: object = {},
): (Partial<ExecutedCheck> & { name: string })[] =>
  list.map((status) => ({ name: 'test', handler: 'file', status, ...attributes }));

const flapping = { low_flap_threshold: 5, high_flap_threshold: 20 };
const restless = Array.from({ length: 26 }, (_, index) => (index % 2 === 0 ? 2 : 0));
const calm = Array.from({ length: 26 }, () => 0);

/** A message of so many bytes, with a name of its own. */
function resultOf(client: string, bytes: number): object {
  const body = (output: string) => ({ client, check: { name: 'large', status: 0, output, executed: 1 } });
  return body('x'.repeat(bytes - Buffer.byteLength(JSON.stringify(body('')))));
}

const processLines: readonly (readonly [string, Held<CatalogueWorld>])[] = [
  [
    'it connects to store and transport, and listens to both queues',
    async ({ house }) => {
      expect([house.transport.connected, house.registry.store.connected]).toEqual([true, true]);
      const queue = { consumers: 1, messages: expect.any(Number) };
      expect(await house.transport.statistics()).toEqual({ keepalives: queue, results: queue });
    },
  ],
  [
    'a keepalive is stored, its client subscribed to itself as well',
    async ({ house, keepalive }) => {
      await keepalive({ name: 'kept', tier: 'gold' });
      expect(house.views.client('kept')?.client).toMatchObject({
        ...{ name: 'kept', tier: 'gold', subscriptions: ['test', 'client:kept'] },
      });
    },
  ],
  [
    'a client that is new is told to the handler "registration", once',
    async ({ keepalive, results, told }) => {
      await keepalive({ name: 'new' });
      await keepalive({ name: 'new' });
      await results('new', { name: 'registered', status: 1, handler: 'registration' });
      const checks = (await told('registration', 'new', 2)).map(({ check }) => check);
      const registrations = checks.filter(({ name }) => name === 'registration');
      expect(registrations).toMatchObject([{ output: 'new client registration', status: 1 }]);
    },
  ],
  [
    'a new client may have its registration handled by a handler of its own',
    async ({ keepalive, told }) => {
      await keepalive({ name: 'own', registration: { handler: 'other', status: 2 } });
      expect((await told('other', 'own'))[0]?.check).toMatchObject({ name: 'registration', status: 2 });
    },
  ],
  [
    'the first signature of a client holds; keepalives with another are dropped',
    intake('a keepalive replaces what was known; another signature is refused'),
  ],
  [
    'a handler of sets in a set is told through each handler once',
    async ({ house, results, told }) => {
      await results('nested', { name: 'test', status: 1, handlers: ['nested_twice', 'file'] });
      for (const handler of ['file', 'other']) expect(await told(handler, 'nested')).toHaveLength(1);
      await until(() => [...house.views.deliveries()].length === 0, 'everybody was told');
      const records = await house.registry.log('deliveries', 'nested', 'test');
      expect(records.map(({ entry }) => entry.handler).sort()).toEqual(['file', 'other']);
    },
  ],
  ['a third level of sets is refused', decide('a third level is refused, the rest is told')],
  ['a handler that nobody knows is told in the log', decide('an unknown name beside a known one')],
  [
    'a result may name its aggregate, be one, or name several',
    async ({ house, results }) => {
      await results('summed', { name: 'one', aggregate: true });
      await results('summed', { name: 'two', aggregate: 'named' });
      await results('summed', { name: 'three', aggregates: ['named', 'third'] });
      const members = (aggregate: string): string[] =>
        [...house.views.members(aggregate)].map(({ client, check }) => `${client}:${check}`);
      expect(members('one')).toEqual(['summed:one']);
      expect(members('named').sort()).toEqual(['summed:three', 'summed:two']);
      expect(members('third')).toEqual(['summed:three']);
    },
  ],
  [
    'the command of a proxy check is shown as it is configured, not as it was run',
    async ({ house, results }) => {
      await results('poller', { name: 'source', source: 'switch-x', command: 'echo secret', status: 1 });
      expect(house.views.state('switch-x', 'source')?.check).toMatchObject({
        command: 'echo :::name:::; exit 1',
        origin: 'poller',
      });
    },
  ],
  [
    'a check that alternates flaps, and is resolved when it has calmed down',
    async ({ house, results, told }) => {
      await results('restless', ...statuses(restless, flapping));
      expect(house.views.state('restless', 'test')?.event?.action).toBe('flapping');
      await results('restless', ...statuses(calm, flapping));
      expect(house.views.state('restless', 'test')?.event).toBeNull();
      await until(() => [...house.views.deliveries()].length === 0, 'everybody was told');
      const actions = (await told('file', 'restless')).map(({ action }) => action);
      expect(actions.at(-1)).toBe('resolve');
      expect(actions.indexOf('flapping')).toBeGreaterThan(actions.indexOf('resolve'));
    },
  ],
  [
    'a check that flaps can be resolved by force',
    async ({ house, results }) => {
      await results('forced', ...statuses(restless, flapping));
      expect(house.views.state('forced', 'test')?.event?.action).toBe('flapping');
      await results('forced', ...statuses([0], { ...flapping, force_resolve: true }));
      expect(house.views.state('forced', 'test')?.event).toBeNull();
    },
  ],
  [
    'how much a check changes is weighed over 21 results: the figures of Sensu',
    history('total state change decays as the original does once the alternation stops'),
  ],
  [
    'an event is silenced by subscription, by both, and by check, named in this order',
    async ({ house, keepalive, results, printed }) => {
      await keepalive({ name: 'quiet' });
      const entries = [
        { check: 'hush' },
        { subscription: 'client:quiet', check: 'hush' },
        { subscription: 'client:quiet' },
      ];
      for (const entry of entries) await createSilence(house, entry);
      await house.views.shown();
      await results('quiet', { name: 'hush', status: 1, handlers: ['file', 'silenced'] });
      const [text = ''] = await printed('silenced', 'quiet');
      expect(JSON.parse(text)).toMatchObject({
        silenced: true,
        silenced_by: ['client:quiet:*', 'client:quiet:hush', '*:hush'],
      });
      const records = await house.registry.log('deliveries', 'quiet', 'hush');
      expect(records.find(({ entry }) => entry.handler === 'file')?.entry.filtered?.by).toBe('silenced');
      for (const id of ['*:hush', 'client:quiet:hush', 'client:quiet:*']) await clearSilence(house, id);
    },
  ],
  [
    'an event without a silence is not silenced',
    async ({ results, told }) => {
      await results('loud', ...statuses([1]));
      expect((await told('file', 'loud'))[0]).toMatchObject({ silenced: false, silenced_by: [] });
    },
  ],
  [
    'a silence that ends with the resolve lets it through, and is gone',
    async ({ house, results, told }) => {
      await createSilence(house, { subscription: 'client:soon', expire_on_resolve: true });
      await house.views.shown();
      await results('soon', ...statuses([1, 0]));
      expect((await told('file', 'soon')).map(({ action, silenced }) => [action, silenced])).toEqual([
        ['resolve', false],
      ]);
      expect(house.views.silence('client:soon:*')).toBeUndefined();
    },
  ],
  [
    'a silence that begins later does not count yet',
    async ({ house, results, told }) => {
      const begin = Math.floor(house.clock.now() / 1000) + 3600;
      await createSilence(house, { subscription: 'client:later', begin });
      await house.views.shown();
      await results('later', ...statuses([1]));
      expect((await told('file', 'later'))[0]).toMatchObject({ silenced: false, silenced_by: [] });
    },
  ],
  [
    'an event keeps its id and watermark through a change of severity',
    async ({ results, told }) => {
      await results('worse', ...statuses([1, 1, 2, 2]));
      const events = await told('file', 'worse', 4);
      expect(new Set(events.map(({ id }) => id)).size).toBe(1);
      expect(events.map((event) => [event.occurrences, event.occurrences_watermark])).toEqual([
        ...[
          [1, 1],
          [2, 2],
          [1, 2],
          [2, 2],
        ],
      ]);
    },
  ],
  [
    'without auto_resolve an OK leaves the event, and tells nobody',
    meaning('auto_resolve false keeps the event and tells nobody of the OK; force_resolve removes it'),
  ],
  [
    'a result is stored, makes an event, is handled, and its end is handled',
    async ({ house, results, told }) => {
      await results('whole', ...statuses([2], { output: 'bad' }));
      expect(house.views.state('whole', 'test')).toMatchObject({
        ...{ history: [2], check: { output: 'bad', status: 2, type: 'standard' } },
        event: { action: 'create', occurrences: 1, check: { history: ['2'], total_state_change: 0 } },
      });
      await results('whole', ...statuses([0]));
      expect(house.views.state('whole', 'test')?.event).toBeNull();
      expect((await told('file', 'whole', 2)).map(({ action }) => action)).toEqual(['create', 'resolve']);
    },
  ],
  [
    'what listens to all events is given those that nobody handles too',
    exempt('bridges are Ruby in process; every event and result is in the feed of /api/v1'),
  ],
  ['a client’s results must carry its signature', intake('a client’s results must carry its signature')],
  [
    'a metric is handled though it is OK',
    meaning('a plain OK makes no event; an OK metric makes one that is not kept'),
  ],
  ['of a metric the first line is stored', meaning('metric keeps the first line')],
  ['of a metric on one short line all is stored', meaning('metric of one short line loses its newline')],
  ['255 characters are stored whole', meaning('255 characters stay')],
  ['256 characters are cut', meaning('256 characters are one too many')],
  ['a check may say where its output is cut', meaning('a length of its own')],
  [
    'a metric may say that its output is not cut',
    meaning('metric with truncate_output false is stored whole'),
  ],
  ['an empty output is stored empty', meaning("['nothing', { type: 'metric', output: '' }, '']")],
  [
    'an output is cut between characters',
    async ({ house, results }) => {
      const metric = { name: 'cut', type: 'metric' };
      const stored = (): string | undefined => house.views.state('cutter', 'cut')?.check.output;
      await results('cutter', { ...metric, output: '😀'.repeat(255) });
      expect(stored()).toBe('😀'.repeat(255));
      await results('cutter', { ...metric, output: '😀'.repeat(300) });
      expect(stored()).toBe(`${'😀'.repeat(256)}\n...`);
    },
  ],
  ['a standard output is stored whole', meaning('standard is stored whole')],
  [
    'bytes that are not UTF-8 harm no output',
    testsOf('src/runtime/system/spawner/spawner.test.ts')('bytes that are not UTF-8'),
  ],
  [
    'handlers are given the whole output',
    async ({ results, told }) => {
      await results('metric', { name: 'm', type: 'metric', output: 'a 1\nb 2\n', handler: 'file' });
      expect((await told('file', 'metric'))[0]?.check.output).toBe('a 1\nb 2\n');
    },
  ],
  [
    'a result for another client makes a proxy client, which is not watched',
    async ({ house, results }) => {
      await results('poller', { name: 'uplink', source: 'switch-y' });
      expect(house.views.client('switch-y')?.client).toEqual({
        ...{ name: 'switch-y', address: 'unknown', subscriptions: ['client:switch-y'], keepalives: false },
        ...{ version: '1.9.0', timestamp: expect.any(Number), type: 'proxy' },
      });
    },
  ],
  [
    'a request goes to each subscription of a check',
    requesting("each subscriber is asked once, and the transport's answers are counted"),
  ],
  [
    'a request for one of those who share a subscription goes to one',
    testsOf('src/testing/transport/request-cases.ts')(
      'roundrobin: and direct: requests go to one subscriber, all others to each, once',
    ),
  ],
  [
    'a request for a check in process names it',
    () => {
      const check = { name: 'x', extension: 'probe', subscribers: ['test'], interval: 60 };
      expect(requestFor(check, 7)).toEqual({ extension: 'probe', name: 'x', issued: 7 });
    },
  ],
  [
    'a proxy check is asked for once for each client that has the attributes',
    schedule('a proxy check is asked for once for each client with the attributes'),
  ],
  ['requests of a proxy check are spread over its interval', schedule("['interval', {}, 90, 18]")],
  ['requests of a proxy check are spread over the time until its cron', schedule("['cron', {}, 90, 18]")],
  [
    'how much of the time they are spread over can be said',
    schedule("['cron', { splay_coverage: 50 }, 50, 10]"),
  ],
  [
    'a check is asked for on a grid that its name decides: the figures of Sensu',
    schedule("['test', 60, 17.601]"),
  ],
  [
    'standalone checks are not asked for, nor those that are not published',
    schedule('standalone and unpublished checks are not scheduled here'),
  ],
  ['a check may be asked for by cron', schedule('cron wins over interval')],
  [
    'a check that is subdued is not asked for',
    schedule('a subdued check is logged and counted, not asked for'),
  ],
  [
    'the server reports results for a client with its signature',
    keepalives(
      'every client is looked at every 30 s, from 30 s after the start on, and those without keepalives never',
    ),
  ],
  [
    'a client may have its keepalives handled by a handler of its own',
    () => {
      const client = { name: 'a', subscriptions: [], timestamp: 1, keepalive: { handler: 'custom' } };
      const { check } = judgeKeepalive(client, 200, { check: {}, hasHandler: true, now: 300 });
      expect(check).toMatchObject({ name: 'keepalive', handler: 'custom', status: 2 });
    },
  ],
  [
    'a token without a value in the keepalive attributes makes an OK a warning',
    keepalives(
      'tokens in the keepalive check are filled in from the client; one that nothing stands at makes OK a warning',
    ),
  ],
  [
    'a client without keepalives is critical, in the words of Sensu',
    keepalives('No keepalive sent from client for 180 seconds (>=180)'),
  ],
  [
    'a client that says so is not watched for keepalives',
    keepalives(
      'every client is looked at every 30 s, from 30 s after the start on, and those without keepalives never',
    ),
  ],
  [
    'a client that goes away is told of, and that it is back',
    testsOf('test/simulation/time.test.ts')(
      'a client that dies is a warning, then critical; when it is back that is told, once',
    ),
  ],
  [
    'a result older than its ttl makes an event, one that is younger does not',
    testsOf('test/simulation/endings.test.ts')(
      'a check that goes quiet is told once its ttl is over, until it is back; not while its client is silent',
    ),
  ],
  ['the status of that event can be said', ttl('with a status of its own')],
  [
    'the interval of that event is that of the watch',
    ttl('a result as old as its ttl says so, with the old times and the interval of the watch'),
  ],
  [
    'while its client is silent no ttl is told',
    ttl('every stale check is told every 30 s; not while its client is silent or leaves'),
  ],
  ['a server takes every task that is free', ONE_SERVER],
  ['a server that stops gives its tasks back', ONE_SERVER],
  ['two servers divide the tasks', ONE_SERVER],
  ['a server registers itself, and is forgotten when it ends', ONE_SERVER],
  ['a task has one holder at a time', leases('one holder at a time has a lease')],
  ['a task whose holder is gone is free', leases('a lease ends with its time, and can no longer be renewed')],
  [
    'two servers may take results at the same time',
    intake('two servers on one store, batch against batch: nothing is lost and each history is right'),
  ],
  [
    'a message of just the largest size is taken, one byte more is not',
    async ({ house }) => {
      const dropped = () => house.counters.read('results_oversized');
      const before = dropped();
      await house.transport.publishResult({ body: resultOf('large', 2_097_152) });
      await house.views.shown();
      expect([dropped(), house.views.state('large', 'large')?.history]).toEqual([before, [0]]);
      await house.transport.publishResult({ body: resultOf('larger', 2_097_153) });
      await house.views.shown();
      expect([dropped(), house.views.state('larger', 'large')]).toEqual([before + 1, undefined]);
    },
  ],
];

/** What Sensu Core's tests assert of its server. */
export const catalogue: CatalogueLine<CatalogueWorld>[] = [
  ...linesOf<CatalogueWorld>('server/process_spec', processLines),
  ...linesOf<CatalogueWorld>('server/filter_spec', [
    ['an event that is silenced is held back', pipeline("[{}, true, 'silenced']")],
    ['a handler may want events that are silenced', pipeline('[{ handle_silenced: true }, true, null]')],
    ['a check may want no handling', pipeline("[false, 'handle']")],
    [
      'an event that flaps is held back, unless the handler wants it',
      pipeline("[{ handle_flapping: true }, 'flapping', null]"),
    ],
    [
      'a handler may want certain severities',
      pipeline("[['warning'], { check: { status: 2 } }, 'severities']"),
    ],
    [
      'a resolve is told to whom a severity in its history was told',
      decide('a resolve of a status that is listed'),
    ],
    [
      'a resolve is held back where no severity of its history is wanted',
      decide('a resolve of a status that is not listed'),
    ],
    [
      'attributes of an event are compared deeply',
      pipeline('attributes of the event are compared with those of the filter, deeply'),
    ],
    ['an expression may calculate', pipeline("'uses modulo'")],
    ['an expression may hold a token', pipeline("'has a token'")],
    ['a token in an expression may have a default', pipeline('falls back to the default of a token')],
    ['a check overrides that default', pipeline('has a check that overrides the default')],
    ['a token in an expression without a value is no match', pipeline('has a token that nothing stands for')],
    ['an expression with a mistake is no match', pipeline('has a mistake in its syntax')],
    [
      'an expression that fails is no match',
      filters('that throws is no match; the record says why, and what was seen'),
    ],
    [
      'a filter that includes passes what matches and nothing else',
      pipeline('an including filter holds back the rest'),
    ],
    ['a filter that excludes passes the rest', pipeline('an excluding filter passes the rest')],
    ['a filter that nobody knows holds nothing back', pipeline('an unknown filter holds nothing back')],
    ['a handler may have one filter or several', pipeline('several filters have to pass all')],
    ['a filter in process counts like any', pipeline('a filter in process counts like any')],
    ['a filter may have times in which it applies', pipeline('a filter with a time window, asked at %s')],
    [
      'the first reason to hold an event back decides',
      pipeline('all tests together: the first that says no decides'),
    ],
    [
      'an event that is filtered is handled by nobody, one that passes is',
      async ({ house, keepalive, results, told }) => {
        await keepalive({ name: 'staging', environment: 'staging' });
        await keepalive({ name: 'live', environment: 'production' });
        for (const client of ['staging', 'live'])
          await results(client, { name: 'test', status: 1, handler: 'production' });
        expect(await told('production', 'live')).toHaveLength(1);
        const [record] = await house.registry.log('deliveries', 'staging', 'test');
        expect(record?.entry).toMatchObject({ outcome: 'filtered', filtered: { by: 'production' } });
      },
    ],
  ]),
  ...linesOf<CatalogueWorld>('server/mutate_spec', [
    ['without a mutator the handler is given JSON', pipeline('none means json')],
    [
      'a command makes of the event what the handler is given',
      async ({ results, printed }) => {
        await results('tagged', { name: 'test', status: 1, handler: 'tagged' });
        const [text = ''] = await printed('tagged', 'tagged');
        expect(text).toMatch(/^\{"id":.*\} tagged$/s);
      },
    ],
    [
      'a command that fails keeps the handler from running',
      async ({ house, results }) => {
        await results('exploding', { name: 'test', status: 1, handlers: ['exploding', 'other'] });
        const records = async () => house.registry.log('deliveries', 'exploding', 'test');
        await expect.poll(async () => (await records()).length).toBe(2);
        const record = (await records()).find(({ entry }) => entry.handler === 'exploding');
        expect(record?.entry).toMatchObject({ outcome: 'failed', failed: { stage: 'mutator' } });
      },
    ],
    [
      'a mutator that nobody knows keeps the handler from running',
      pipeline('an unknown one stops the handler'),
    ],
    [
      'a mutator in process that fails keeps the handler from running',
      pipeline('one in process that fails stops the handler'),
    ],
    ['the output of the check alone can be given', pipeline('only_check_output gives the output')],
  ]),
  ...linesOf<CatalogueWorld>('server/handle_spec', [
    [
      'an error while handling is told and ends nothing',
      pipeline('a defect while handling fails the one delivery'),
    ],
    ['a command is given the event', pipeline('a pipe handler runs its command with the event on its input')],
    [
      'a command that fails is told with what it printed',
      pipeline('a pipe handler that fails is told with what it printed'),
    ],
    ['a receiver over TCP is given the event', pipeline('a tcp handler writes the event and closes')],
    ['a receiver over UDP is given the event', pipeline('a udp handler sends the event as one datagram')],
    [
      'the event is published to a pipe of the transport',
      pipeline('a transport handler publishes the event, with %s listeners'),
    ],
    [
      'nothing is published when there is nothing',
      pipeline('a transport handler publishes nothing when there is nothing'),
    ],
    ['a handler in process is given the event', pipeline('a handler in process is given the event')],
  ]),
  ...linesOf<CatalogueWorld>('server/socket_spec', [
    ['what is given is delivered', pipeline('what is given is delivered')],
    [
      'a receiver that is not there fails the delivery',
      pipeline('a receiver that is not there fails the delivery'),
    ],
    [
      'a receiver that takes too long fails the delivery',
      tcpHandler('gives up a receiver that does not read, by the clock'),
    ],
  ]),
  ...linesOf<CatalogueWorld>('server/tessen_spec', [
    ['it is made from the settings', NO_TESSEN],
    ['it is off unless it is asked for', NO_TESSEN],
    ['it is on when it is asked for', NO_TESSEN],
    ['its request goes to the vendor, with a time limit', NO_TESSEN],
    ['its request may go through a proxy', NO_TESSEN],
    ['an installation has an id, made once and kept', NO_TESSEN],
    ['it tells version and edition', NO_TESSEN],
    ['it tells how many clients there are', NO_TESSEN],
    ['it tells how many servers there are', NO_TESSEN],
    ['it sends all of this again and again, and takes what is answered', NO_TESSEN],
  ]),
];
