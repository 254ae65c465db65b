import { expect, test } from 'vitest';
import { ManualClock } from '../../testing/clock.ts';
import { numbered, type Post, pipelineWorld } from '../../testing/pipeline.ts';
import { until, untilAdvancing } from '../../testing/until.ts';

const world = pipelineWorld();
const { pipelineWith, commitOnly, records, due } = world;

function counting() {
  const told: number[] = [];
  const post: Post = async ({ occurrences }) => {
    told.push(occurrences);
    return '';
  };
  return { told, post };
}

test('what a living server has in hand is left to it; when it stops, another takes it over', async () => {
  const clock = new ManualClock();
  const one = pipelineWith({ post: () => new Promise(() => {}) });
  await one.pipeline.start();
  one.pipeline.take(await commitOnly(one.pipeline, numbered(1), numbered(2)));
  const { told, post } = counting();
  const two = pipelineWith({ post, clock });
  await two.pipeline.start();
  await clock.advance(60_000);
  expect([told, two.pipeline.inHand]).toEqual([[], 0]);
  await one.pipeline.stop(0);
  await clock.advance(20_000);
  await until(() => told.length === 2, 'both are told');
  await untilAdvancing(clock, 20, () => two.pipeline.inHand === 0, 'both are written');
  expect(told).toEqual([1, 2]);
  expect(two.counters.read('deliveries_claimed')).toBe(2);
  expect((await records()).map(({ tries }) => tries)).toEqual([2, 2]);
  expect(await due()).toEqual([]);
});

test('a server that comes back after it was taken for dead leaves alone what others have taken over', async () => {
  const clock = new ManualClock();
  let tries = 0;
  const post: Post = async () => {
    tries++;
    throw new Error('502');
  };
  const one = pipelineWith({ post, clock, handlers: { mail: { retry: { tries: 5, pause: 1_000 } } } });
  await one.pipeline.start();
  const [delivery] = await commitOnly(one.pipeline, numbered(1));
  const other = await world.store.lease('server/other', 'other', 86_400_000);
  await world.store.commit([
    { writes: [{ kind: 'delivery', name: delivery!.id, value: { ...delivery, holder: 'other' } }] },
  ]);
  one.pipeline.take([delivery!]);
  await until(() => tries === 1, 'it failed once');
  await untilAdvancing(clock, 20, () => one.pipeline.inHand === 0, 'it was let go');
  await clock.advance(1_000_000);
  expect(tries).toBe(1);
  expect(await due()).toEqual([delivery?.id]);
  await other?.release();
});
