import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadExtensions, loadSettings } from '../src/config/index.ts';
import { problemsOf } from '../src/model/problems.ts';
import type { Event, Plugin } from '../src/plugin.ts';
import { decide, HandlerPlans } from '../src/server/pipeline/index.ts';
import { checkContext, handlerContext, pluginContext, sampleEvent } from '../src/testing/plugin-context.ts';

const EXAMPLES = resolve(import.meta.dirname, '../examples/plugins');
const MODULES = ['queue.mjs', 'production.mjs'];

const DEFINITIONS = {
  checks: {
    'outgoing-mail': {
      extension: 'queue',
      queue: { folder: '/var/spool/mail-out', warning: 50 },
      subscribers: ['mail'],
      interval: 60,
    },
  },
  filters: { environment: { is: 'production' } },
  handlers: {
    problems: {
      type: 'append',
      append: { file: '/var/log/problems.log' },
      filter: 'environment',
      mutator: 'one_line',
    },
  },
};

const extensionsOf = (modules: readonly string[]) =>
  Object.fromEntries(modules.map((module) => [module, { module: join(EXAMPLES, module) }]));

describe('the example plugins', () => {
  let plugins: ReadonlyMap<string, Plugin>;
  let folder: string;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'tocsin-examples-'));
    const extensions = new Map(MODULES.map((module) => [module, join(EXAMPLES, module)]));
    const loaded = await loadExtensions(extensions, new Map());
    expect([...loaded.failed.values()]).toEqual([]);
    plugins = loaded.plugins;
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  function pluginCalled<Kind extends Plugin['kind']>(
    kind: Kind,
    name: string,
  ): Extract<Plugin, { kind: Kind }> {
    const plugin = plugins.get(name);
    if (plugin?.kind !== kind) throw new Error(`no ${kind} ${name} among ${[...plugins.keys()].join(', ')}`);
    return plugin as Extract<Plugin, { kind: Kind }>;
  }

  it('check a queue', async () => {
    const queue = pluginCalled('check', 'queue');
    for (const name of ['a', 'b', 'c']) writeFileSync(join(folder, name), '');
    expect(await queue.run({ folder }, checkContext())).toEqual({
      status: 0,
      output: `QUEUE OK: 3 waiting in ${folder} | 'waiting'=3;100;1000;0`,
    });
    expect(await queue.run({ folder, warning: 2 }, checkContext())).toMatchObject({
      status: 1,
      fault: 'target',
    });
    expect(problemsOf(queue.options, { folder, warning: 'many' })).toMatchObject([
      { path: 'warning', expected: expect.stringContaining('a range such as 80') },
    ]);
    await expect(queue.run({ folder: join(folder, 'none') }, checkContext())).rejects.toThrow('ENOENT');
  });

  it('filter, mutate and handle an event', async () => {
    const event = sampleEvent({ client: { environment: 'production' } });
    const filter = pluginCalled('filter', 'environment');
    expect(filter.run(event, { is: 'production' }, pluginContext())).toBeNull();
    expect(filter.run(sampleEvent(), { is: 'production' }, pluginContext())).toEqual({
      why: 'the client is not in production',
      seen: { attribute: 'client.environment', value: null },
    });
    const data = pluginCalled('mutator', 'one_line').run(event, {}, pluginContext());
    expect(data).toBe('critical web-1/disk DISK CRITICAL: /var is 93 % full');
    const file = join(folder, 'log');
    const handler = pluginCalled('handler', 'append');
    expect(await handler.run(event, { file }, handlerContext({ data }))).toBe(`added to ${file}`);
    expect(readFileSync(file, 'utf8')).toBe(`${data}\n`);
  });

  it('are configured as the docs say, the filter included', async () => {
    const file = join(folder, 'config.json');
    writeFileSync(file, JSON.stringify({ ...DEFINITIONS, extensions: extensionsOf(MODULES) }));
    const loaded = await loadSettings({
      file,
      directories: undefined,
      defaults: { hostname: 'web-1', address: '127.0.0.1' },
      plugins: new Map(),
    });
    if (!loaded.settings) throw new Error(JSON.stringify(loaded.problems));
    const plans = new HandlerPlans({ ...loaded.settings, plugins: loaded.plugins });
    const outcome = (event: Event) => {
      const { deliveries, records } = decide(event, plans, { plugin: pluginContext(), nextId: () => 'd-1' });
      return {
        told: deliveries.map(({ handler }) => handler),
        held: records.map(({ filtered }) => filtered?.why),
      };
    };
    const check = { handlers: ['problems'] };
    expect(outcome(sampleEvent({ check, client: { environment: 'production' } }))).toEqual({
      told: ['problems'],
      held: [],
    });
    expect(outcome(sampleEvent({ check, client: { environment: 'office' } }))).toEqual({
      told: [],
      held: ['the client is not in production'],
    });
  });

  it.each(MODULES)('stand word for word in the docs: %s', (module) => {
    const docs = readFileSync(resolve(import.meta.dirname, '../docs/plugins.md'), 'utf8');
    expect(docs).toContain(`\`\`\`js\n${readFileSync(join(EXAMPLES, module), 'utf8')}\`\`\``);
  });
});
