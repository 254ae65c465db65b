import { describe, expect, test } from 'vitest';
import { defineMutator, type Plugin, Type } from '../../plugin.ts';
import type { Spawner } from '../../runtime/spawner.ts';
import { type CarryOutGiven, carryOutWorld } from '../../testing/carry-out.ts';
import { ManualClock } from '../../testing/clock.ts';
import { sampleEvent } from '../../testing/plugin-context.ts';
import { carryOut, recordEnding } from './carry-out.ts';
import type { Ending, Tools } from './rules.ts';

const world = carryOutWorld();
const { told } = world;

const event = JSON.stringify(sampleEvent());

describe('mutators', () => {
  test('a command makes of the event what the handler is given', async () => {
    const ending = await told({
      handler: { command: 'cat', mutator: 'tag' },
      mutators: { tag: { command: 'printf "%s " "$TOCSIN_DELIVERY_ID"; cat' } },
    });
    expect(ending).toEqual({ outcome: 'handled', output: `delivery-7 ${event}` });
  });

  test('a plugin too', async () => {
    const ending = await told({ handler: { command: 'cat', mutator: 'only_check_output' } });
    expect(ending).toEqual({ outcome: 'handled', output: sampleEvent().check.output });
  });

  test('a configured one comes before a plugin of its name', async () => {
    const ending = await told({ handler: { command: 'cat' }, mutators: { json: { command: 'echo mine' } } });
    expect(ending).toEqual({ outcome: 'handled', output: 'mine\n' });
  });

  const bad = (name: string, run: () => unknown): Plugin =>
    defineMutator({ name, options: Type.Object({}), run: run as () => string }) as Plugin;

  test.each<[string, CarryOutGiven, string]>([
    [
      'a command that fails',
      { handler: {}, mutators: { m: { command: 'echo oops; exit 2' } } },
      'mutator "m" ended with status 2: oops',
    ],
    [
      'a command that hangs',
      { handler: {}, mutators: { m: { command: 'sleep 60', timeout: 0.05 } } },
      'mutator "m" was ended by its timeout',
    ],
    [
      'a plugin that throws',
      {
        handler: {},
        plugins: [
          bad('m', () => {
            throw new Error('cannot');
          }),
        ],
      },
      'mutator "m" failed: cannot',
    ],
    [
      'a plugin that answers with a promise',
      { handler: {}, plugins: [bad('m', () => Promise.reject(new Error('late')))] },
      'mutator "m" answered with something that is no text',
    ],
    [
      'a name that nobody knows',
      { handler: {} },
      'mutator "m" of handler "mail" is neither configured nor a plugin',
    ],
    [
      'a command that writes more than is kept',
      {
        handler: {},
        mutators: { m: { command: 'cat; yes | head -c 100000' } },
        tools: { spawner: world.narrow },
      },
      'mutator "m" wrote more than "tocsin.output_limit" allows',
    ],
  ])('%s keeps the handler from running', async (_, given, error) => {
    const ending = await told({ ...given, handler: { command: 'echo told', mutator: 'm' } });
    expect(ending).toMatchObject({ outcome: 'failed', stage: 'mutator', error });
  });
});

test('a handler that is not configured any more fails', async () => {
  const delivery = { id: 'x', handler: 'gone', event: sampleEvent(), tries: 1 };
  expect(await carryOut(delivery, undefined, {} as Tools)).toEqual({
    outcome: 'failed',
    final: true,
    stage: 'handler',
    error: 'no handler of this name is configured any more',
  });
});

test('a defect of ours fails one delivery and nothing else', async () => {
  const run = (): never => {
    throw new Error('a defect');
  };
  const defective = { run } as unknown as Spawner;
  expect(await told({ handler: { command: 'true' }, tools: { spawner: defective } })).toEqual({
    outcome: 'failed',
    stage: 'handler',
    error: 'a defect',
  });
});

describe('records', () => {
  const delivery = { id: 'x', handler: 'mail', event: sampleEvent(), tries: 1 };
  const clock = new ManualClock(1_795_245_551_900);

  test('hold the beginning of what was printed, and how long it took', async () => {
    const begunMs = clock.elapsed();
    await clock.advance(1234);
    const output = 'é'.repeat(20_000);
    expect(recordEnding(delivery, { outcome: 'handled', output }, begunMs, clock)).toEqual({
      event_id: delivery.event.id,
      client: 'web-1',
      check: 'disk',
      handler: 'mail',
      action: 'create',
      status: 2,
      occurrences: 2,
      timestamp: 1_795_245_553,
      outcome: 'handled',
      output: 'é'.repeat(1000),
      duration: 1.234,
    });
  });

  test('say that a delivery was taken up again, and that a filter could not judge', () => {
    const again = { ...delivery, tries: 3, filter_error: 'filter "x" could not judge' };
    expect(recordEnding(again, { outcome: 'handled', output: '' }, clock.elapsed(), clock)).toMatchObject({
      outcome: 'handled',
      failed: { stage: 'filter', error: 'filter "x" could not judge' },
      tries: 3,
    });
  });

  test('say where it failed', () => {
    const ending: Ending = { outcome: 'failed', stage: 'mutator', error: 'e'.repeat(5000) };
    const record = recordEnding(delivery, ending, clock.elapsed(), clock);
    expect(record.failed).toEqual({ stage: 'mutator', error: 'e'.repeat(1000) });
  });
});
