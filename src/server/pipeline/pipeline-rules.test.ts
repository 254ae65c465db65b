import { describe, expect, test } from 'vitest';
import { defineHandler, type Plugin, Type } from '../../plugin.ts';
import { numbered, type Post, pipelineWorld } from '../../testing/pipeline.ts';

const { pipelineWith, bring, records, due } = pipelineWorld();

describe('new rules', () => {
  test('count for the next event and for deliveries that wait', async () => {
    let finish: () => void = () => {};
    const post: Post = () =>
      new Promise((resolve) => {
        finish = () => resolve('old');
      });
    const { pipeline, rules } = pipelineWith({ post });
    await pipeline.start();
    await bring(pipeline, numbered(1), numbered(2));
    const fresh = defineHandler({ name: 'fresh', options: Type.Object({}), run: async () => 'new' });
    pipeline.reload({
      ...rules,
      handlers: new Map([['mail', { type: 'fresh', name: 'mail' }]]),
      plugins: new Map([...rules.plugins, ['fresh', fresh as Plugin]]),
    });
    finish();
    await bring(pipeline, numbered(3), numbered(4, { check: { handlers: ['pager'] } }));
    await pipeline.idle();
    const outcomes = (await records()).map(({ occurrences, handler, output, failed }) => [
      occurrences,
      handler,
      output ?? failed?.error,
    ]);
    expect(outcomes.sort()).toEqual([
      [1, 'mail', 'old'],
      [2, 'mail', 'new'],
      [3, 'mail', 'new'],
      [4, 'pager', 'no handler of this name is configured'],
    ]);
  });

  test('without a handler end its deliveries as failed', async () => {
    let finish: () => void = () => {};
    const post: Post = () =>
      new Promise((resolve) => {
        finish = () => resolve('old');
      });
    const { pipeline, rules } = pipelineWith({ post });
    await pipeline.start();
    await bring(pipeline, numbered(1), numbered(2));
    pipeline.reload({ ...rules, handlers: new Map() });
    finish();
    await pipeline.idle();
    expect(await records()).toMatchObject([
      { outcome: 'handled' },
      { outcome: 'failed', failed: { error: 'no handler of this name is configured any more' } },
    ]);
    expect(await due()).toEqual([]);
  });

  test('tell what they cannot mean', async () => {
    const { pipeline, log, rules } = pipelineWith();
    pipeline.reload({ ...rules, handlers: new Map([['mail', { type: 'pigeon', name: 'mail' }]]) });
    expect(log.lines.map(({ message }) => message)).toEqual([
      'handler "mail" is of type "pigeon", which is no handler plugin that is loaded',
    ]);
  });
});
