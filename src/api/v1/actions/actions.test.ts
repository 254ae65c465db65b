import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { silentLog } from '../../../runtime/log.ts';
import { type DescribedCall, describedCalls } from '../../../testing/api/described.ts';
import { startWorld, type World, type WorldOptions } from '../../../testing/api/world.ts';
import { ManualClock } from '../../../testing/clock.ts';
import { memoryLog } from '../../../testing/log.ts';
import { seededRandom } from '../../../testing/random.ts';
import { until } from '../../../testing/until.ts';
import { ActionBook, type PlannedAction } from './book.ts';

const worlds: World[] = [];
afterEach(async () => {
  for (const world of worlds.splice(0)) await world.stop();
});

async function start(
  options: WorldOptions = {},
  headers = {},
): Promise<{ world: World; call: DescribedCall }> {
  const world = await startWorld(options);
  worlds.push(world);
  return { world, call: await describedCalls(world.url, headers) };
}

interface Shown {
  id: string;
  state: string;
  count: number;
  sample: string[];
  progress: { done: number; skipped: number; failed: number };
  errors: { name: string; error: string }[];
  why: string | null;
  by: string | null;
}

async function ask(call: DescribedCall, body: object): Promise<Shown> {
  const { status, body: shown } = await call('POST', '/actions', body);
  expect(status).toBe(202);
  return shown as Shown;
}

/** Asks for something and waits until it has ended. */
async function carriedOut(call: DescribedCall, body: object): Promise<Shown> {
  const { id } = await ask(call, { hold_seconds: 0, ...body });
  let shown: Shown | undefined;
  do {
    shown = (await call('GET', `/actions/${id}`)).body as Shown;
  } while (shown.state === 'waiting' || shown.state === 'running');
  return shown;
}

describe('bulk actions', () => {
  it('resolve what a search finds', async () => {
    const { world, call } = await start();
    for (const number of [1, 2, 3]) await world.result(`web-${number}`, 'disk', 2);
    await world.result('web-1', 'load', 1);
    const wish = { action: 'resolve', q: 'check:disk -client:web-3' };
    const preview = await call('POST', '/actions', { ...wish, dry_run: true });
    expect(preview).toMatchObject({ status: 200, body: { count: 2, sample: ['web-1/disk', 'web-2/disk'] } });
    expect(await carriedOut(call, wish)).toMatchObject({
      state: 'done',
      progress: { done: 2, skipped: 0, failed: 0 },
    });
    expect(
      Array.from(world.views.events(), ({ client, check }) => `${client.name}/${check.name}`).sort(),
    ).toEqual(['web-1/load', 'web-3/disk']);
  });

  it('silence and clear by name', async () => {
    const { world, call } = await start();
    await world.client({ name: 'web-1' });
    await world.result('web-1', 'disk', 2);
    const parameters = { reason: 'work', creator: 'ada', expire_seconds: 60 };
    await carriedOut(call, { action: 'silence', names: ['web-1/disk', 'no/thing'], parameters });
    await carriedOut(call, { action: 'silence', subject: 'clients', q: 'name:web-*' });
    await carriedOut(call, { action: 'silence', subject: 'checks', names: ['load', 'b/d'] });
    const ids = () => Array.from(world.views.silences(), ({ silence }) => silence.id).sort();
    expect(ids()).toEqual(['*:load', 'client:web-1:*', 'client:web-1:disk']);
    expect(world.views.silence('client:web-1:disk')?.silence).toMatchObject({
      reason: 'work',
      creator: 'ada',
    });
    await carriedOut(call, { action: 'clear-silence', names: ['*:load', 'web:none'] });
    await carriedOut(call, { action: 'clear-silence', subject: 'events', q: '' });
    expect(ids()).toEqual(['client:web-1:*']);
  });

  it('delete clients and results, and say so in the log of removals', async () => {
    const { world, call } = await start();
    for (const name of ['a', 'b']) {
      await world.client({ name });
      await world.result(name, 'disk', 0);
    }
    await carriedOut(call, { action: 'delete-clients', names: ['a'], parameters: { reason: 'gone' } });
    await carriedOut(call, { action: 'delete-results', q: 'client:b' });
    expect([world.views.client('a'), world.views.state('b', 'disk')]).toEqual([undefined, undefined]);
    const { body } = await call('GET', '/removals');
    expect(body).toMatchObject({
      items: [
        { client: 'b', reason: 'asked' },
        { client: 'a', check: null, why: 'gone' },
      ],
    });
  });

  it('ask for checks, at the client itself or at all subscribers', async () => {
    const check = { name: 'disk', command: 'true', subscribers: ['web'], interval: 10 };
    const { world, call } = await start({ checks: [check] });
    const taken: unknown[] = [];
    for (const name of ['web', 'client:web-1']) {
      await world.transport.subscribe(
        { client: 'web-1', subscriptions: [name] } as never,
        async (request: unknown) => {
          taken.push([name, (request as { name: string }).name]);
        },
      );
    }
    await world.result('web-1', 'disk', 0);
    await world.result('web-1', 'other', 0);
    expect(await carriedOut(call, { action: 'request', subject: 'checks', names: ['disk'] })).toMatchObject({
      state: 'done',
    });
    const mixed = await carriedOut(call, { action: 'request', q: 'client:web-1' });
    expect(mixed).toMatchObject({
      ...{ state: 'failed', progress: { done: 1, failed: 1 } },
      errors: [{ name: 'web-1/other', error: expect.stringContaining('no check other') }],
    });
    await until(() => taken.length >= 2, 'both requests arrived');
    expect(taken).toEqual(
      expect.arrayContaining([
        ['web', 'disk'],
        ['client:web-1', 'disk'],
      ]),
    );
  });

  it('can be cancelled while they are held, and not later', async () => {
    const { world, call } = await start();
    await world.result('web-1', 'disk', 2);
    const held = await ask(call, { action: 'resolve', q: '' });
    expect(held).toMatchObject({ state: 'waiting', count: 1, sample: ['web-1/disk'] });
    expect((await call('DELETE', `/actions/${held.id}`)).status).toBe(204);
    expect((await call('GET', `/actions/${held.id}`)).body).toMatchObject({ state: 'cancelled' });
    expect((await call('DELETE', `/actions/${held.id}`)).status).toBe(409);
    expect((await call('DELETE', '/actions/nothing')).status).toBe(404);
    expect((await call('GET', '/actions/nothing')).status).toBe(404);
    const ended = await carriedOut(call, { action: 'resolve', q: '' });
    expect((await call('DELETE', `/actions/${ended.id}`)).status).toBe(409);
    expect((await call('GET', '/actions')).body).toMatchObject({
      items: [{ id: ended.id }, { id: held.id }],
    });
    expect(world.views.eventCount()).toBe(0);
  });

  it('hit what was there when they were asked for', async () => {
    const { world, call } = await start();
    await world.result('web-1', 'disk', 2);
    const { id } = await ask(call, { action: 'resolve', q: '', hold_seconds: 0.5 });
    await world.result('web-2', 'disk', 2);
    await until(
      () => world.log.lines.some(({ message }) => message === 'a bulk action ended'),
      'the action ended',
    );
    expect((await call('GET', `/actions/${id}`)).body).toMatchObject({
      state: 'done',
      progress: { done: 1 },
    });
    await world.views.shown();
    expect(Array.from(world.views.events(), ({ client }) => client.name)).toEqual(['web-2']);
  });

  it('are logged with who asked and for what', async () => {
    const authorization = `Basic ${Buffer.from('ada:secret').toString('base64')}`;
    const { world, call } = await start({ api: { user: 'ada', password: 'secret' } }, { authorization });
    await world.result('web-1', 'disk', 2);
    await carriedOut(call, { action: 'resolve', q: 'client:web-1' });
    const lines = world.log.lines.filter(({ message }) => message.startsWith('a bulk action'));
    expect(lines).toMatchObject([
      { fields: { action: 'resolve', by: 'ada', count: 1, sample: ['web-1/disk'], state: 'waiting' } },
      { fields: { action: 'resolve', by: 'ada', state: 'done' } },
    ]);
  });

  it.each([
    [{ action: 'resolve' }, 400],
    [{ action: 'resolve', q: '', names: [] }, 400],
    [{ action: 'explode', q: '' }, 400],
    [{ action: 'resolve', subject: 'clients', q: '' }, 400],
    [{ action: 'request', subject: 'checks', q: '' }, 400],
    [{ action: 'resolve', q: 'nonsense:1' }, 400],
    [{ action: 'resolve', q: '', hold_seconds: 61 }, 400],
    [{ action: 'resolve', q: '', parameters: { force: true } }, 400],
    [{ action: 'resolve', names: ['no/thing'] }, 409],
  ])('refuse %j', async (wish, status) => {
    const { call } = await start();
    const answer = await call('POST', '/actions', wish);
    expect(answer).toMatchObject({ status, body: { error: expect.any(String) } });
  });

  it('are refused when too much waits', async () => {
    const { world, call } = await start({ limits: { actions: { actions: 1 } } });
    await world.result('web-1', 'disk', 2);
    await ask(call, { action: 'resolve', q: '' });
    expect((await call('POST', '/actions', { action: 'resolve', q: '' })).status).toBe(429);
  });

  it('fail item by item when nobody takes results', async () => {
    const { world, call } = await start({ consumer: false, limits: { acknowledgeMs: 20 } });
    const event = {
      id: 'e',
      client: { name: 'a' },
      check: { name: 'disk', status: 2, output: '', history: [] },
    };
    await world.state('a', { check: { name: 'disk', status: 2, output: '' }, event: event as never });
    expect(await carriedOut(call, { action: 'resolve', q: '' })).toMatchObject({
      ...{ state: 'failed', progress: { failed: 1 } },
      errors: [{ name: 'a/disk', error: expect.stringContaining('no server took') }],
    });
  });
});

describe('ActionBook', () => {
  let clock: ManualClock;
  beforeEach(() => {
    clock = new ManualClock();
  });
  const plan = (count: number): PlannedAction => ({
    ...{ action: 'resolve', subject: 'events', parameters: {}, by: null },
    names: Array.from({ length: count }, (_, number) => `n${number}`),
  });
  const book = (limits = {}, log = silentLog) =>
    new ActionBook({ clock, random: seededRandom(1), log, ended: () => undefined }, limits);

  it('holds, then works through all names, several at once', async () => {
    const actions = book({ atOnce: 3 });
    let busy = 0;
    let most = 0;
    const deed = async (): Promise<'done'> => {
      most = Math.max(most, ++busy);
      await new Promise((resolve) => setImmediate(resolve));
      busy--;
      return 'done';
    };
    const { id } = actions.hold(plan(1_000), deed, 10_000);
    await clock.advance(9_999);
    expect(actions.find(id)?.state).toBe('waiting');
    await clock.advance(1);
    await until(() => actions.find(id)?.state === 'done', 'it is done');
    expect([actions.find(id)?.progress.done, most]).toEqual([1_000, 3]);
  });

  it('gives up after many failures in a row, and keeps the first errors only', async () => {
    const actions = book({ failuresInARow: 30, atOnce: 1 });
    const { id } = actions.hold(plan(1_000), () => Promise.reject(new Error('no')), 0);
    await clock.advance(0);
    await until(() => actions.find(id)?.state === 'failed', 'it gave up');
    expect(actions.find(id)).toMatchObject({
      progress: { failed: 30 },
      why: expect.stringContaining('in a row'),
    });
    expect(actions.find(id)?.errors.length).toBe(20);
  });

  it('cancels what is held when it is closed, and takes nothing more', async () => {
    const log = memoryLog();
    const actions = book({}, log);
    const { id } = actions.hold(plan(1), () => Promise.reject(new Error('never')), 10_000);
    await actions.close();
    await clock.advance(20_000);
    expect(actions.find(id)).toMatchObject({ state: 'cancelled', why: 'Tocsin stopped' });
    expect([actions.hasRoom(1), clock.pending]).toEqual([false, 0]);
    expect(log.lines.at(-1)).toMatchObject({ fields: { state: 'cancelled' } });
  });

  it('forgets old actions and bounds what waits', async () => {
    const actions = book({ ended: 2, names: 10 });
    for (let number = 0; number < 5; number++) {
      const { id } = actions.hold(plan(1), async () => 'skipped', 0);
      await clock.advance(0);
      await until(() => actions.find(id)?.state === 'done', 'it is done');
    }
    expect(actions.all().length).toBe(2);
    expect([actions.hasRoom(10), actions.hasRoom(11)]).toEqual([true, false]);
  });
});
