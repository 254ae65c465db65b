import { expect, test } from 'vitest';
import { defineFilter, defineHandler, defineMutator, Type } from '../plugin.ts';
import { loadDocument, problemPaths } from '../testing/config-files.ts';

const chat = defineHandler({
  name: 'chat',
  options: Type.Object({ room: Type.String({ expected: 'a room' }) }),
  run: async () => 'told',
});
const quiet = defineFilter({
  name: 'quiet',
  options: Type.Object({ hours: Type.Integer() }),
  run: () => null,
});
const short = defineMutator({
  name: 'short',
  options: Type.Object({ length: Type.Optional(Type.Integer()) }),
  run: () => '',
});
const plugins = [chat, quiet, short];

const PIPE = { type: 'pipe', command: 'cat' };
const SOCKET = { socket: { host: '127.0.0.1', port: 9999 } };

test.each([
  PIPE,
  { type: 'tcp', ...SOCKET },
  { type: 'udp', ...SOCKET },
  { type: 'transport', pipe: { type: 'direct', name: 'events', options: {} } },
  { type: 'pipe', command: 'true', retry: 5, concurrency: 4, rate: 0.5, notify_when_blind: true },
  { type: 'pipe', command: 'true', retry: { tries: 3 } },
  { type: 'pipe', command: 'true', retry: { tries: 3, pause: 0.5, longest_pause: 60 } },
  { type: 'set', handlers: ['other'] },
  { type: 'set', handlers: [] },
  { type: 'set', handlers: ['other'], timeout: 'without meaning on a set' },
  { type: 'chat', chat: { room: 'ops' } },
  { ...PIPE, filter: 'f' },
  { ...PIPE, filters: ['f'] },
  { ...PIPE, severities: ['ok', 'warning', 'critical', 'unknown'] },
  { ...PIPE, severities: [] },
  { ...PIPE, mutator: 'short' },
  { ...PIPE, timeout: 10 },
  { ...PIPE, handle_silenced: true, handle_flapping: true },
  { ...PIPE, socket: 'without meaning on a pipe', pipe: 1, team: 'ops' },
  { ...PIPE, filter: null, timeout: null },
])('accepts %j', async (handler) => {
  expect(await problemPaths({ handlers: { h: handler } }, plugins)).toEqual([]);
});

test.each([
  ['type', {}],
  ['type', { type: 5 }],
  ['type', { type: '' }],
  ['type', { type: 'bogus' }],
  ['type', { type: 'quiet' }],
  ['command', { type: 'pipe' }],
  ['command', { type: 'pipe', command: '' }],
  ['socket', { type: 'tcp' }],
  ['socket.host', { type: 'tcp', socket: { port: 1 } }],
  ['socket.port', { type: 'udp', socket: { host: 'a', port: '1' } }],
  ['socket.port', { type: 'udp', socket: { host: 'a', port: 65_536 } }],
  ['pipe', { type: 'transport' }],
  ['pipe.type', { type: 'transport', pipe: { type: 'pigeon', name: 'x' } }],
  ['pipe.name', { type: 'transport', pipe: { type: 'topic' } }],
  ['pipe.options', { type: 'transport', pipe: { type: 'topic', name: 'x', options: 1 } }],
  ['handlers', { type: 'set' }],
  ['handlers', { type: 'set', handlers: 'x' }],
  ['handlers[0]', { type: 'set', handlers: [''] }],
  ['filter', { ...PIPE, filter: ['f'] }],
  ['filters', { ...PIPE, filters: 'f' }],
  ['filters[1]', { ...PIPE, filters: ['f', 1] }],
  ['severities', { ...PIPE, severities: 'critical' }],
  ['severities[0]', { ...PIPE, severities: ['bad'] }],
  ['mutator', { ...PIPE, mutator: '' }],
  ['timeout', { ...PIPE, timeout: '10' }],
  ['handle_silenced', { ...PIPE, handle_silenced: 'true' }],
  ['handle_flapping', { ...PIPE, handle_flapping: 1 }],
  ['retry', { ...PIPE, retry: 0 }],
  ['retry', { ...PIPE, retry: 1.5 }],
  ['retry', { ...PIPE, retry: { pause: 1 } }],
  ['retry', { ...PIPE, retry: { tries: 2, pause: 0 } }],
  ['retry', { ...PIPE, retry: { tries: 2, longest_pause: 86_401 } }],
  ['retry', { ...PIPE, retry: { tries: 2, delay: 1 } }],
  ['concurrency', { ...PIPE, concurrency: 0 }],
  ['rate', { ...PIPE, rate: 0 }],
  ['rate', { ...PIPE, rate: '5' }],
  ['notify_when_blind', { ...PIPE, notify_when_blind: 1 }],
  ['chat.room', { type: 'chat' }],
  ['chat.room', { type: 'chat', chat: { room: 5 } }],
  ['severities', { type: 'chat', chat: { room: 'ops' }, severities: 'x' }],
])('refuses %s in %j', async (path, handler) => {
  expect(await problemPaths({ handlers: { h: handler } }, plugins)).toEqual([`handlers.h.${path}`]);
});

test('an unknown type is told with every known one and the nearest', async () => {
  const { problems } = await loadDocument({ handlers: { h: { type: 'caht' } } }, plugins);
  expect(problems).toMatchObject([
    { expected: 'one of pipe, tcp, udp, transport, set, chat', hint: 'did you mean "chat"?' },
  ]);
});

test('what a set would not hand on is warned of', async () => {
  const { warnings } = await loadDocument({
    handlers: { h: { type: 'set', handlers: ['h'], severities: ['ok'] } },
  });
  expect(warnings).toMatchObject([{ path: 'handlers.h.severities' }]);
});

test.each([
  [[], { attributes: {} }],
  [[], { attributes: { check: { status: 2 } }, negate: true }],
  [['filters.f.attributes'], {}],
  [['filters.f.attributes'], { attributes: [] }],
  [['filters.f.negate'], { attributes: {}, negate: 'true' }],
  [['filters.f'], 'x'],
])('filters: problems %j of %j', async (paths, filter) => {
  expect(await problemPaths({ filters: { f: filter } })).toEqual(paths);
});

test.each([
  [[], { command: 'cat' }],
  [[], { command: 'cat', timeout: 5 }],
  [['mutators.m.command'], {}],
  [['mutators.m.timeout'], { command: 'cat', timeout: 'x' }],
])('mutators: problems %j of %j', async (paths, mutator) => {
  expect(await problemPaths({ mutators: { m: mutator } })).toEqual(paths);
});

test('an entry named like a plugin holds its options, unless it is a definition of its own', async () => {
  expect(await problemPaths({ filters: { quiet: { hours: 'x' } } }, plugins)).toEqual([
    'filters.quiet.hours',
  ]);
  expect(await problemPaths({ mutators: { short: { length: 'x' } } }, plugins)).toEqual([
    'mutators.short.length',
  ]);
  const { settings } = await loadDocument(
    { filters: { quiet: { attributes: {} } }, mutators: { short: { length: 5 } } },
    plugins,
  );
  expect(settings?.filters.get('quiet')).toEqual({ attributes: {} });
  expect(settings?.mutators.has('short')).toBe(false);
  expect(settings?.document).toMatchObject({ mutators: { short: { length: 5 } } });
});
