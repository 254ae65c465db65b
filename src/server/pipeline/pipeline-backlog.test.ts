import { once } from 'node:events';
import { createServer } from 'node:net';
import { describe, expect, test } from 'vitest';
import type { Event } from '../../model/event.ts';
import { defineHandler, type Plugin, Type } from '../../plugin.ts';
import { TocsinError } from '../../runtime/errors.ts';
import { ManualClock } from '../../testing/clock.ts';
import { peers } from '../../testing/peers.ts';
import { numbered, type Post, pipelineWorld } from '../../testing/pipeline.ts';
import { until } from '../../testing/until.ts';
import { MOST_AT_ONCE } from './plans.ts';

const { pipelineWith, bring, records, due, shaky } = pipelineWorld();

describe('a storm', () => {
  test('of 5,000 is carried out and recorded whole, in few commits', async () => {
    const { on, tries } = shaky();
    let most = 0;
    let running = 0;
    const post: Post = async () => {
      most = Math.max(most, ++running);
      await new Promise((resolve) => setImmediate(resolve));
      running--;
      return '';
    };
    const { pipeline, counters } = pipelineWith({ post, on });
    await pipeline.start();
    const events = Array.from({ length: 5000 }, (_, index) =>
      numbered(1, { client: { name: `c${index % 500}` } }),
    );
    await bring(pipeline, ...events);
    await pipeline.idle();
    expect(most).toBe(MOST_AT_ONCE);
    expect(counters.read('deliveries_handled')).toBe(5000);
    expect(await due()).toEqual([]);
    expect(await records('c7')).toHaveLength(10);
    expect(tries()).toBeLessThan(1000);
  });

  test('holds few sockets open', async () => {
    const own = peers();
    let open = 0;
    let most = 0;
    const port = await own.serve(
      createServer((socket) => {
        most = Math.max(most, ++open);
        socket.resume();
        socket.on('error', () => {});
        void once(socket, 'close').then(() => open--);
      }),
    );
    const { pipeline, counters } = pipelineWith({
      handlers: { mail: { type: 'tcp', socket: { host: '127.0.0.1', port } } },
    });
    await pipeline.start();
    await bring(
      pipeline,
      ...Array.from({ length: 1000 }, (_, index) => numbered(1, { client: { name: `c${index}` } })),
    );
    await pipeline.idle();
    expect(counters.read('deliveries_handled')).toBe(1000);
    expect(most).toBeLessThanOrEqual(2 * MOST_AT_ONCE);
    await own.close();
  });
});

describe('a handler that is behind', () => {
  /** A handler whose deliveries end when told, one after another or all from now on. */
  function held() {
    const told: string[] = [];
    const ends: (() => void)[] = [];
    let open = false;
    const post: Post = ({ client, occurrences }) =>
      new Promise((resolve) => {
        const end = (): void => {
          told.push(`${client.name} ${occurrences}`);
          resolve('');
        };
        if (open) end();
        else ends.push(end);
      });
    const release = (): void => {
      open = true;
      for (const end of ends.splice(0)) end();
    };
    return { told, ends, post, release };
  }
  const three = (count: number): Event[] =>
    ['a', 'b', 'c'].map((name) => numbered(count, { client: { name } }));
  const counts = Array.from({ length: 40 }, (_, index) => index + 1);

  test('holds so many deliveries in hand, the others wait in the store; all are told in the end, in order', async () => {
    const { told, post, release } = held();
    const { pipeline } = pipelineWith({ post, mostInHand: 10 });
    await pipeline.start();
    await bring(pipeline, ...counts.slice(0, 20).flatMap(three));
    expect(pipeline.inHand).toBe(10);
    expect(pipeline.waiting).toBe(50);
    expect(await due()).toHaveLength(60);
    release();
    await bring(pipeline, ...counts.slice(20).flatMap(three));
    await pipeline.idle();
    for (const client of ['a', 'b', 'c']) {
      const own = told.filter((text) => text.startsWith(client));
      expect(own).toEqual(counts.map((count) => `${client} ${count}`));
    }
    expect(pipeline.waiting).toBe(0);
    expect(await due()).toEqual([]);
  });

  test('does not hold up another handler', async () => {
    const { post, release } = held();
    let paged = 0;
    const pager = defineHandler({ name: 'paging', options: Type.Object({}), run: async () => `${++paged}` });
    const { pipeline } = pipelineWith({
      post,
      plugins: [pager as Plugin],
      handlers: { pager: { type: 'paging' } },
      mostInHand: 5,
    });
    await pipeline.start();
    const events = Array.from({ length: 100 }, (_, index) =>
      numbered(index + 1, { check: { handlers: ['mail', 'pager'] } }),
    );
    for (const event of events) {
      await bring(pipeline, event);
      const wanted = paged + 1;
      await until(() => paged >= wanted || pipeline.inHand <= 5, 'the pager was told, or the mail waits');
    }
    await until(() => paged === 100, 'the pager was told of all');
    expect(pipeline.waiting).toBe(95);
    release();
    await pipeline.idle();
    expect(await due()).toEqual([]);
  });

  test('leaves what waits to the next process, which takes it up within its own bound', async () => {
    const stuck = pipelineWith({ post: () => new Promise(() => {}), mostInHand: 4 });
    await stuck.pipeline.start();
    await bring(stuck.pipeline, ...counts.flatMap(three));
    await stuck.pipeline.stop(0);
    const { told, post, release } = held();
    const { pipeline } = pipelineWith({ post, mostInHand: 7 });
    await pipeline.start();
    expect(pipeline.inHand).toBe(7);
    expect(pipeline.waiting).toBe(113);
    release();
    await pipeline.idle();
    const own = told.filter((text) => text.startsWith('b'));
    expect(own).toEqual(counts.map((count) => `b ${count}`));
    expect(await records('b')).toHaveLength(40);
  });

  test('is read back from a store that was away meanwhile', async () => {
    const clock = new ManualClock();
    const { on, fail } = shaky();
    const { told, post, release } = held();
    const { pipeline } = pipelineWith({ post, on, clock, mostInHand: 2 });
    await pipeline.start();
    await bring(pipeline, ...counts.slice(0, 6).map((count) => numbered(count)));
    fail(new TocsinError('STORE_UNAVAILABLE', 'away'));
    release();
    await until(() => clock.pending > 0, 'the store is asked again later');
    expect(await due()).toHaveLength(6);
    fail(undefined);
    let idle = false;
    void pipeline.idle().then(() => {
      idle = true;
    });
    while (!idle) await clock.advance(1_000);
    expect(told).toEqual(counts.slice(0, 6).map((count) => `web-1 ${count}`));
  });
});
