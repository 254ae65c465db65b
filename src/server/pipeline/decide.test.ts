import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Event } from '../../model/event.ts';
import type { Filter, Handler } from '../../model/handler.ts';
import type { Severity } from '../../model/severity.ts';
import { defineFilter, defineHandler, type Plugin, Type } from '../../plugin.ts';
import { json } from '../../plugins/json.ts';
import { type EventOverrides, pluginContext, sampleEvent } from '../../testing/plugin-context.ts';
import { decide } from './decide.ts';
import { HandlerPlans } from './plans.ts';
import type { PipelineRules } from './rules.ts';

const throwing = defineFilter({
  name: 'throwing',
  options: Type.Object({}),
  run: () => {
    throw new Error('no idea');
  },
});
const promising = defineFilter({
  name: 'promising',
  options: Type.Object({}),
  run: (() => Promise.reject(new Error('late'))) as never,
});
const tooBig = defineFilter({
  name: 'above',
  options: Type.Object({ most: Type.Integer() }),
  run: (event, { most }) =>
    event.occurrences > most
      ? { why: `more than ${most} occurrences`, seen: { attribute: 'occurrences', value: event.occurrences } }
      : null,
});
const debug = defineHandler({ name: 'debug', options: Type.Object({}), run: async () => '' });
const needy = defineHandler({
  name: 'needy',
  options: Type.Object({ url: Type.String() }),
  run: async () => '',
});

const FILTERS: Record<string, Filter> = {
  production: { attributes: { client: { environment: 'production' } } },
  'no-staging': { attributes: { client: { environment: 'staging' } }, negate: true },
  everything: { attributes: {}, negate: true },
  'first-only': { attributes: { occurrences: '2' } },
};

interface RuleOverrides extends Partial<Omit<PipelineRules, 'handlers' | 'filters'>> {
  handlers?: Record<string, Partial<Handler>>;
  filters?: Record<string, Filter>;
}

function rules({ handlers = {}, filters = FILTERS, ...rest }: RuleOverrides = {}): PipelineRules {
  const complete = Object.entries(handlers).map(([name, handler]): [string, Handler] => [
    name,
    { type: 'pipe', command: 'cat', ...handler, name },
  ]);
  return {
    handlers: new Map(complete),
    filters: new Map(Object.entries(filters)),
    mutators: new Map(),
    plugins: new Map<string, Plugin>(
      [throwing, promising, tooBig, debug, needy, json].map((plugin) => [plugin.name, plugin as Plugin]),
    ),
    ...rest,
  };
}

function decided(event: Event, given: PipelineRules) {
  let made = 0;
  return decide(event, new HandlerPlans(given), { plugin: pluginContext(), nextId: () => `id-${++made}` });
}

/** What one handler `mail` says of an event. */
function said(handler: Partial<Handler>, overrides: EventOverrides, extra: RuleOverrides = {}) {
  const { deliveries, records } = decided(
    sampleEvent(overrides),
    rules({ handlers: { mail: handler }, ...extra }),
  );
  expect(deliveries.length + records.length).toBe(1);
  return records[0]?.filtered ?? null;
}

describe('order of tests', () => {
  const everythingIsWrong: EventOverrides = {
    action: 'flapping',
    silenced: true,
    silenced_by: ['web:*'],
    check: { handle: false, status: 1 },
  };
  const strict: Partial<Handler> = { severities: ['critical'], filters: ['production', 'no-staging'] };
  const staging = { environment: 'staging' };

  test.each<[string, Partial<Handler>, EventOverrides, string | null]>([
    ['handle comes first', strict, everythingIsWrong, 'handle'],
    ['then flapping', strict, { ...everythingIsWrong, check: { status: 1 } }, 'flapping'],
    [
      'then severities',
      { ...strict, handle_flapping: true },
      { ...everythingIsWrong, check: { status: 1 } },
      'severities',
    ],
    [
      'then silenced',
      { ...strict, handle_flapping: true },
      { ...everythingIsWrong, check: { status: 2 } },
      'silenced',
    ],
    [
      'then the first of the filters',
      { ...strict, handle_flapping: true, handle_silenced: true },
      { ...everythingIsWrong, check: { status: 2 }, client: staging },
      'production',
    ],
    [
      'then the next one',
      { ...strict, filters: ['everything-unknown', 'no-staging'] },
      { check: { status: 2 }, client: staging },
      'no-staging',
    ],
    ['"filters" wins over "filter"', { filter: 'production', filters: [] }, {}, null],
    ['"filter" alone counts', { filter: 'production' }, {}, 'production'],
    ['nothing is wrong', strict, { client: { environment: 'production' } }, null],
    ['"handle" is false as text', {}, { check: { handle: 'false' } }, null],
  ])('%s', (_, handler, overrides, by) => {
    expect(said(handler, overrides)?.by ?? null).toBe(by);
  });
});

describe('severities', () => {
  test.each<[string, Severity[], EventOverrides, boolean]>([
    ['the status is listed', ['warning'], { check: { status: 1 } }, true],
    ['the status is not listed', ['warning'], { check: { status: 2 } }, false],
    ['a status above 3 is unknown', ['unknown'], { check: { status: 127 } }, true],
    ['no severity at all', [], { check: { status: 2 } }, false],
    [
      'a resolve of a status that is listed',
      ['critical'],
      { action: 'resolve', check: { status: 0, history: ['0', '2', '0'] } },
      true,
    ],
    [
      'a resolve of a status that is not listed',
      ['critical'],
      { action: 'resolve', check: { status: 0, history: ['0', '1', '0'] } },
      false,
    ],
    ['a resolve without history', ['ok'], { action: 'resolve', check: { status: 0, history: [] } }, false],
  ])('%s', (_, severities, overrides, passes) => {
    expect(said({ severities }, overrides) === null).toBe(passes);
  });

  test('say what was seen', () => {
    expect(said({ severities: ['critical', 'unknown'] }, { check: { status: 1 } })).toEqual({
      by: 'severities',
      why: 'the handler is told of critical, unknown only, and this is warning',
      seen: { attribute: 'check.status', value: 1 },
    });
  });
});

describe('configured filters', () => {
  test('say which attribute decided and what was there', () => {
    expect(said({ filter: 'production' }, { client: { environment: 'dev' } })).toEqual({
      by: 'production',
      why: 'the filter passes only events whose client.environment is "production"',
      seen: { attribute: 'client.environment', value: 'dev' },
    });
    expect(said({ filter: 'production' }, {})?.seen).toEqual({
      attribute: 'client.environment',
      value: null,
    });
  });

  test('that negate say so', () => {
    expect(said({ filter: 'no-staging' }, { client: { environment: 'staging' } })).toEqual({
      by: 'no-staging',
      why: 'the event has all the attributes that the filter holds back',
      seen: { attribute: 'client.environment', value: 'staging' },
    });
    expect(said({ filter: 'everything' }, {})).not.toHaveProperty('seen');
  });

  test('compare texts of values', () => {
    expect(said({ filter: 'first-only' }, { occurrences: 2 })).toBeNull();
    expect(said({ filter: 'first-only' }, { occurrences: 3 })?.by).toBe('first-only');
  });

  test('keep only the beginning of a long value', () => {
    const filters = { output: { attributes: { check: { output: 'fine' } } } };
    const filtered = said({ filter: 'output' }, { check: { output: 'x'.repeat(100_000) } }, { filters });
    expect(filtered?.seen?.value).toBe('x'.repeat(1000));
  });
});

describe('filter plugins', () => {
  test('judge with the options that stand under their name', () => {
    const document = { filters: { above: { most: 5 } } };
    expect(said({ filter: 'above' }, { occurrences: 5 }, { document })).toBeNull();
    expect(said({ filter: 'above' }, { occurrences: 6 }, { document })).toEqual({
      by: 'above',
      why: 'more than 5 occurrences',
      seen: { attribute: 'occurrences', value: 6 },
    });
  });

  test('come behind a configured filter of the same name', () => {
    const filters = { throwing: { attributes: { occurrences: 1 } } };
    expect(said({ filter: 'throwing' }, {}, { filters })?.by).toBe('throwing');
  });

  test.each(['throwing', 'promising', 'nowhere'])('%s lets the event pass and says why', (name) => {
    const { deliveries } = decided(sampleEvent(), rules({ handlers: { mail: { filter: name } } }));
    expect(deliveries[0]?.filter_error).toContain(`filter "${name}" could not judge the event`);
  });

  test('that throw leave it to the next filter', () => {
    const { records } = decided(
      sampleEvent(),
      rules({ handlers: { mail: { filters: ['throwing', 'production'] } } }),
    );
    expect(records).toMatchObject([
      { outcome: 'filtered', filtered: { by: 'production' }, failed: { stage: 'filter' } },
    ]);
  });
});

describe('handlers of a check', () => {
  const set = (...handlers: string[]): Partial<Handler> => ({ type: 'set', handlers });
  const given = rules({
    handlers: {
      default: {},
      mail: {},
      pager: {},
      both: set('mail', 'pager'),
      nested: set('both', 'mail'),
      deep: set('nested', 'pager'),
      own: set('own', 'mail'),
      empty: set(),
      astray: set('mail', 'nobody'),
      odd: { type: 'pigeon' },
      'no-mutator': { mutator: 'nowhere' },
    },
  });
  const told = (check: EventOverrides['check']) => {
    const event = sampleEvent();
    const { handlers: _, ...bare } = event.check;
    const { deliveries, records } = decided(
      { ...event, check: { ...bare, ...check } as Event['check'] },
      given,
    );
    return [
      ...deliveries.map(({ handler }) => handler),
      ...records.map(({ handler, outcome }) => `${handler}: ${outcome}`),
    ];
  };

  test.each<[string, Record<string, unknown>, string[]]>([
    ['"handlers" wins over "handler"', { handlers: ['mail'], handler: 'pager' }, ['mail']],
    ['"handler" alone counts', { handler: 'pager' }, ['pager']],
    ['neither means default', {}, ['default']],
    ['nulls count as nothing', { handlers: null, handler: null }, ['default']],
    ['a plugin that needs no options is named as it is', { handler: 'debug' }, ['debug']],
    ['each handler once', { handlers: ['mail', 'both', 'mail'] }, ['mail', 'pager']],
    ['a set', { handler: 'both' }, ['mail', 'pager']],
    ['a set in a set', { handler: 'nested' }, ['mail', 'pager']],
    ['a third level is refused, the rest is told', { handler: 'deep' }, ['mail', 'pager', 'both: failed']],
    ['a set in itself', { handler: 'own' }, ['mail', 'own: failed']],
    ['a set of nobody', { handler: 'empty' }, ['empty: filtered']],
    ['a set with an unknown member', { handler: 'astray' }, ['mail', 'nobody: failed']],
    ['an unknown name beside a known one', { handlers: ['nobody', 'mail'] }, ['mail', 'nobody: failed']],
    ['a plugin that needs options', { handler: 'needy' }, ['needy: failed']],
    ['an empty list', { handlers: [] }, ['default: filtered']],
    ['a type that nobody knows', { handler: 'odd' }, ['odd: failed']],
    ['a mutator that nobody knows', { handler: 'no-mutator' }, ['no-mutator: failed']],
  ])('%s', (_, check, expected) => {
    expect(told(check)).toEqual(expected);
  });

  test('nobody configured is recorded', () => {
    const event = sampleEvent();
    const { handlers: _, ...check } = event.check;
    const { records } = decided({ ...event, check: check as Event['check'] }, rules());
    expect(records).toMatchObject([
      {
        event_id: event.id,
        client: 'web-1',
        check: 'disk',
        handler: 'default',
        action: 'create',
        status: 2,
        occurrences: 2,
        outcome: 'filtered',
        filtered: {
          by: 'no handler',
          why: 'the check names no handler, and no handler "default" is configured',
        },
      },
    ]);
  });

  test('a check that names thousands gets the first hundred and one record for the rest', () => {
    const handlers = Array.from({ length: 5000 }, (_, index) => `h${index}`);
    const { records } = decided(sampleEvent({ check: { handlers } }), rules());
    expect(records).toHaveLength(101);
    expect(records.at(-1)?.failed?.error).toContain('names 5000 handlers');
  });

  test('what cannot be carried out as configured is told beforehand', () => {
    expect(new HandlerPlans(given).problems).toEqual([
      'handler "odd" is of type "pigeon", which is no handler plugin that is loaded',
      'mutator "nowhere" of handler "no-mutator" is neither configured nor a plugin',
    ]);
  });
});

test('a delivery carries the event as it is, under an id of its own', () => {
  const event = sampleEvent({ check: { handlers: ['mail', 'pager'] } });
  const { deliveries } = decided(event, rules({ handlers: { mail: {}, pager: {} } }));
  expect(deliveries).toEqual([
    { id: 'id-1', handler: 'mail', event, tries: 1 },
    { id: 'id-2', handler: 'pager', event, tries: 1 },
  ]);
});

test('never throws, whatever an event holds, and accounts for every event', () => {
  const strict: Partial<Handler> = {
    severities: ['critical'],
    filters: ['production', 'no-staging', 'above'],
  };
  const plans = new HandlerPlans(
    rules({
      handlers: { default: strict, mail: { ...strict, handle_flapping: true, handle_silenced: true } },
    }),
  );
  const context = { plugin: pluginContext(), nextId: () => 'id' };
  const loose = (value: fc.Arbitrary<unknown>) => fc.oneof(value, fc.jsonValue());
  const check = fc.record(
    {
      handler: loose(fc.constant('mail')),
      handlers: loose(fc.array(fc.oneof(fc.constant('mail'), fc.string(), fc.jsonValue()))),
      handle: fc.jsonValue(),
      status: fc.jsonValue(),
      history: loose(fc.array(fc.jsonValue())),
    },
    { requiredKeys: [] },
  );
  const event = fc.record(
    {
      client: fc.jsonValue().map((more) => ({ environment: more, ...Object(more), name: 'c' })),
      check: fc.tuple(fc.jsonValue(), check).map(([more, own]) => ({ ...Object(more), ...own, name: 'k' })),
      action: loose(fc.constantFrom('create', 'resolve', 'flapping')),
      silenced: fc.jsonValue(),
      silenced_by: fc.jsonValue(),
      occurrences: fc.jsonValue(),
    },
    { requiredKeys: ['client', 'check'] },
  );
  fc.assert(
    fc.property(event, (document) => {
      const { deliveries, records } = decide(document as unknown as Event, plans, context);
      expect(deliveries.length + records.length).toBeGreaterThan(0);
      for (const record of records) {
        expect(record.filtered?.why ?? record.failed?.error).toBeTruthy();
        expect(JSON.stringify(record.filtered ?? {}).length).toBeLessThan(5000);
      }
    }),
    {
      numRuns: 2000,
      examples: [
        [{ client: { environment: [], name: 'c' }, check: { name: 'k', status: [{ toString: 1 }] } }],
      ],
    },
  );
});
