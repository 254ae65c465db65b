import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import type { DeadLetter } from '../../model/delivery.ts';
import { writing } from '../../state/registry.ts';
import { startWorld, type World } from '../../testing/api/world.ts';
import { sampleEvent } from '../../testing/plugin-context.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterEach(async () => {
  const names = [...world.views.deadLetters().keys()];
  await world.registry.store.commit([{ writes: names.map((name) => writing('dead', name, undefined)) }]);
});
afterAll(() => world.stop());

async function call(method: string, path: string) {
  const response = await fetch(`${world.url}/api/v1${path}`, { method });
  const text = await response.text();
  return { status: response.status, body: text === '' ? undefined : JSON.parse(text) };
}

async function put(id: string, handler = 'mail', eventId?: string): Promise<void> {
  const event = sampleEvent({ client: { name: 'i-42' }, ...(eventId === undefined ? {} : { id: eventId }) });
  const letter: DeadLetter = {
    delivery: { id, handler, event, tries: 3 },
    record: {
      ...{ event_id: event.id, client: 'i-42', check: 'disk', handler, action: 'create', status: 2 },
      ...{ occurrences: 1, timestamp: 1_800_000_000, outcome: 'dead', tries: 3 },
      failed: { stage: 'handler', error: '502' },
    },
    timestamp: 1_800_000_000,
  };
  await world.registry.store.commit([{ writes: [writing('dead', id, letter)] }]);
}

it('are listed by handler, page by page, without their events', async () => {
  for (const id of ['d2', 'd1', 'd3']) await put(id);
  await put('d4', 'pager');
  expect((await call('GET', '/dead?handler=pager')).body).toEqual({
    items: [
      {
        ...{ id: 'd4', handler: 'pager', client: 'i-42', check: 'disk', event_id: sampleEvent().id },
        ...{ action: 'create', status: 2, timestamp: 1_800_000_000, tries: 3, error: '502' },
        ...{ event_open: false, again: null },
      },
    ],
    total: 1,
    next: null,
  });
  const seen: string[] = [];
  let after = '';
  do {
    const { body } = await call('GET', `/dead?limit=2&after=${after}`);
    seen.push(...body.items.map(({ id }: { id: string }) => id));
    after = body.next ?? '';
  } while (after !== '');
  expect(seen).toEqual(['d1', 'd2', 'd3', 'd4']);
});

it('tell whether their event is still open', async () => {
  await world.result('i-42', 'disk', 2);
  const id = world.views.state('i-42', 'disk')?.event?.id ?? '';
  await put('d1', 'mail', id);
  expect((await call('GET', '/dead')).body.items).toMatchObject([{ id: 'd1', event_open: true }]);
});

it('are shown whole', async () => {
  await put('d1');
  const { status, body } = await call('GET', '/dead/d1');
  expect([status, body.delivery.event.check.name, body.record.outcome]).toEqual([200, 'disk', 'dead']);
});

it('are marked to be sent again, and forgotten', async () => {
  await put('d1');
  await put('d2');
  expect(await call('POST', '/dead/d1/retry')).toEqual({ status: 202, body: { id: 'd1' } });
  expect((await call('GET', '/dead')).body.items).toMatchObject([
    { id: 'd1', again: expect.any(Number) },
    { id: 'd2', again: null },
  ]);
  expect(await call('DELETE', '/dead/d2')).toEqual({ status: 204, body: undefined });
  expect([...world.views.deadLetters().keys()]).toEqual(['d1']);
});

it.each([
  ['GET', '/dead/none'],
  ['POST', '/dead/none/retry'],
  ['DELETE', '/dead/none'],
])('%s %s is not found', async (method, path) => {
  expect(await call(method, path)).toEqual({ status: 404, body: { error: 'There is no dead letter none.' } });
});
