import { describe, expect, test } from 'vitest';
import { writing } from '../../state/registry.ts';
import type { Store } from '../../store/index.ts';
import { ManualClock } from '../../testing/clock.ts';
import { numbered, type Post, pipelineWorld, standIn } from '../../testing/pipeline.ts';
import { sampleEvent } from '../../testing/plugin-context.ts';

const world = pipelineWorld();
const { pipelineWith, bring, commitOnly, records, due } = world;

describe('after a death', () => {
  test('what was left is carried out again: in order, before anything new, under the same ids', async () => {
    const stuck = pipelineWith({ post: () => new Promise(() => {}) });
    await stuck.pipeline.start();
    const left = await bring(stuck.pipeline, numbered(1), numbered(2));
    left.push(...(await commitOnly(stuck.pipeline, numbered(3))));
    await stuck.pipeline.stop(0);
    await world.reopen();

    const told: [number, string][] = [];
    const post: Post = async ({ occurrences }, { deliveryId }) => {
      told.push([occurrences, deliveryId]);
      return '';
    };
    const { pipeline } = pipelineWith({ post });
    const starting = pipeline.start();
    await starting;
    const [fresh] = await bring(pipeline, numbered(4));
    await pipeline.idle();
    expect(told).toEqual([...left, fresh].map((delivery, index) => [index + 1, delivery?.id]));
    expect((await records()).map(({ tries }) => tries ?? 1)).toEqual([2, 2, 2, 1]);
    expect(await due()).toEqual([]);
  });

  test('what comes while the store is read waits its turn', async () => {
    const { pipeline: former } = pipelineWith();
    await commitOnly(former, numbered(1));
    const told: number[] = [];
    const post: Post = async ({ occurrences }) => {
      told.push(occurrences);
      return '';
    };
    const { pipeline } = pipelineWith({ post });
    const starting = pipeline.start();
    pipeline.take(await commitOnly(former, numbered(2)));
    await starting;
    await pipeline.idle();
    expect(told).toEqual([1, 2]);
  });

  test('ids sort behind those that were left', async () => {
    const ahead = pipelineWith({ clock: new ManualClock(4_000_000_000_000) });
    const left = await commitOnly(ahead.pipeline, numbered(1));
    const { pipeline } = pipelineWith();
    await pipeline.start();
    const [next] = pipeline.decide(numbered(2)).deliveries;
    expect(next && left[0] && next.id > left[0].id).toBe(true);
    await pipeline.idle();
  });

  test('a handler that is gone from the configuration is recorded', async () => {
    const former = pipelineWith({ handlers: { old: {} } });
    await commitOnly(former.pipeline, sampleEvent({ check: { handlers: ['old'] } }));
    const { pipeline } = pipelineWith();
    await pipeline.start();
    await pipeline.idle();
    expect(await records()).toMatchObject([
      {
        handler: 'old',
        outcome: 'failed',
        failed: { error: 'no handler of this name is configured any more' },
      },
    ]);
  });

  test('what another server took meanwhile is left to it', async () => {
    const former = pipelineWith();
    const [delivery] = await commitOnly(former.pipeline, sampleEvent());
    let told = 0;
    const post: Post = async () => String(++told);
    const between = standIn(world.store, {
      commit: async (...args: Parameters<Store['commit']>) => {
        await world.store.commit([
          { writes: [writing('delivery', delivery!.id, { ...delivery!, tries: 2 })] },
        ]);
        return world.store.commit(...args);
      },
    });
    const { pipeline } = pipelineWith({ post, on: between });
    await pipeline.start();
    await pipeline.idle();
    expect(told).toBe(0);
    expect(await due()).toEqual([delivery?.id]);
  });

  test('a document that is no delivery is left alone and told', async () => {
    await world.store.commit([
      { writes: [{ kind: 'delivery', name: 'odd', value: { id: 'odd', event: null } }] },
    ]);
    const { pipeline, log } = pipelineWith();
    await pipeline.start();
    await pipeline.idle();
    expect(await due()).toEqual(['odd']);
    expect(log.lines).toMatchObject([{ level: 'error', fields: { delivery: 'odd' } }]);
  });
});
