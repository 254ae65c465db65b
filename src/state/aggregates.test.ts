import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { startWorld, type World } from '../testing/api/world.ts';
import { aggregateResults, deleteAggregate, groupAggregate, summarizeAggregate } from './aggregates.ts';
import type { Views } from './views.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld({ consumer: false });
});
afterEach(() => world.clear());
afterAll(() => world.stop());

async function member(client: string, check: string, status: number, executed = 100, names = ['web']) {
  const output = `said ${status}`;
  await world.state(client, { check: { name: check, status, output, executed }, aggregates: names });
}

describe('an aggregate', () => {
  it('counts its members by severity; a status above 3 is unknown', async () => {
    for (const [index, status] of [0, 0, 1, 2, 3, 77, -1].entries())
      await member(`i-${index}`, 'disk', status);
    await member('i-0', 'load', 0);
    expect(summarizeAggregate(world.views, 'web', undefined)).toEqual({
      ...{ clients: 7, checks: 2 },
      results: { ok: 3, warning: 1, critical: 1, unknown: 3, total: 8, stale: 0 },
    });
  });

  it('counts what is too old as stale and nowhere else', async () => {
    await member('i-0', 'disk', 2, 100);
    await member('i-1', 'disk', 0, 101);
    await member('i-2', 'disk', 0, undefined);
    expect(summarizeAggregate(world.views, 'web', 101)?.results).toMatchObject({
      total: 1,
      stale: 2,
      critical: 0,
    });
  });

  it('tells only of status 3 what unknown results said', async () => {
    await member('i-0', 'disk', 3);
    await member('i-1', 'disk', 77);
    expect(aggregateResults(world.views, 'web', 'unknown', undefined)).toEqual([
      { check: 'disk', summary: [{ output: 'said 3', total: 1, clients: ['i-0'] }] },
    ]);
  });

  it('gathers clients that said the same', async () => {
    for (const client of ['a', 'b']) await member(client, 'disk', 1);
    expect(aggregateResults(world.views, 'web', 'warning', undefined)).toEqual([
      { check: 'disk', summary: [{ output: 'said 1', total: 2, clients: ['a', 'b'] }] },
    ]);
    expect([...groupAggregate(world.views, 'web', 'check')]).toEqual([['disk', ['a', 'b']]]);
  });

  it('gathers very many that said the same without copying them each time', () => {
    const check = { name: 'disk', status: 2, output: 'full' };
    const views = {
      *members() {
        for (let index = 0; index < 200_000; index++) {
          yield { client: `i-${index}`, check: 'disk', state: { check, history: [2] } };
        }
      },
    } as unknown as Views;
    const [summary] = aggregateResults(views, 'web', 'critical', undefined) ?? [];
    expect(summary?.summary.map(({ total }) => total)).toEqual([200_000]);
  });

  it('has no member whose result was deleted while its event is open', async () => {
    await world.state('i-0', {
      check: { name: 'disk', status: 2, output: '' },
      history: [],
      aggregates: ['web'],
    });
    expect(summarizeAggregate(world.views, 'web', undefined)).toBeUndefined();
    expect(aggregateResults(world.views, 'web', 'ok', undefined)).toBeUndefined();
  });

  it('is deleted in slices, and leaves other aggregates of its members alone', async () => {
    const writes = Array.from({ length: 1201 }, (_, index) => ({
      kind: 'state',
      name: `i-${index}/disk`,
      value: {
        check: { name: 'disk', status: 0, output: '' },
        ...{ history: [0], last_ok: null, event: null, taken: [], aggregates: ['web', 'all'] },
        today: { day: 0, ok: 0, warning: 0, critical: 0, unknown: 0 },
      },
    }));
    await world.store.commit([{ writes }]);
    await world.views.shown();
    expect(await deleteAggregate(world, 'web')).toBe(true);
    await world.views.shown();
    expect([...world.views.aggregates()]).toEqual(['all']);
    expect(summarizeAggregate(world.views, 'all', undefined)?.clients).toBe(1201);
    expect(await deleteAggregate(world, 'web')).toBe(false);
    expect(await deleteAggregate(world, 'all')).toBe(true);
    expect(world.views.state('i-0', 'disk')).not.toHaveProperty('aggregates');
  });
});
