import fc from 'fast-check';
import { expect, test } from 'vitest';
import { defineCheck, defineFilter, defineHandler, Type } from '../plugin.ts';
import { loadDocument, loadFiles, mistakesOf, withFolder, writeFiles } from '../testing/config-files.ts';
import { RANDOM_INPUTS } from '../testing/random.ts';
import { type ConfigProblem, describeProblems, describeWarnings, loadSettings } from './index.ts';

const CHECK = { command: 'true', subscribers: ['web'], interval: 60 };

function places(problems: readonly ConfigProblem[] | undefined): (string | number | null)[][] {
  return (problems ?? []).map(({ file, line, path }) => [file, line, path]);
}

test('several mistakes in several files are told all at once, each with file and line', async () => {
  const { problems } = await loadFiles({
    'checks/disk.json':
      '{\n  // how full\n  "checks": {\n    "disk": {\n      "command": "df",\n      "subscribers": "web",\n      "interval": "60"\n    }\n  }\n}',
    'handlers.json':
      '{"handlers": {\n  "mail": {"type": "pipe"},\n  "chat": {\n    "type": "tcp",\n    "socket": {"host": "a", "port": "1"}}}}',
    'more/disk.json': '{"checks": {"disk": {"timeout": "x",\n"handlers": ["a",\n5]}}}',
    'client.json': '{"client": {"name": "a b"}}',
  });
  expect(places(problems)).toEqual([
    ['checks/disk.json', 6, 'checks.disk.subscribers'],
    ['checks/disk.json', 7, 'checks.disk.interval'],
    ['client.json', 1, 'client.name'],
    ['handlers.json', 2, 'handlers.mail.command'],
    ['handlers.json', 5, 'handlers.chat.socket.port'],
    ['more/disk.json', 1, 'checks.disk.timeout'],
    ['more/disk.json', 3, 'checks.disk.handlers[1]'],
  ]);
});

test('files are merged in the order they are read, over the defaults', async () => {
  const loaded = await loadFiles({
    'a.json': { checks: { disk: { ...CHECK, handlers: ['x'], timeout: 5 } }, mailer: { to: ['a'] } },
    'b.json': {
      checks: { disk: { subscribers: ['db', 'web'], handlers: ['y'], timeout: 9 } },
      mailer: { to: ['b'] },
    },
  });
  expect(loaded.settings?.checks.get('disk')).toEqual({
    ...CHECK,
    name: 'disk',
    subscribers: ['web', 'db'],
    handlers: ['x', 'y'],
    timeout: 9,
  });
  expect(loaded.settings?.document).toMatchObject({
    mailer: { to: ['a', 'b'] },
    sensu: { spawn: { limit: 12 } },
  });
  expect(loaded.settings?.files.map((file) => file.replace(/.*\//, ''))).toEqual(['a.json', 'b.json']);
});

test('members stand in the document in the order in which Sensu shows its settings', async () => {
  const { settings } = await loadDocument({ redis: {}, checks: {}, api: { port: 1 } });
  expect(Object.keys(settings?.document ?? {})).toEqual([
    'client',
    'sensu',
    'transport',
    'checks',
    'filters',
    'mutators',
    'handlers',
    'extensions',
    'redis',
    'api',
  ]);
});

test('nothing at all is a valid configuration', async () => {
  const loaded = await loadSettings({ defaults: { hostname: 'h', address: 'a' }, plugins: new Map() });
  expect(loaded.problems).toBeUndefined();
  expect(loaded.warnings).toEqual([]);
  expect(loaded.settings?.files).toEqual([]);
});

test('a missing file is no mistake, a missing directory is one', async () => {
  const base = { defaults: { hostname: 'h', address: 'a' }, plugins: new Map() };
  await withFolder(async (folder) => {
    const loaded = await loadSettings({ ...base, file: `${folder}/none.json` });
    expect(loaded.settings?.client.name).toBe('h');
    expect(loaded.warnings).toHaveLength(1);
    const { problems } = await loadSettings({ ...base, directories: [`${folder}/none`] });
    expect(places(problems)).toEqual([[`${folder}/none`, null, '']]);
  });
});

test('a value that comes from the machine has no file', async () => {
  const defaults = { hostname: 'my machine', address: 'a' };
  const { problems } = await loadSettings({ defaults, plugins: new Map() });
  expect(problems).toMatchObject([{ file: null, line: null, path: 'client.name', found: '"my machine"' }]);
  expect(describeProblems(problems ?? [])).toContain('built-in defaults  client.name');
});

test('while a file cannot be read, every mistake of the others is told, and of what is missing that it may stand there', async () => {
  const { problems, warnings } = await loadFiles({
    'a.json': {
      checks: { disk: { subscribers: ['web'], interval: '5' } },
      handlers: { a: { type: 'pipe', command: 'x' } },
    },
    'b.json': '{"checks": {"disk": {"command": "df",}}}',
    'c.json': '{"handlers"',
  });
  const unless = 'unless it stands where nothing could be read';
  expect(problems?.find(({ path }) => path === 'checks.disk.command')).toMatchObject({ hint: unless });
  expect(places(problems)).toEqual([
    ['a.json', 3, 'checks.disk.command'],
    ['a.json', 7, 'checks.disk.interval'],
    ['b.json', 1, ''],
    ['c.json', 1, ''],
  ]);
  expect(problems?.[2]?.column).toBe(38);
  expect(warnings).toEqual([]);
});

test('a terminal shows a block for each problem and warning', () => {
  const place = { file: '/etc/a.json', line: 7, path: 'checks.disk.interval' };
  const problems = [
    { ...place, expected: 'a whole number', found: '"60"', hint: 'leave out the quotes' },
    { file: '/etc/b.json', line: 2, column: 5, path: '', expected: 'a comma', found: '"}"' },
    { file: '/etc/c', line: null, path: '', expected: 'a directory', found: 'ENOENT' },
  ];
  expect(describeProblems(problems)).toBe(
    [
      '/etc/a.json:7  checks.disk.interval',
      '  expected  a whole number',
      '  found     "60"',
      '  hint      leave out the quotes',
      '',
      '/etc/b.json:2:5',
      '  expected  a comma',
      '  found     "}"',
      '',
      '/etc/c',
      '  expected  a directory',
      '  found     ENOENT',
    ].join('\n'),
  );
  expect(describeWarnings([{ ...place, message: 'is idle', hint: 'drop it' }])).toBe(
    '/etc/a.json:7  checks.disk.interval\n  warning   is idle\n  hint      drop it',
  );
});

const chat = defineHandler({ name: 'chat', options: Type.Object({}), run: async () => '' });
const mail = defineHandler({
  name: 'mail',
  options: Type.Object({ to: Type.String() }),
  run: async () => '',
});
const quiet = defineFilter({ name: 'quiet', options: Type.Object({}), run: () => null });

test('names that nothing is known by are warned of, with the nearest known one', async () => {
  const { warnings } = await loadDocument(
    {
      checks: { disk: { ...CHECK, handlers: ['opps', 'chat', 'mail'] }, load: { ...CHECK, handler: 'ops' } },
      client: { keepalive: { handler: 'nobody' } },
      sensu: { keepalives: { handlers: ['ops', 'op'] } },
      handlers: {
        ops: { type: 'pipe', command: 'x', filters: ['quiet', 'prod', 'prdo'], mutator: 'jsn' },
        all: { type: 'set', handlers: ['ops', 'gone'] },
      },
      filters: { prod: { attributes: {} } },
    },
    [chat, mail, quiet],
  );
  expect(warnings.map(({ path, hint }) => [path, hint])).toEqual([
    ['checks.disk.handlers[0]', 'did you mean "ops"?'],
    ['checks.disk.handlers[2]', undefined],
    ['client.keepalive.handler', undefined],
    ['sensu.keepalives.handlers[1]', 'did you mean "ops"?'],
    ['handlers.ops.filters[2]', 'did you mean "prod"?'],
    ['handlers.ops.mutator', 'did you mean "json"?'],
    ['handlers.all.handlers[1]', undefined],
  ]);
});

test('an agent’s configuration, without handlers, is not told that its handlers are unknown', async () => {
  const { warnings } = await loadDocument({ checks: { disk: { ...CHECK, handlers: ['ops'] }, load: CHECK } });
  expect(warnings).toEqual([]);
});

test('checks that go to a handler "default" which is missing are told once', async () => {
  const handlers = { ops: { type: 'pipe', command: 'x' } };
  const checks = { a: CHECK, b: CHECK, c: { ...CHECK, handle: false }, d: { ...CHECK, handler: 'ops' } };
  const { warnings } = await loadDocument({ checks, handlers });
  expect(warnings).toMatchObject([{ path: 'checks.a', message: expect.stringContaining('and 1 more') }]);
  const withDefault = { ...handlers, default: handlers.ops };
  expect((await loadDocument({ checks, handlers: withDefault })).warnings).toEqual([]);
});

const check = (attributes: object) => ({ checks: { c: { ...CHECK, ...attributes } } });
const filter = (attributes: object) => ({ filters: { f: { attributes: {}, ...attributes } } });

test.each([
  ['handlers.h.type', { handlers: { h: { type: 'transport', pipe: { type: 'direct', name: 'x' } } } }],
  ['redis', { redis: {} }],
  ['transport.name', { transport: { name: 'redis' } }],
  ['transport.name', { transport: { name: 'of-others' } }],
])('warns that this version does not act on %s', async (path, document) => {
  const { problems, warnings } = await loadDocument(document);
  expect(problems).toBeUndefined();
  expect(warnings).toMatchObject([{ path, message: expect.stringMatching(/^this version /) }]);
});

const windows = { days: { all: [{ begin: '5:00 PM', end: '8:00 AM' }] } };

test.each([
  check({ cron: '*/5 8-17 * * mon-fri', interval: undefined }),
  check({ cron: '@hourly' }),
  check({ subdue: windows }),
  check({ proxy_requests: { client_attributes: { rack: 'eval: value > 3' } } }),
  check({ hooks: { ok: { command: 'x' } }, ttl: 5, aggregate: 'a', aggregates: ['b'] }),
  {
    client: {
      safe_mode: true,
      socket: {},
      http_socket: {},
      registration: { handler: 'x' },
      deregister: true,
    },
  },
  { client: { keepalive: { remove_after: 3600 } }, sensu: { keepalives: { remove_after: 3600 } } },
  filter({ when: windows }),
  filter({ attributes: { check: { status: 'eval: value == 1' } } }),
  { filters: { f: { expression: 'check.status > 1' } } },
  filter({ attributes: { check: { output: 'an eval: inside' } } }),
  { handlers: { h: { type: 'chat', filters: ['occurrences', 'check_dependencies'] } } },
  { handlers: { h: { type: 'chat', mutator: 'only_check_output' } } },
  { transport: { name: 'memory' } },
])('says nothing of %j', async (document) => {
  const loaded = await loadDocument(document, [chat]);
  expect([mistakesOf(loaded), loaded.warnings]).toEqual([[], []]);
});

test.each([
  ['checks.c.cron', check({ cron: '@reboot' })],
  ['checks.c.cron', check({ cron: '5/2 * * * *' })],
  [
    'checks.c.subdue.days.all[0].begin',
    check({ subdue: { days: { all: [{ begin: 'soon', end: '8:00' }] } } }),
  ],
  [
    'checks.c.proxy_requests.client_attributes.rack',
    check({ proxy_requests: { client_attributes: { rack: 'eval: value >' } } }),
  ],
  [
    'filters.f.when.days.monday[0].end',
    filter({ when: { days: { monday: [{ begin: '8:00', end: 'x' }] } } }),
  ],
  ['filters.f.attributes.check.status', filter({ attributes: { check: { status: 'eval: system(1' } } })],
  ['filters.f.expression', { filters: { f: { expression: 'check.status >' } } }],
  ['filters.f.expression', filter({ expression: 'true' })],
  ['filters.f.attributes', { filters: { f: { negate: true } } }],
])('tells what is wrong with %s, and where', async (path, document) => {
  const [mistake, ...others] = mistakesOf(await loadDocument(document));
  expect(others).toEqual([]);
  expect(mistake).toMatchObject({ path, file: 'all.json' });
  expect(mistake?.line).toBeGreaterThan(1);
});

test('a mistake in a condition is told with its position in the text', async () => {
  const [mistake] = mistakesOf(await loadDocument({ filters: { f: { expression: 'check.status >' } } }));
  expect(mistake?.found).toMatch(/, at character \d+, in "check\.status >"$/);
});

test('a check with a mistake is left out, and the others are there', async () => {
  const { settings, problems } = await loadDocument({
    checks: { good: CHECK, bad: { ...CHECK, interval: '60', handlers: 'x' }, 'no name': CHECK },
  });
  expect(problems).toBeUndefined();
  expect([...(settings?.checks.keys() ?? [])]).toEqual(['good']);
  const skipped = [...(settings?.skippedChecks ?? [])].map(([name, found]) => [name, places(found)]);
  expect(skipped).toEqual([
    [
      'bad',
      [
        ['all.json', expect.any(Number), 'checks.bad.interval'],
        ['all.json', expect.any(Number), 'checks.bad.handlers'],
      ],
    ],
    ['no name', [['all.json', expect.any(Number), 'checks["no name"]']]],
  ]);
});

test.each([
  { filters: { f: {} } },
  { mutators: { m: {} } },
  { handlers: { h: { type: 'pipe' } } },
  { client: { name: 'a b' } },
  { api: { port: 'x' } },
  { transport: { name: 1 } },
  { checks: [] },
])('a mistake outside a check stops the whole: %j', async (document) => {
  expect((await loadDocument({ ...document })).settings).toBeUndefined();
});

test('the transport is ours, unless a configuration says where RabbitMQ is', async () => {
  const nameIn = async (document: object): Promise<unknown> =>
    (await loadDocument(document)).read.document.transport;
  expect(await nameIn({})).toEqual({ name: 'memory', reconnect_on_error: true });
  expect(await nameIn({ rabbitmq: {} })).toEqual({ name: 'rabbitmq', reconnect_on_error: true });
  expect(await nameIn({ transport: { name: 'x' }, rabbitmq: {} })).toMatchObject({ name: 'x' });
});

test('"$schema" is for editors and no part of the settings', async () => {
  const { settings, warnings } = await loadDocument({ $schema: './tocsin.schema.json' });
  expect(settings?.document).not.toHaveProperty('$schema');
  expect(warnings).toEqual([]);
});

test('what stands in a file under -c is placed like the rest', async () => {
  await withFolder(async (folder) => {
    await writeFiles(folder, {
      'main.json': '{\n"checks":\n{"a": 5}}',
      'conf/x.json': '{"checks": {"b": 5}}',
    });
    const loaded = await loadSettings({
      file: `${folder}/main.json`,
      directories: [`${folder}/conf`],
      defaults: { hostname: 'h', address: 'a' },
      plugins: new Map(),
    });
    expect(places(mistakesOf(loaded))).toEqual([
      [`${folder}/main.json`, 3, 'checks.a'],
      [`${folder}/conf/x.json`, 1, 'checks.b'],
    ]);
  });
});

const sections = [
  'client',
  'checks',
  'handlers',
  'filters',
  'mutators',
  'sensu',
  'api',
  'tocsin',
  'extensions',
  'x',
];
const words = [
  'type',
  'command',
  'extension',
  'handlers',
  'filters',
  'hooks',
  'attributes',
  'socket',
  'spawn',
  'store',
];

test('any JSON and any text in any number of files gives settings or problems that stand in those files', async () => {
  const ping = defineCheck({
    name: 'ping',
    options: Type.Object({ a: Type.Integer() }),
    run: async () => ({ status: 0, output: '' }),
  });
  const anything = fc.oneof(
    fc.jsonValue({ maxDepth: 3 }),
    fc.constantFrom('ping', 'set', 'eval: 1', '', null, 1),
  );
  const definition = fc.oneof(anything, fc.dictionary(fc.constantFrom(...words), anything));
  const document = fc.dictionary(
    fc.constantFrom(...sections),
    fc.oneof(anything, fc.dictionary(fc.string(), definition)),
  );
  const content = fc.oneof({ weight: 4, arbitrary: document }, { weight: 1, arbitrary: fc.string() });
  await fc.assert(
    fc.asyncProperty(fc.array(content, { maxLength: 3 }), async (contents) => {
      const texts = contents.map((one) => (typeof one === 'string' ? one : JSON.stringify(one, null, 1)));
      // No module of a generated name is imported.
      fc.pre(!texts.some((text) => text.includes('module')));
      const files = Object.fromEntries(texts.map((text, index) => [`${index}.json`, text]));
      const loaded = await loadFiles(files, [ping]);
      expect(loaded.settings === undefined).toBe((loaded.problems?.length ?? 0) > 0);
      for (const { file, line } of [...(loaded.problems ?? []), ...loaded.warnings]) {
        if (file === null) continue;
        const lines = texts[Number(file.replace('.json', ''))]?.split('\n').length ?? 0;
        expect(line).toBeLessThanOrEqual(lines);
      }
      expect(describeProblems(loaded.problems ?? [])).not.toContain('undefined\n');
    }),
    { numRuns: RANDOM_INPUTS },
  );
});

test('a check made by the rules is valid, and comes out as it went in', async () => {
  const names = fc.array(fc.stringMatching(/^[a-z][a-z-]{0,10}$/), { maxLength: 3 });
  const optional = fc.record(
    {
      timeout: fc.nat(100),
      stdin: fc.boolean(),
      handlers: names,
      handler: fc.constantFrom('a', 'b'),
      source: fc.stringMatching(/^[A-Za-z0-9_.-]{1,20}$/),
      type: fc.constantFrom('standard', 'metric'),
      publish: fc.boolean(),
      truncate_output: fc.boolean(),
      truncate_output_length: fc.integer({ min: 1, max: 1000 }),
      handle: fc.boolean(),
      team_notes: fc.jsonValue(),
    },
    { requiredKeys: [] },
  );
  const required = fc.record({
    command: fc.string({ minLength: 1 }),
    interval: fc.integer({ min: 1, max: 86_400 }),
  });
  const whom = fc.oneof(
    names.map((subscribers) => ({ subscribers })),
    fc.constant({ standalone: true }),
  );
  await fc.assert(
    fc.asyncProperty(
      fc.stringMatching(/^[A-Za-z0-9_.-]{1,30}$/),
      optional,
      required,
      whom,
      async (name, ...parts) => {
        const definition = Object.assign({}, ...parts);
        fc.pre(!JSON.stringify(definition).includes('__proto__'));
        const { settings, problems } = await loadDocument({ checks: { [name]: definition } });
        expect(problems).toBeUndefined();
        expect(settings?.skippedChecks.size).toBe(0);
        expect(settings?.checks.get(name)).toEqual({ ...JSON.parse(JSON.stringify(definition)), name });
      },
    ),
    { numRuns: 50 },
  );
});

const VALID = JSON.stringify(
  {
    client: { name: 'web-1', subscriptions: ['web'], socket: { port: 3030 }, redact: ['pin'] },
    checks: {
      disk: {
        ...CHECK,
        handlers: ['mail'],
        hooks: { '1': { command: 'x' } },
        subdue: { days: { all: [{ begin: '1 AM', end: '2 AM' }] } },
      },
      cron: { command: 'x', cron: '*/5 * * * *', standalone: true },
    },
    filters: { odd: { attributes: { check: { status: 'eval: value > 1' } } }, cel: { expression: 'true' } },
    handlers: { mail: { type: 'pipe', command: 'cat' }, all: { type: 'set', handlers: ['mail'] } },
    api: { port: 4567, cors: { Origin: '*' } },
  },
  null,
  1,
);

/** Something is put in the place of some bytes: cut out, doubled, or other bytes. */
const wound = fc.record({
  at: fc.nat(VALID.length),
  length: fc.nat(12),
  bytes: fc.oneof(
    fc.uint8Array({ maxLength: 8 }),
    fc
      .constantFrom(...'{}[],:"-+0.eE/*\\\u0000', '//', '/*', 'null', '1e999', '"\\ud800"', '__proto__')
      .map((text) => new TextEncoder().encode(text)),
  ),
});

test('a valid configuration with wounds, and any bytes, give settings or problems with places', async () => {
  expect(mistakesOf(await loadFiles({ 'a.json': VALID }))).toEqual([]);
  const wounded = fc
    .array(wound, { minLength: 1, maxLength: 4 })
    .map((wounds) =>
      wounds.reduce(
        (bytes, { at, length, bytes: other }) =>
          Buffer.concat([bytes.subarray(0, at), other, bytes.subarray(at + length)]),
        Buffer.from(VALID),
      ),
    );
  const content = fc.oneof({ weight: 4, arbitrary: wounded }, { weight: 1, arbitrary: fc.uint8Array() });
  await fc.assert(
    fc.asyncProperty(content, async (bytes) => {
      const loaded = await loadFiles({ 'a.json': bytes });
      expect(loaded.settings === undefined).toBe((loaded.problems?.length ?? 0) > 0);
      const lines = Buffer.from(bytes).toString('utf8').split('\n').length;
      for (const { file, line, found } of mistakesOf(loaded)) {
        expect(found).not.toBe('');
        if (file !== null && line !== null) expect(line).toBeLessThanOrEqual(lines);
      }
      for (const check of loaded.settings?.checks.values() ?? []) expect(check.name).not.toBe('');
    }),
    { numRuns: RANDOM_INPUTS },
  );
});
