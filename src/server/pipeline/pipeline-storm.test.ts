import { expect, test } from 'vitest';
import type { Execution } from '../../runtime/spawner.ts';
import { numbered, pipelineWorld } from '../../testing/pipeline.ts';

const { pipelineWith, bring, commitOnly, due } = pipelineWorld();

test('a storm of 10,000 events runs no more commands at once than "concurrency" says, and others are told meanwhile', async () => {
  let running = 0;
  let most = 0;
  let ran = 0;
  let pagedAfter = -1;
  const run = async (): Promise<Execution> => {
    most = Math.max(most, ++running);
    await new Promise((resolve) => setImmediate(resolve));
    running--;
    ran++;
    return { status: 0, output: '', durationMs: 0, ended: 'exit' };
  };
  const { pipeline, counters } = pipelineWith({
    handlers: { mail: { type: 'pipe', command: 'true', concurrency: 4 } },
    spawner: { run },
    post: async () => {
      pagedAfter = ran;
      return '';
    },
  });
  await pipeline.start();
  const events = Array.from({ length: 10_000 }, (_, index) =>
    numbered(1, { client: { name: `c${index % 5_000}` } }),
  );
  await bring(pipeline, ...events);
  const urgent = await commitOnly(pipeline, numbered(1, { check: { handlers: ['pager'] } }));
  pipeline.take(urgent);
  await pipeline.idle();
  expect(most).toBe(4);
  expect(counters.read('deliveries_handled')).toBe(10_001);
  expect(pagedAfter).toBeGreaterThanOrEqual(0);
  expect(pagedAfter).toBeLessThan(5_000);
  expect(await due()).toEqual([]);
});
