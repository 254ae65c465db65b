import { expect, test } from 'vitest';
import { defineCheck, Type } from '../plugin.ts';
import { loadDocument, mistakesOf, problemPaths } from '../testing/config-files.ts';

const VALID = { command: 'true', subscribers: ['web'], interval: 60 };

/** The paths of the problems of a check with these attributes, below `checks.disk`. */
async function problemsWith(attributes: object): Promise<string[]> {
  const paths = await problemPaths({ checks: { disk: { ...VALID, ...attributes } } });
  return paths.map((path) => path.replace(/^checks\.disk\.?/, ''));
}

test.each([
  { type: 'metric' },
  { type: 'anything' },
  { standalone: true, subscribers: undefined },
  { standalone: false },
  { subscribers: [] },
  { publish: false, interval: undefined },
  { publish: true },
  { cron: '* * * * *', interval: undefined },
  { timeout: 10 },
  { timeout: 0.5 },
  { timeout: 0 },
  { stdin: true },
  { ttl: 30 },
  { ttl: 30, ttl_status: 2 },
  { ttl_status: 'idle without ttl' },
  { handle: false },
  { handle: 'anything' },
  { handler: 'mail' },
  { handlers: [] },
  { handlers: ['mail', 'chat'] },
  { source: 'switch-1' },
  { source: 'switch-:::rack|1:::-a' },
  { aggregate: 'web|all:x' },
  { aggregate: true },
  { aggregate: false },
  { aggregates: ['a', 'b:c'] },
  { low_flap_threshold: 10, high_flap_threshold: 20 },
  { truncate_output: true },
  { truncate_output_length: 1 },
  { auto_resolve: 'anything' },
  { force_resolve: 'anything' },
  { hooks: {} },
  {
    hooks: {
      ok: { command: 'a' },
      'non-zero': { command: 'b', timeout: 5, stdin: true },
      0: { command: 'c' },
      255: { command: 'd' },
    },
  },
  { subdue: { days: { all: [{ begin: '5:00 PM', end: '8:00 AM' }] } } },
  { proxy_requests: { client_attributes: {} } },
  { proxy_requests: { client_attributes: { a: 'eval: value == 1' }, splay: true, splay_coverage: 99 } },
  {
    occurrences: '3',
    refresh: 1800,
    dependencies: ['a'],
    notification: 'n',
    description: 'd',
    team: { any: 'thing' },
  },
  { timeout: null, handlers: null, source: null, low_flap_threshold: null, team: null },
])('accepts %j', async (attributes) => {
  expect(await problemsWith(attributes)).toEqual([]);
});

test.each([
  ['command', { command: undefined }],
  ['command', { command: '' }],
  ['command', { command: 5 }],
  ['command', { command: null }],
  ['', { extension: 'http' }, 'extension'],
  ['subscribers', { subscribers: undefined }],
  ['subscribers', { subscribers: undefined, publish: false }],
  ['subscribers', { subscribers: 'web' }],
  ['subscribers[1]', { subscribers: ['web', ''] }],
  ['subscribers[0]', { subscribers: [null] }],
  ['standalone', { standalone: 'true' }],
  ['publish', { publish: 'false' }],
  ['interval', { interval: undefined }],
  ['interval', { interval: 0 }],
  ['interval', { interval: -1 }],
  ['interval', { interval: 1.5 }],
  ['interval', { interval: '60' }],
  ['cron', { cron: '' }],
  ['cron', { cron: 5 }],
  ['timeout', { timeout: '10' }],
  ['timeout', { timeout: -1 }],
  ['stdin', { stdin: 1 }],
  ['ttl', { ttl: 0 }],
  ['ttl', { ttl: '30' }],
  ['ttl_status', { ttl: 30, ttl_status: '1' }],
  ['handler', { handler: ['mail'] }],
  ['handlers', { handlers: 'mail' }],
  ['handlers[0]', { handlers: [''] }],
  ['source', { source: 'a b' }],
  ['source', { source: '' }],
  ['source', { source: ':::a:::-:::b:::' }],
  ['aggregate', { aggregate: 'a b' }],
  ['aggregate', { aggregate: 1 }],
  ['aggregates[1]', { aggregates: ['a', 'b c'] }],
  ['aggregates', { aggregates: 'a' }],
  ['high_flap_threshold', { low_flap_threshold: 10 }],
  ['low_flap_threshold', { high_flap_threshold: 10 }],
  ['low_flap_threshold', { low_flap_threshold: '10', high_flap_threshold: 20 }],
  ['truncate_output', { truncate_output: 'yes' }],
  ['truncate_output_length', { truncate_output_length: 0 }],
  ['hooks', { hooks: [] }],
  ['hooks.warn', { hooks: { warn: { command: 'x' } } }],
  ['hooks.256', { hooks: { 256: { command: 'x' } } }],
  ['hooks.01', { hooks: { '01': { command: 'x' } } }],
  ['hooks.ok.command', { hooks: { ok: {} } }],
  ['hooks.ok', { hooks: { ok: 'x' } }],
  ['hooks.ok.timeout', { hooks: { ok: { command: 'x', timeout: 'y' } } }],
  ['hooks.ok.stdin', { hooks: { ok: { command: 'x', stdin: 'y' } } }],
  ['subdue.days', { subdue: {} }],
  ['subdue.days', { subdue: { days: {} } }],
  ['subdue.days.funday', { subdue: { days: { funday: [{ begin: 'a', end: 'b' }] } } }],
  ['subdue.days.all[0].end', { subdue: { days: { all: [{ begin: 'a' }] } } }],
  ['proxy_requests.client_attributes', { proxy_requests: {} }],
  ['proxy_requests.splay', { proxy_requests: { client_attributes: {}, splay: 1 } }],
  ['proxy_requests.splay_coverage', { proxy_requests: { client_attributes: {}, splay_coverage: 100 } }],
])('refuses %s in %j', async (path, attributes, ...others) => {
  expect(await problemsWith(attributes)).toEqual([path, ...others]);
});

test.each(['disk', 'Disk_1.a-b', 'x'.repeat(255)])('accepts the name %s', async (name) => {
  expect(await problemPaths({ checks: { [name]: VALID } })).toEqual([]);
});

test.each(['', 'a b', 'a/b', 'ä', 'a\n', 'x'.repeat(256)])('refuses the name %j', async (name) => {
  expect(await problemPaths({ checks: { [name]: VALID } })).toHaveLength(1);
});

test('a check that is no object, and checks that are none, are told', async () => {
  expect(await problemPaths({ checks: { disk: 'df', load: [] } })).toEqual(['checks.disk', 'checks.load']);
  expect(await problemPaths({ checks: [VALID] })).toEqual(['checks']);
});

test('settings hold the check with its name and without nulls of known attributes', async () => {
  const { settings } = await loadDocument({ checks: { disk: { ...VALID, timeout: null, team: null } } });
  expect(settings?.checks.get('disk')).toEqual({ ...VALID, team: null, name: 'disk' });
});

const ping = defineCheck({
  name: 'ping',
  options: Type.Object(
    {
      url: Type.String({ expected: 'a URL' }),
      count: Type.Optional(Type.Integer({ expected: 'a whole number' })),
    },
    { expected: 'an object with "url"' },
  ),
  run: async () => ({ status: 0, output: '' }),
});
const inProcess = { extension: 'ping', subscribers: ['web'], interval: 60 };

test.each([
  [[], { ping: { url: 'x' } }],
  [['checks.p.ping.url'], {}],
  [['checks.p.ping.url'], { ping: {} }],
  [['checks.p.ping'], { ping: 'x' }],
  [['checks.p.ping.count', 'checks.p.ping.url'], { ping: { url: 1, count: 'many' } }],
  [[], { ping: { url: ':::site.url:::', count: ':::site.count|3:::' } }],
])('options of a check plugin: problems %j of %j', async (paths, attributes) => {
  expect(await problemPaths({ checks: { p: { ...inProcess, ...attributes } } }, [ping])).toEqual(paths);
});

test('a misspelt option is warned of', async () => {
  const { warnings } = await loadDocument({ checks: { p: { ...inProcess, ping: { url: 'x', cuont: 3 } } } }, [
    ping,
  ]);
  expect(warnings).toMatchObject([{ path: 'checks.p.ping.cuont', hint: 'did you mean "count"?' }]);
});

test('an unknown extension is told with the nearest known one', async () => {
  const loaded = await loadDocument({ checks: { p: { ...inProcess, extension: 'pnig' } } }, [ping]);
  expect(mistakesOf(loaded)).toMatchObject([
    { path: 'checks.p.extension', expected: 'one of ping', found: '"pnig"', hint: 'did you mean "ping"?' },
  ]);
});

test('a misspelt required attribute is named in the hint', async () => {
  const loaded = await loadDocument({
    checks: {
      a: { comand: 'x', subscribers: ['web'], interval: 60 },
      b: { command: 'x', subscribers: ['web'], intervall: 60 },
    },
  });
  expect(mistakesOf(loaded)).toMatchObject([
    { path: 'checks.a.command', found: 'nothing', hint: 'there is "comand": did you mean "command"?' },
    { path: 'checks.b.interval', found: 'nothing', hint: 'there is "intervall": did you mean "interval"?' },
  ]);
  expect(loaded.warnings).toEqual([]);
});

test('a misspelt optional attribute is warned of, one of your own is not', async () => {
  const { warnings } = await loadDocument({ checks: { a: { ...VALID, timout: 3, owner: 'me', tier: 1 } } });
  expect(warnings).toMatchObject([{ path: 'checks.a.timout', line: 9, hint: 'did you mean "timeout"?' }]);
});
