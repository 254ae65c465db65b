import { expect, test } from 'vitest';
import type { ConfigProblem, LoadedSettings, Settings } from '../../config/index.ts';
import { memoryLog } from '../../testing/log.ts';
import { testSettings } from '../../testing/settings.ts';
import type { Finding } from './finding.ts';
import { Reloader } from './reload.ts';

const PROBLEM: ConfigProblem = { file: 'a.json', line: 1, path: 'api', expected: 'an object', found: '1' };

function settingsOf(document: Settings['document'], change: Partial<Settings> = {}): Settings {
  return { ...testSettings(), document, files: ['a.json'], ...change };
}

/** A reloader; `next` says what is read, by name, and `applied` what was put in force. */
function setUp(apply: (settings: Settings) => Promise<void> = async () => {}) {
  const log = memoryLog();
  const applied: Settings['document'][] = [];
  const findings: Finding[] = [];
  const renewed: Settings['document'][] = [];
  const world = {
    next: settingsOf({}) as Settings | readonly ConfigProblem[] | Error,
    loads: 0,
    opened: undefined as (() => void) | undefined,
  };
  const reloader = new Reloader({
    settings: settingsOf({}),
    log,
    load: async () => {
      world.loads++;
      const { next } = world;
      if (world.opened) await new Promise<void>((resolve) => (world.opened = resolve));
      if (next instanceof Error) throw next;
      const found = 'document' in next ? { settings: next } : { problems: next };
      return { ...found, plugins: new Map(), warnings: [] } as unknown as LoadedSettings;
    },
    apply: async (settings) => {
      applied.push(settings.document);
      await apply(settings);
    },
    report: async (finding) => void findings.push(finding),
    renew: ({ document }) => void renewed.push(document),
  });
  const statuses = () => findings.map(({ status }) => status);
  return { reloader, world, log, applied, findings, renewed, statuses };
}

test('what has not changed is not put in force again, whoever asks', async () => {
  const { reloader, log, applied, statuses } = setUp();
  await reloader.reload('SIGHUP');
  expect(applied).toEqual([]);
  expect(statuses()).toEqual([0]);
  expect(log.lines.map(({ message }) => message)).toEqual(['the configuration has not changed']);
});

test('what has changed is put in force, and is what the next one is compared with', async () => {
  const { reloader, world, applied } = setUp();
  world.next = settingsOf({ a: 1 });
  await reloader.reload('x');
  await reloader.reload('x');
  expect(applied).toEqual([{ a: 1 }]);
  expect(reloader.settings.document).toEqual({ a: 1 });
  world.next = settingsOf({ a: 1 }, { files: ['a.json', 'b.json'] });
  await reloader.reload('x');
  expect(applied).toHaveLength(2);
});

test('mistakes change nothing and are told', async () => {
  const { reloader, world, applied, findings } = setUp();
  world.next = [PROBLEM];
  await reloader.reload('x');
  expect(applied).toEqual([]);
  expect(findings).toMatchObject([{ status: 2, output: expect.stringContaining('a.json:1  api') }]);
  expect(reloader.settings.document).toEqual({});
});

test('a check that is left out is a warning, and the rest is in force', async () => {
  const { reloader, world, applied, findings } = setUp();
  world.next = settingsOf({ a: 1 }, { skippedChecks: new Map([['disk', [PROBLEM]]]) });
  await reloader.reload('x');
  expect(applied).toHaveLength(1);
  expect(findings).toMatchObject([{ status: 1, output: expect.stringContaining('1 check left out: disk') }]);
});

test('after a change that broke off, the way back is put in force too', async () => {
  const { reloader, world, applied, statuses } = setUp(async ({ document }) => {
    if (document['a'] === 1) throw new Error('half of it');
  });
  world.next = settingsOf({ a: 1 });
  await reloader.reload('x');
  world.next = settingsOf({});
  await reloader.reload('x');
  await reloader.reload('x');
  expect(applied).toEqual([{ a: 1 }, {}]);
  expect(statuses()).toEqual([2, 0, 0]);
});

test('reading that fails is told, and the next one is tried', async () => {
  const { reloader, world, findings, applied } = setUp();
  world.next = new Error('disk on fire');
  await reloader.reload('x');
  expect(findings).toMatchObject([{ status: 2, output: expect.stringContaining('disk on fire') }]);
  world.next = settingsOf({ a: 1 });
  await reloader.reload('x');
  expect(applied).toEqual([{ a: 1 }]);
});

test('whoever asks during a reload gets one more behind it, together', async () => {
  const { reloader, world, applied } = setUp();
  world.opened = () => {};
  world.next = settingsOf({ a: 1 });
  const first = reloader.reload('x');
  const open = world.opened as () => void;
  world.opened = undefined;
  world.next = settingsOf({ a: 2 });
  const others = [reloader.reload('y'), reloader.reload('z')];
  open();
  await Promise.all([first, ...others]);
  expect(world.loads).toBe(2);
  expect(applied).toEqual([{ a: 1 }, { a: 2 }]);
});

test('what only a start acts on is named each time until then, and nothing else is lost', async () => {
  const { reloader, world, log } = setUp();
  world.next = settingsOf({ a: 1 }, { api: { ...testSettings().api, port: 5 } });
  await reloader.reload('x');
  await reloader.reload('x');
  const named = log.lines.filter(({ message }) => message === 'this change needs a restart');
  expect(named.map(({ fields }) => fields?.['attribute'])).toEqual(['api.port', 'api.port']);
  expect(reloader.settings.api.port).toBe(0);
});

test('files that the configuration only names are read again each time, but not for one with mistakes', async () => {
  const { reloader, world, renewed, applied } = setUp();
  await reloader.reload('SIGHUP');
  world.next = [PROBLEM];
  await reloader.reload('SIGHUP');
  world.next = settingsOf({ a: 1 });
  await reloader.reload('SIGHUP');
  expect(renewed).toEqual([{}, { a: 1 }]);
  expect(applied).toEqual([{ a: 1 }]);
});
