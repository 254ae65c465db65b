import { describe, expect, test } from 'vitest';
import type { Handler } from '../../../model/handler.ts';
import type { Execution, Spawner } from '../../../runtime/spawner.ts';
import { carryOutWorld } from '../../../testing/carry-out.ts';
import { sampleEvent } from '../../../testing/plugin-context.ts';
import type { Tools } from '../rules.ts';

const { told } = carryOutWorld();

const event = JSON.stringify(sampleEvent());

describe('pipe', () => {
  test('is given the event on its input, and the id of its delivery', async () => {
    expect(await told({ handler: { command: 'cat; echo " $TOCSIN_DELIVERY_ID"' } })).toEqual({
      outcome: 'handled',
      output: `${event} delivery-7\n`,
    });
  });

  test('fails with its exit status and the first line of its output', async () => {
    expect(await told({ handler: { command: 'echo "no route"; echo more; exit 3' } })).toEqual({
      outcome: 'failed',
      stage: 'handler',
      error: 'the command ended with status 3: no route',
      output: 'no route\nmore\n',
    });
  });

  test.each<[string, Partial<Handler>, Partial<Tools>]>([
    ['its own timeout', { timeout: 0.05 }, {}],
    ['the timeout of all commands', {}, { commandTimeoutMs: 50 }],
  ])('is ended after %s', async (_, handler, tools) => {
    const ending = await told({ handler: { command: 'echo begun; sleep 60', ...handler }, tools });
    expect(ending).toMatchObject({
      outcome: 'failed',
      error: 'the command was ended by its timeout',
      output: 'Execution timed out',
    });
  });

  test('is left for the next start when the spawner is stopping', async () => {
    const run = async (): Promise<Execution> => ({ status: 3, output: '', durationMs: 0, ended: 'stopped' });
    const stopping = { run } as unknown as Spawner;
    expect(await told({ handler: { command: 'true' }, tools: { spawner: stopping } })).toEqual({
      outcome: 'left',
    });
  });

  test('that cannot be run fails', async () => {
    const run = async (): Promise<Execution> => ({
      status: 3,
      output: 'Unexpected error: no processes left',
      durationMs: 0,
      ended: 'start',
    });
    const stopping = { run } as unknown as Spawner;
    expect(await told({ handler: { command: 'true' }, tools: { spawner: stopping } })).toMatchObject({
      outcome: 'failed',
      error: 'the command could not be run: Unexpected error: no processes left',
    });
  });
});
