import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startWorld, type World } from '../testing/api/world.ts';

let world: World;
beforeEach(async () => {
  world = await startWorld();
});
afterEach(() => world.stop());

describe('Views', () => {
  it('count and list what there is, and no more', async () => {
    const { views } = world;
    await world.result('a', 'disk', 2);
    await world.result('a', 'cpu', 0);
    await world.result('b', 'disk', 1);
    expect([views.clientCount(), views.eventCount(), views.resultCount()]).toEqual([2, 2, 3]);
    expect([...views.events('a')].map(({ check }) => check.name)).toEqual(['disk']);
    expect([...views.results('b')].map(({ check }) => check)).toEqual(['disk']);
    await world.result('a', 'disk', 0);
    expect([views.eventCount(), [...views.events('a')]]).toEqual([1, []]);
  });

  it('list the open events of one check, as they come and go', async () => {
    const { views } = world;
    const clientsOf = (check: string) => Array.from(views.eventsOf(check), ({ client }) => client.name);
    for (const [client, check] of [
      ['a', 'disk'],
      ['a', 'cpu'],
      ['b', 'disk'],
    ] as const) {
      await world.result(client, check, 2);
    }
    await world.result('c', 'disk', 0);
    expect([clientsOf('disk'), clientsOf('cpu'), clientsOf('none')]).toEqual([['a', 'b'], ['a'], []]);
    await world.result('a', 'disk', 0);
    expect(clientsOf('disk')).toEqual(['b']);
    await world.clear();
    expect(clientsOf('disk')).toEqual([]);
  });

  it('tell a result that was deleted from the event that is left of it', async () => {
    const { views } = world;
    await world.result('a', 'disk', 2);
    const state = views.state('a', 'disk');
    if (!state) throw new Error('no state');
    await world.state('a', { ...state, history: [] });
    expect([views.resultCount(), views.eventCount(), [...views.results()]]).toEqual([0, 1, []]);
    await world.result('a', 'disk', 2);
    expect(views.resultCount()).toBe(1);
  });

  it('show a write when they say so', async () => {
    const { views, registry } = world;
    for (let number = 0; number < 50; number++) {
      await world.client({ name: `c-${number}` });
      const value = { client: { name: 'x' } };
      await registry.store.commit([{ writes: [{ kind: 'client', name: 'x', value }] }]);
      await views.shown();
      expect(views.cursor).toBe(registry.store.cursor());
    }
  });
});
