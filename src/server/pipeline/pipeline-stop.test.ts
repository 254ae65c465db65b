import { describe, expect, test } from 'vitest';
import { ManualClock } from '../../testing/clock.ts';
import { numbered, type Post, pipelineWorld } from '../../testing/pipeline.ts';
import { sampleEvent } from '../../testing/plugin-context.ts';

const { pipelineWith, bring, records, due } = pipelineWorld();

describe('stop', () => {
  test('waits for what runs, and leaves what waits in the store', async () => {
    let finish: () => void = () => {};
    const post: Post = () =>
      new Promise((resolve) => {
        finish = () => resolve('told');
      });
    const { pipeline } = pipelineWith({ post, clock: new ManualClock() });
    await pipeline.start();
    const [, second] = await bring(pipeline, numbered(1), numbered(2));
    const stopping = pipeline.stop(60_000);
    finish();
    await stopping;
    expect(await due()).toEqual([second?.id]);
    expect(await records()).toMatchObject([{ occurrences: 1, outcome: 'handled' }]);
  });

  test('is bounded; what has not ended then is carried out again after the next start', async () => {
    const clock = new ManualClock();
    let aborted = false;
    const post: Post = (_, { signal }) => {
      signal.addEventListener('abort', () => {
        aborted = true;
      });
      return new Promise(() => {});
    };
    const { pipeline, counters } = pipelineWith({ post, clock });
    await pipeline.start();
    await bring(pipeline, sampleEvent());
    const stopping = pipeline.stop(500);
    await clock.advance(500);
    await stopping;
    expect(aborted).toBe(true);
    expect(clock.pending).toBe(0);
    expect(await due()).toHaveLength(1);
    expect(await records()).toEqual([]);
    expect(counters.read('deliveries_failed')).toBe(0);
  });

  test('begins nothing that comes later, and lets go of who waits', async () => {
    let told = 0;
    const { pipeline } = pipelineWith({ post: async () => String(++told) });
    await pipeline.start();
    await pipeline.stop(1000);
    await bring(pipeline, sampleEvent());
    await pipeline.idle();
    expect(told).toBe(0);
    expect(await due()).toHaveLength(1);
  });
});
