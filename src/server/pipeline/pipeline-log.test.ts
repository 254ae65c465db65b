import { describe, expect, test } from 'vitest';
import type { Handler } from '../../model/handler.ts';
import { defineFilter, type Plugin, Type } from '../../plugin.ts';
import type { Execution } from '../../runtime/spawner.ts';
import { pipelineWorld } from '../../testing/pipeline.ts';
import { type EventOverrides, sampleEvent } from '../../testing/plugin-context.ts';

const { pipelineWith, bring, records } = pipelineWorld();

describe('the log', () => {
  const throwing = defineFilter({
    name: 'throwing',
    options: Type.Object({}),
    run: () => {
      throw new Error('no idea');
    },
  });

  test.each<[string, string, EventOverrides, Record<string, Partial<Handler>>]>([
    ['event handling disabled for event', 'info', { check: { handle: false } }, {}],
    ['handler does not handle action', 'info', { action: 'flapping' }, {}],
    ['handler does not handle event severity', 'info', {}, { mail: { severities: ['unknown'] } }],
    ['handler is silenced', 'info', { silenced: true }, {}],
    [
      'event was filtered',
      'info',
      { check: { handlers: ['nobody'] } },
      { nobody: { type: 'set', handlers: [] } },
    ],
    ['unknown handler', 'error', { check: { handlers: ['nobody'] } }, {}],
    ['unknown mutator', 'error', {}, { mail: { mutator: 'nowhere' } }],
    ['unknown filter', 'error', {}, { mail: { filter: 'nowhere' } }],
    ['handler error', 'error', { check: { handlers: ['odd'] } }, { odd: { type: 'pigeon' } }],
    ['processing event', 'info', {}, {}],
    ['processing event', 'debug', { check: { type: 'metric' } }, {}],
    ['filter error', 'error', {}, { mail: { filter: 'throwing' } }],
    ['handler output', 'info', {}, {}],
  ])('says "%s" at %s', async (message, level, overrides, handlers) => {
    const { pipeline, log } = pipelineWith({ handlers, plugins: [throwing as Plugin] });
    await pipeline.start();
    await bring(pipeline, sampleEvent(overrides));
    await pipeline.idle();
    expect(log.lines).toContainEqual(expect.objectContaining({ level, message }));
  });

  test.each([
    [0, 'info'],
    [1, 'error'],
  ])('shows the output of a command with status %i at %s', async (status, level) => {
    const run = async (): Promise<Execution> => ({ status, output: 'said\n', durationMs: 0, ended: 'exit' });
    const handlers = { mail: { type: 'pipe', command: 'true' } };
    const { pipeline, log } = pipelineWith({ handlers, spawner: { run } });
    await pipeline.start();
    await bring(pipeline, sampleEvent());
    await pipeline.idle();
    expect(log.lines.slice(1)).toMatchObject([
      { level, message: 'handler output', fields: { output: 'said\n' } },
    ]);
  });

  test('tells one cause once at error, and never keeps more than a thousand of them', async () => {
    const { pipeline, log } = pipelineWith();
    for (let round = 0; round < 2; round++) {
      for (let index = 0; index < 1500; index++) {
        pipeline.decide(sampleEvent({ check: { handlers: [`nobody-${index}`] } }));
      }
    }
    expect(log.lines.filter((line) => line.level === 'error')).toHaveLength(1000);
    expect(log.lines.filter((line) => line.message === 'unknown handler')).toHaveLength(3000);
  });

  test('tells a cause again after new rules have come', async () => {
    const { pipeline, log, rules } = pipelineWith();
    for (let round = 0; round < 2; round++) {
      pipeline.decide(sampleEvent({ check: { handlers: ['nobody'] } }));
      pipeline.reload(rules);
    }
    expect(log.lines.filter((line) => line.level === 'error')).toHaveLength(2);
  });

  test('is given no line that it throws away', async () => {
    const { pipeline, log } = pipelineWith();
    const { lines } = log;
    log.enabled = (level) => level === 'error';
    pipeline.decide(sampleEvent({ check: { handle: false } }));
    pipeline.decide(sampleEvent({ check: { handlers: ['nobody'] } }));
    expect(lines.map(({ message }) => message)).toEqual(['unknown handler']);
  });

  test('shows the whole output of a handler, and the record its beginning', async () => {
    const { pipeline, log } = pipelineWith({ post: async () => 'x'.repeat(5000) });
    await pipeline.start();
    await bring(pipeline, sampleEvent());
    await pipeline.idle();
    expect(log.lines.at(-1)?.fields['output']).toHaveLength(5000);
    expect((await records())[0]?.output).toHaveLength(1000);
  });

  test('tells at start what the configuration cannot mean', async () => {
    const { pipeline, log } = pipelineWith({ handlers: { mail: { filters: ['nowhere'] } } });
    await pipeline.start();
    expect(log.lines.map((line) => line.message)).toEqual([
      'filter "nowhere" of handler "mail" is neither configured nor a plugin, so every event passes it',
    ]);
  });
});
