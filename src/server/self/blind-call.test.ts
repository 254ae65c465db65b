import { expect, test } from 'vitest';
import type { Handler } from '../../model/handler.ts';
import { builtInPlugins } from '../../plugins/index.ts';
import { ManualClock } from '../../testing/clock.ts';
import { memoryLog } from '../../testing/log.ts';
import { seededRandom } from '../../testing/random.ts';
import { FakeSpawner } from '../../testing/spawner.ts';
import { blindEvent, blindHandlers, callHandlers } from './blind-call.ts';

const client = { name: 'tocsin-hall', subscriptions: [], timestamp: 1 };
const event = blindEvent('create', { client, id: 'an-id', output: 'blind', now: 100 });

const handlers = new Map<string, Handler>(
  [
    { name: 'default', type: 'pipe', command: 'page.sh' },
    { name: 'urgent', type: 'pipe', command: 'urgent.sh', timeout: 20, notify_when_blind: true },
    { name: 'filtered', type: 'pipe', command: 'other.sh', severities: ['ok'], notify_when_blind: true },
    { name: 'all', type: 'set', handlers: ['default'], notify_when_blind: true },
    { name: 'off', type: 'pipe', command: 'off.sh', notify_when_blind: false },
  ].map((handler) => [handler.name, handler as Handler]),
);

async function call(answer: FakeSpawner['answer'] = {}) {
  const spawner = new FakeSpawner();
  spawner.answer = answer;
  const log = memoryLog();
  const clock = new ManualClock();
  const random = seededRandom(1);
  const plugins = new Map(builtInPlugins.map((plugin) => [plugin.name, plugin]));
  await callHandlers(
    event,
    { handlers, filters: new Map(), mutators: new Map(), plugins },
    {
      ...{ spawner, clock, random, log, signal: new AbortController().signal },
      ...{ commandTimeoutMs: 1000, newId: () => random.uuid() },
    },
  );
  return { lines: spawner.lines, log };
}

test('those that want to be called are, past their filters; sets and others are not', async () => {
  expect(blindHandlers({ handlers }).map(({ name }) => name)).toEqual(['urgent', 'filtered']);
  const { lines, log } = await call();
  expect(lines.map(({ command, timeoutMs }) => [command, timeoutMs])).toEqual([
    ['urgent.sh', 20_000],
    ['other.sh', 1000],
  ]);
  expect(JSON.parse(lines[0]?.stdin ?? '')).toEqual(event);
  expect(log.lines.map(({ level, fields }) => [level, fields['handler']])).toEqual([
    ['info', 'urgent'],
    ['info', 'filtered'],
  ]);
});

test('one that fails is logged', async () => {
  const { log } = await call({ status: 1, output: 'no route' });
  expect(log.lines[0]).toMatchObject({
    level: 'error',
    message: 'handler error',
    fields: { handler: 'urgent', check: 'blindness', error: 'the command ended with status 1: no route' },
  });
});

test('the end has the id of the beginning, and a history that says so', () => {
  const end = blindEvent('resolve', { client, id: 'an-id', output: 'sees', now: 160 });
  expect(end).toMatchObject({
    id: 'an-id',
    action: 'resolve',
    check: { status: 0, history: ['2', '0'], executed: 160 },
  });
});
