import { describe, expect, test } from 'vitest';
import type { DeliveryRecord } from '../../model/delivery.ts';
import { TocsinError } from '../../runtime/errors.ts';
import type { Change, Store } from '../../store/port.ts';
import { ManualClock } from '../../testing/clock.ts';
import { numbered, type Post, pipelineWorld } from '../../testing/pipeline.ts';
import { sampleEvent } from '../../testing/plugin-context.ts';
import { until } from '../../testing/until.ts';

const world = pipelineWorld();
const { pipelineWith, bring, commitOnly, records, due, shaky } = world;

describe('a store that is away', () => {
  const away = (): TocsinError => new TocsinError('STORE_UNAVAILABLE', 'the disk is full');

  test('is asked again, ever more slowly, and nothing is lost', async () => {
    const clock = new ManualClock();
    const { on, fail, tries } = shaky();
    const { pipeline, log } = pipelineWith({ on, clock });
    await pipeline.start();
    fail(away());
    const before = tries();
    await bring(pipeline, numbered(1), numbered(2));
    await until(() => clock.pending > 0, 'the store is asked again later');
    await clock.advance(10_000);
    expect(tries() - before).toBe(7);
    expect(pipeline.inHand).toBe(2);
    expect(await due()).toHaveLength(2);
    expect(log.lines.filter((line) => line.level === 'error')).toHaveLength(1);
    fail(undefined);
    let idle = false;
    void pipeline.idle().then(() => {
      idle = true;
    });
    while (!idle) await clock.advance(1_000);
    expect(await due()).toEqual([]);
    expect(await records()).toHaveLength(2);
    expect(log.lines.at(-1)?.message).toBe('deliveries are written to the store again');
  });

  test('holds up start until it is there', async () => {
    const former = pipelineWith();
    await commitOnly(former.pipeline, sampleEvent());
    const clock = new ManualClock();
    const { on, fail } = shaky();
    fail(away());
    const { pipeline } = pipelineWith({ on, clock });
    const starting = pipeline.start();
    await until(() => clock.pending > 0, 'the store is asked again later');
    fail(undefined);
    await clock.advance(100);
    await starting;
    await pipeline.idle();
    expect(await records()).toHaveLength(1);
  });

  test('start rejects when reading fails otherwise', async () => {
    const { on, fail } = shaky();
    fail(new TocsinError('STORE_FORMAT', 'made by a newer version'));
    await expect(pipelineWith({ on }).pipeline.start()).rejects.toThrow('made by a newer version');
  });

  test('and closed is not asked again', async () => {
    const { on, fail } = shaky();
    const { pipeline, log } = pipelineWith({ on });
    await pipeline.start();
    fail(new TocsinError('STORE_CLOSED', 'the store is closed'));
    await bring(pipeline, sampleEvent());
    await pipeline.idle();
    expect(await due()).toHaveLength(1);
    expect(log.lines.at(-1)).toMatchObject({
      level: 'error',
      message: expect.stringContaining('carried out again after the next start'),
    });
  });
});

describe('a record that the store can never take', () => {
  test('is set aside; its delivery is over, and the others are recorded', async () => {
    const on: Store = Object.create(world.store, {
      commit: {
        value: async (changes: readonly Change[]) => {
          const entries = changes.flatMap(({ appends = [] }) =>
            appends.map(({ entry }) => entry as DeliveryRecord),
          );
          if (entries.some(({ output }) => output === 'odd')) throw new TocsinError('BUG', 'it is no JSON');
          return world.store.commit(changes);
        },
      },
      list: { value: (...args: Parameters<Store['list']>) => world.store.list(...args) },
    });
    const post: Post = async ({ occurrences }) => (occurrences === 3 ? 'odd' : 'told');
    const { pipeline, log, counters } = pipelineWith({ on, post });
    await pipeline.start();
    await bring(pipeline, ...[1, 2, 3, 4, 5].map((count) => numbered(count)));
    await pipeline.idle();
    expect((await records()).map(({ occurrences }) => occurrences)).toEqual([1, 2, 4, 5]);
    expect(await due()).toEqual([]);
    expect(counters.read('set_aside')).toBe(1);
    expect(log.lines.filter(({ level }) => level === 'error')).toMatchObject([
      { fields: { handler: 'mail', check: 'disk', error: 'it is no JSON' } },
    ]);
  });
});
