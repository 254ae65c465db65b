import { describe, expect, test } from 'vitest';
import type { Execution } from '../../runtime/spawner.ts';
import { numbered, type Post, pipelineWorld } from '../../testing/pipeline.ts';
import { sampleEvent } from '../../testing/plugin-context.ts';

const { pipelineWith, bring, commitOnly, records, due } = pipelineWorld();

describe('a delivery', () => {
  test('is carried out, taken out of the store, recorded and counted', async () => {
    const ids: string[] = [];
    const post: Post = async (_, { deliveryId }) => {
      ids.push(deliveryId);
      return 'told';
    };
    const { pipeline, counters } = pipelineWith({ post });
    await pipeline.start();
    const [delivery] = await bring(pipeline, sampleEvent());
    await pipeline.idle();
    expect(ids).toEqual([delivery?.id]);
    expect(await due()).toEqual([]);
    expect(await records()).toMatchObject([{ handler: 'mail', outcome: 'handled', output: 'told' }]);
    expect(counters.read('deliveries_handled')).toBe(1);
    await pipeline.stop(0);
  });

  test('begins within take when little is going on', async () => {
    let commands = 0;
    const run = async (): Promise<Execution> => {
      commands++;
      return { status: 0, output: '', durationMs: 0, ended: 'exit' };
    };
    const { pipeline } = pipelineWith({
      handlers: { mail: { type: 'pipe', command: 'true' } },
      spawner: { run },
    });
    await pipeline.start();
    const deliveries = await commitOnly(pipeline, sampleEvent());
    pipeline.take(deliveries);
    await Promise.resolve();
    await Promise.resolve();
    expect(commands).toBe(1);
    await pipeline.idle();
  });

  test('that fails is recorded once and not tried again', async () => {
    const post: Post = async () => {
      throw new Error('502');
    };
    const { pipeline, counters, log } = pipelineWith({ post });
    await pipeline.start();
    await bring(pipeline, sampleEvent());
    await pipeline.idle();
    expect(await records()).toMatchObject([
      { outcome: 'failed', failed: { stage: 'handler', error: '502' } },
    ]);
    expect(await due()).toEqual([]);
    expect(counters.read('deliveries_failed')).toBe(1);
    expect(log.lines.filter((line) => line.message === 'handler error')).toHaveLength(1);
  });

  test('of one check comes to a handler in order, whatever other handlers and checks do', async () => {
    const told: string[] = [];
    const post: Post = async ({ check, occurrences }) => {
      await new Promise((resolve) => setImmediate(resolve, 7 % occurrences));
      told.push(`${check.name} ${occurrences}`);
      return '';
    };
    const { pipeline } = pipelineWith({ post });
    await pipeline.start();
    const counts = Array.from({ length: 200 }, (_, index) => index + 1);
    await bring(
      pipeline,
      ...counts.flatMap((count) => [numbered(count), numbered(count, { check: { name: 'load' } })]),
    );
    await pipeline.idle();
    for (const check of ['disk', 'load']) {
      expect(told.filter((text) => text.startsWith(check))).toEqual(
        counts.map((count) => `${check} ${count}`),
      );
    }
  });
});
