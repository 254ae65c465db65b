import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startWorld, type World } from '../testing/api/world.ts';
import { ManualClock } from '../testing/clock.ts';
import { publishAcknowledged } from './acknowledged.ts';
import { removeClient } from './removal.ts';
import { update } from './update.ts';

let world: World;
beforeEach(async () => {
  world = await startWorld({ consumer: false });
});
afterEach(() => world.stop());

const OPTIONS = {
  output: 'gone',
  reason: 'asked' as const,
  why: 'a test asked',
  acknowledgeMs: 1_000,
  resolveMs: 1_000,
};
const EVENT = {
  ...{
    id: 'e1',
    occurrences: 1,
    occurrences_watermark: 1,
    last_ok: null,
    action: 'create' as const,
    timestamp: 1,
  },
  client: { name: 'i-42', subscriptions: [], timestamp: 1 },
  check: { name: 'disk', status: 2, output: '', history: ['2'], total_state_change: 0 },
  ...{ silenced: false, silenced_by: [] },
};

async function clientWithEvent(): Promise<void> {
  await world.client({ name: 'i-42' });
  await world.state('i-42', { check: { name: 'disk', status: 2, output: '' }, event: EVENT });
}

describe('removeClient', () => {
  it('removes nothing when nobody acknowledges that the events ended', async () => {
    await clientWithEvent();
    const clock = new ManualClock();
    const removal = removeClient({ ...world, clock }, 'i-42', OPTIONS);
    const outcome = expect(removal).rejects.toMatchObject({ code: 'TIMED_OUT' });
    await clock.advance(1_000);
    await outcome;
    expect(world.views.client('i-42')).toBeDefined();
    expect(clock.pending).toBe(0);
  });

  it('gives up waiting for an event that stays open, and says so', async () => {
    await clientWithEvent();
    await world.transport.consumeResults(async () => undefined, { size: 1, spacingMs: 0 });
    const clock = new ManualClock();
    let ended = false;
    const removal = removeClient({ ...world, clock }, 'i-42', OPTIONS).finally(() => {
      ended = true;
    });
    await clock.advance(900);
    expect(ended).toBe(false);
    await clock.advance(200);
    expect(await removal).toBe(true);
    expect([world.views.client('i-42'), world.views.state('i-42', 'disk')]).toEqual([undefined, undefined]);
    expect(world.log.lines.filter(({ level }) => level === 'warn')).toMatchObject([
      { fields: { client: 'i-42' } },
    ]);
  });

  it('needs no list of the states of all clients, which takes long when there are very many', async () => {
    await world.client({ name: 'i-42' });
    await world.state('i-42', { check: { name: 'disk', status: 0, output: '' } });
    await world.state('i-421', { check: { name: 'disk', status: 0, output: '' } });
    world.store.list = () => Promise.reject(new Error('a list was asked for'));
    expect(await removeClient({ ...world, clock: new ManualClock() }, 'i-42', OPTIONS)).toBe(true);
    expect(Array.from(world.views.states(), ({ client }) => client)).toEqual(['i-421']);
  });

  it('begins again when the client changes meanwhile', async () => {
    await world.client({ name: 'i-42' });
    const { store } = world.registry;
    const commit = store.commit.bind(store);
    let interfered = 0;
    store.commit = async (changes) => {
      if (interfered++ === 0) {
        await commit([
          { writes: [{ kind: 'client', name: 'i-42', value: { ...world.views.client('i-42') } }] },
        ]);
      }
      return commit(changes);
    };
    const clock = new ManualClock();
    expect(await removeClient({ ...world, clock }, 'i-42', OPTIONS)).toBe(true);
    expect(interfered).toBe(2);
    expect(world.views.client('i-42')).toBeUndefined();
  });

  it('says when there is no such client', async () => {
    await world.client({ name: 'i-421' });
    expect(await removeClient({ ...world, clock: new ManualClock() }, 'i-42', OPTIONS)).toBe(false);
    expect(world.views.client('i-421')).toBeDefined();
  });
});

describe('publishAcknowledged', () => {
  const result = { client: 'a', check: { name: 'b', status: 0, output: '' } };

  it('passes on why a result was not taken, and leaves no timer', async () => {
    const clock = new ManualClock();
    await world.transport.close();
    const parts = { transport: world.transport, clock };
    await expect(publishAcknowledged(parts, result, 1_000)).rejects.toMatchObject({ kind: 'closed' });
    expect(clock.pending).toBe(0);
  });
});

describe('update', () => {
  it('decides again what others changed, and only that', async () => {
    for (const name of ['a', 'b', 'c']) await world.client({ name });
    const decided: string[] = [];
    const written = await update(world.registry, 'client', ['a', 'b', 'c', 'none'], (state, name) => {
      decided.push(name);
      if (!state) return 'keep';
      if (name === 'b' && decided.length <= 4) void world.client({ name: 'b', address: 'new' });
      return { ...state, signature: 's' };
    });
    expect(written).toBe(3);
    expect(decided).toEqual(['a', 'b', 'c', 'none', 'b']);
    expect(world.views.client('b')).toMatchObject({ signature: 's', client: { address: 'new' } });
  });

  it('gives up in the end', async () => {
    await world.client({ name: 'a' });
    const endless = update(world.registry, 'client', ['a'], (state) => {
      void world.client({ name: 'a' });
      return state;
    });
    await expect(endless).rejects.toMatchObject({ code: 'WRITE_CONFLICT', kind: 'conflict' });
  });
});
