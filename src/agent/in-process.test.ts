import { describe, expect, it } from 'vitest';
import { type CheckContext, type CheckPlugin, defineCheck, type TObject, Type } from '../plugin.ts';
import { ManualClock, settle } from '../testing/clock.ts';
import { memoryLog } from '../testing/log.ts';
import { seededRandom } from '../testing/random.ts';
import { CallIns } from './call-ins.ts';
import { InProcess } from './in-process.ts';

const client = { name: 'i-42', address: '', subscriptions: [], password: 'xyzzy' };
const check = { name: 'web', queue: { url: 'http://a', depth: 3 } };

function setUp() {
  const clock = new ManualClock();
  const inProcess = new InProcess({
    clock,
    random: seededRandom(),
    log: memoryLog(),
    callIns: new CallIns(clock),
  });
  return { clock, inProcess };
}

const Options = Type.Object({
  url: Type.String({ expected: 'a URL' }),
  depth: Type.Optional(Type.Integer({ expected: 'a whole number' })),
});

/** A check named `queue` that does what a test says. */
function queue<Run extends CheckPlugin<typeof Options>['run']>(run: Run): CheckPlugin {
  const plugin = defineCheck({ name: 'queue', options: Options, run });
  // Its options are judged by its own schema before it runs.
  return plugin as unknown as CheckPlugin<TObject>;
}

describe('a check in process', () => {
  it('gets its options and what it may know of the world', async () => {
    const { inProcess } = setUp();
    let seen: { options: unknown; context: CheckContext } | undefined;
    const plugin = queue(async (options, context) => {
      seen = { options, context };
      return { status: 1, output: 'deep', fault: 'target' };
    });
    expect(await inProcess.run(plugin, check, client, 0)).toEqual({
      status: 1,
      output: 'deep',
      fault: 'target',
    });
    expect(seen?.options).toEqual({ url: 'http://a', depth: 3 });
    expect(seen?.context.client).toEqual(client);
    expect(seen?.context.check).toEqual(check);
    expect(seen?.context.signal.aborted).toBe(false);
  });

  it('does not run with options that do not fit, and says where and what was expected', async () => {
    const { inProcess } = setUp();
    const plugin = queue(async () => {
      throw new Error('it ran');
    });
    const outcome = await inProcess.run(plugin, { name: 'web', queue: { depth: 'deep' } }, client, 0);
    expect(outcome).toEqual({
      status: 3,
      output:
        'Invalid options: queue.url: expected a URL, found nothing; queue.depth: expected a whole number, found "deep"',
      fault: 'ours',
    });
    expect((await inProcess.run(plugin, { name: 'web' }, client, 0))?.output).toContain(
      'queue.url: expected a URL',
    );
    expect((await inProcess.run(plugin, { name: 'web', queue: 7 }, client, 0))?.status).toBe(3);
  });

  it('that throws becomes an unknown of our own fault', async () => {
    const { inProcess } = setUp();
    const thrown = queue(() => {
      throw new Error('no such host');
    });
    const outcome = { status: 3, output: 'Unexpected error: no such host', fault: 'ours' };
    expect(await inProcess.run(thrown, check, client, 0)).toEqual(outcome);
    expect(
      await inProcess.run(
        queue(() => Promise.reject(new Error('no such host'))),
        check,
        client,
        0,
      ),
    ).toEqual(outcome);
  });

  it.each([undefined, null, 'ok', {}, { status: 1.5, output: '' }, { status: 0 }])(
    'that answers %j has not answered',
    async (answer) => {
      const { inProcess } = setUp();
      const outcome = await inProcess.run(
        queue(async () => answer as never),
        check,
        client,
        0,
      );
      expect(outcome).toMatchObject({ status: 3, fault: 'ours' });
      expect(outcome?.output).toContain('did not return');
    },
  );

  it('is told when its time is up, and waited for no longer', async () => {
    const { clock, inProcess } = setUp();
    let signal: AbortSignal | undefined;
    const plugin = queue((_, context) => {
      signal = context.signal;
      return new Promise(() => {});
    });
    const running = inProcess.run(plugin, check, client, 2_500);
    await clock.advance(2_499);
    expect(signal?.aborted).toBe(false);
    await clock.advance(1);
    expect(signal?.aborted).toBe(true);
    expect(await running).toEqual({ status: 2, output: 'Execution timed out' });
    expect(clock.pending).toBe(0);
  });

  it('that ends in time leaves no timer; what it does too late has no effect', async () => {
    const { clock, inProcess } = setUp();
    await inProcess.run(
      queue(async () => ({ status: 0, output: 'ok' })),
      check,
      client,
      2_500,
    );
    expect(clock.pending).toBe(0);
    let fail = (): void => {};
    const plugin = queue(() => new Promise((_, reject) => (fail = () => reject(new Error('too late')))));
    const running = inProcess.run(plugin, check, client, 10);
    await clock.advance(10);
    fail();
    await settle();
    expect(await running).toEqual({ status: 2, output: 'Execution timed out' });
  });

  it('is ended by a stop, and none begins after it', async () => {
    const { clock, inProcess } = setUp();
    let runs = 0;
    const plugin = queue(() => {
      runs += 1;
      return new Promise(() => {});
    });
    const running = inProcess.run(plugin, check, client, 2_500);
    inProcess.stop();
    expect(await running).toBeUndefined();
    expect(await inProcess.run(plugin, check, client, 0)).toBeUndefined();
    expect(runs).toBe(1);
    expect(clock.pending).toBe(0);
  });
});
