import { expect, test } from 'vitest';
import { type CheckPlugin, defineCheck, Type } from '../plugin.ts';
import { ManualClock } from '../testing/clock.ts';
import { memoryLog } from '../testing/log.ts';
import { seededRandom } from '../testing/random.ts';
import { FakeSpawner } from '../testing/spawner.ts';
import { CallIns } from './call-ins.ts';
import { execute } from './execute.ts';
import { InProcess } from './in-process.ts';

const client = { name: 'i-42', address: '', subscriptions: [], secret: 'hunter2' };

test.each([{ name: 'web', extension: 'probe' }, { name: 'probe' }])(
  'what stands for a token in the options of a check in process is not published: %o',
  async (named) => {
    const clock = new ManualClock();
    let seen: unknown;
    const probe = defineCheck({
      name: 'probe',
      options: Type.Object({ password: Type.String() }),
      run: async (options) => {
        seen = options;
        return { status: 0, output: 'fine' };
      },
    });
    const executed = await execute(
      { ...named, probe: { password: ':::secret:::' }, note: ':::name:::' },
      {
        clock,
        client,
        spawner: new FakeSpawner(),
        inProcess: new InProcess({
          clock,
          random: seededRandom(),
          log: memoryLog(),
          callIns: new CallIns(clock),
        }),
        checks: new Map([['probe', probe as unknown as CheckPlugin]]),
        defaultTimeoutMs: 0,
        outputLimitBytes: 65_536,
      },
    );
    expect(seen).toEqual({ password: 'hunter2' });
    expect(executed).toMatchObject({
      ended: 'done',
      check: { probe: { password: ':::secret:::' }, note: 'i-42' },
    });
  },
);
