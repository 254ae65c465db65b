import { describe, expect, test } from 'vitest';
import type { Handler } from '../../../model/handler.ts';
import { defineHandler, type HandlerContext, type Plugin, Type } from '../../../plugin.ts';
import { carryOutWorld } from '../../../testing/carry-out.ts';
import { ManualClock, settle } from '../../../testing/clock.ts';
import { sampleEvent } from '../../../testing/plugin-context.ts';

const { told } = carryOutWorld();

const event = JSON.stringify(sampleEvent());

describe('plugins', () => {
  const plugin = (run: (options: unknown, context: HandlerContext) => Promise<string>): Plugin =>
    defineHandler({
      name: 'post',
      options: Type.Object({ url: Type.Optional(Type.String()) }),
      run: (_, options, context) => run(options, context),
    }) as Plugin;

  test('are given their options, the data and the id of the delivery', async () => {
    const post = plugin(async (options, { data, deliveryId }) =>
      JSON.stringify([options, data.length, deliveryId]),
    );
    expect(await told({ handler: { type: 'post', post: { url: 'x' } }, plugins: [post] })).toEqual({
      outcome: 'handled',
      output: JSON.stringify([{ url: 'x' }, event.length, 'delivery-7']),
    });
  });

  test.each<[string, Plugin, string]>([
    ['reject', plugin(async () => Promise.reject(new Error('502'))), '502'],
    [
      'throw',
      plugin((() => {
        throw new Error('at once');
      }) as never),
      'at once',
    ],
    ['reject with anything', plugin(async () => Promise.reject({})), '[object Object]'],
  ])('that %s have failed', async (_, post, error) => {
    const ending = await told({ handler: { type: 'post' }, plugins: [post] });
    expect(ending).toEqual({ outcome: 'failed', stage: 'handler', error });
  });

  test.each<[string, Partial<Handler>, number]>([
    ['30 s', {}, 30_000],
    ['their timeout', { timeout: 2 }, 2_000],
  ])('are aborted after %s', async (_, handler, limitMs) => {
    const clock = new ManualClock();
    let aborted = false;
    const post = plugin((__, { signal }) => {
      signal.addEventListener('abort', () => {
        aborted = true;
      });
      return new Promise(() => {});
    });
    const ending = told({ handler: { type: 'post', ...handler }, plugins: [post], tools: { clock } });
    await clock.advance(limitMs - 1);
    expect(aborted).toBe(false);
    await clock.advance(1);
    expect(aborted).toBe(true);
    expect(await ending).toMatchObject({
      outcome: 'failed',
      error: `it was not done within ${limitMs / 1000} s`,
    });
    expect(clock.pending).toBe(0);
  });

  test('are left when we stop, and what they do afterwards is passed over', async () => {
    const stop = new AbortController();
    const post = plugin(
      (_, { signal }) =>
        new Promise((__, reject) => signal.addEventListener('abort', () => reject(new Error('aborted')))),
    );
    const ending = told({ handler: { type: 'post' }, plugins: [post], tools: { signal: stop.signal } });
    await settle();
    stop.abort();
    expect(await ending).toEqual({ outcome: 'left' });
  });
});
