import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
import { loadFiles, mistakesOf, withFolder, writeFiles } from '../testing/config-files.ts';
import { loadExtensions, moduleOf } from './extensions.ts';

const DOOR = pathToFileURL(join(import.meta.dirname, '../plugin.ts')).href;
const HANDLER = `{ kind: 'handler', name: 'chat', options: { type: 'object', required: ['room'], properties: { room: { type: 'string' } } }, run: async () => 'told' }`;

test('a module’s plugins are taken, whether exported by default or by name, each once', async () => {
  const text = `
    import { defineCheck, Type } from '${DOOR}';
    export const ping = defineCheck({ name: 'ping', options: Type.Object({ url: Type.String() }), run: async () => ({ status: 0, output: '' }) });
    export default ping;
    export const chat = ${HANDLER};
    export const other = 5, nothing = null, list = [];`;
  const files = { 'a.json': { extensions: { mine: { module: './ext/mine.mjs' } } }, 'ext/mine.mjs': text };
  const check = { extension: 'ping', ping: { url: 5 }, subscribers: ['a'], interval: 1 };
  const mistakes = mistakesOf(await loadFiles({ ...files, 'b.json': { checks: { p: check } } }));
  expect(mistakes).toMatchObject([{ file: 'b.json', path: 'checks.p.ping.url' }]);
  const handler = { type: 'chat', chat: { room: 'ops' } };
  const loaded = await loadFiles({ ...files, 'b.json': { handlers: { h: handler } } });
  expect(loaded.problems).toBeUndefined();
  expect(loaded.settings && [...loaded.plugins.keys()]).toEqual(['ping', 'chat']);
});

test.each([
  ['nothing that is a plugin', 'export const a = 1;', 'exports no plugin'],
  ['a throw', 'throw new Error("out of order\\nline two");', 'out of order'],
  [
    'a plugin without a name',
    `export const a = { kind: 'check', options: { type: 'object' }, run() {} };`,
    'has no name',
  ],
  [
    'a plugin without options',
    `export const a = { kind: 'check', name: 'x', run() {} };`,
    'no options schema',
  ],
  [
    'a plugin that cannot run',
    `export const a = { kind: 'check', name: 'x', options: { type: 'object' } };`,
    'no function "run"',
  ],
  [
    'two of the same name',
    `export const a = ${HANDLER}; export const b = ${HANDLER};`,
    'another plugin called "chat"',
  ],
])('%s fails with PLUGIN_INVALID, naming module and reason', async (_what, text, reason) => {
  await withFolder(async (folder) => {
    const module = join(folder, 'bad.mjs');
    await writeFiles(folder, { 'bad.mjs': text });
    const { plugins, failed } = await loadExtensions(new Map([['bad', module]]), new Map());
    const error = failed.get('bad');
    expect(plugins.size).toBe(0);
    expect(error).toMatchObject({ code: 'PLUGIN_INVALID', kind: 'config' });
    expect(error?.message).toContain(module);
    expect(error?.message).toContain(reason);
  });
});

test('an extension that cannot be loaded is a problem where it is named, with a hint for a file', async () => {
  const { problems } = await loadFiles({
    'a.json': { extensions: { gone: { module: './gone.mjs' } } },
    'b.json': { extensions: { bare: { module: 'bare.mjs' }, pkg: { module: 'tocsin-no-such-package' } } },
  });
  expect(problems?.map(({ file, path, hint }) => [file, path, hint])).toEqual([
    ['a.json', 'extensions.gone.module', undefined],
    ['b.json', 'extensions.bare.module', 'for a file beside this one write "./bare.mjs"'],
    ['b.json', 'extensions.pkg.module', undefined],
  ]);
});

test('a Ruby extension is left out with a warning', async () => {
  const loaded = await loadFiles({
    'a.json': { extensions: { snmp: { gem: 'sensu-extensions-snmp', version: '1.0' } } },
  });
  expect(loaded.warnings).toMatchObject([{ path: 'extensions.snmp', line: 3 }]);
  expect(loaded.settings?.extensions.size).toBe(0);
  expect(loaded.settings?.document.extensions).toEqual({
    snmp: { gem: 'sensu-extensions-snmp', version: '1.0' },
  });
});

test.each([
  ['./x.mjs', '/etc/tocsin/x.mjs'],
  ['../x.mjs', '/etc/x.mjs'],
  ['/opt/x.mjs', '/opt/x.mjs'],
  ['tocsin-x', 'tocsin-x'],
  ['@me/tocsin-x', '@me/tocsin-x'],
])('%s named in /etc/tocsin/a.json is %s', (written, module) => {
  expect(moduleOf(written, '/etc/tocsin/a.json')).toBe(module);
});
