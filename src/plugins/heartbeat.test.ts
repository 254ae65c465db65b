import { describe, expect, it } from 'vitest';
import type { CallIn } from '../plugin.ts';
import { checkContext } from '../testing/plugin-context.ts';
import { heartbeat } from './heartbeat.ts';

const HOUR_MS = 3_600_000;

function run(last: Partial<CallIn> | undefined, sinceMs = HOUR_MS) {
  const call = last && { atMs: 1_800_000_000_000, ageMs: 0, status: 0, output: '', ...last };
  const calledIn = (name: string) =>
    name === 'backup' ? { last: call, sinceMs } : { last: undefined, sinceMs: 0 };
  const options = { every: 3600, grace: 600 };
  return heartbeat.run(options, checkContext({ check: { name: 'backup' }, calledIn }));
}

describe('heartbeat', () => {
  it('is well while the last call is young enough', async () => {
    expect(await run({ ageMs: 4_200_000 })).toEqual({
      status: 0,
      output: "HEARTBEAT OK: called in 1 h 10 min ago | 'age'=4200s;;4200",
    });
  });

  it('is critical when the call is late', async () => {
    expect(await run({ ageMs: 4_200_001, output: 'done' })).toEqual({
      status: 2,
      output:
        "HEARTBEAT CRITICAL: last called in 1 h 10 min ago, expected within 1 h 10 min | 'age'=4200s;;4200",
      fault: 'target',
    });
  });

  it('counts from when we began to listen until the first call', async () => {
    expect(await run(undefined, 90_000)).toEqual({
      status: 0,
      output: "HEARTBEAT OK: no call in 90 s of listening, waiting for the first | 'age'=90s;;4200",
    });
    expect(await run(undefined, 80 * HOUR_MS)).toMatchObject({
      status: 2,
      fault: 'target',
      output: expect.stringContaining('no call in 3 d 8 h of listening, expected within 1 h 10 min'),
    });
  });

  it('reports what the caller said of itself', async () => {
    expect(await run({ output: 'backup of 3 GB | size=3GB' })).toEqual({
      status: 0,
      output: 'backup of 3 GB | size=3GB',
    });
    expect(await run({ status: 1, output: 'half of it' })).toEqual({
      status: 1,
      output: 'half of it',
      fault: 'target',
    });
    expect(await run({ status: 127, ageMs: 5_000 })).toEqual({
      status: 127,
      output: "HEARTBEAT UNKNOWN: called in 5 s ago with status 127 | 'age'=5s;;4200",
      fault: 'target',
    });
  });
});
