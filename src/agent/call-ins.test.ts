import { describe, expect, it } from 'vitest';
import { ManualClock } from '../testing/clock.ts';
import { CallIns, LONGEST_CALL, MOST_CALLERS } from './call-ins.ts';

describe('CallIns', () => {
  it('forgets the name that was silent longest when there are too many', () => {
    const calls = new CallIns(new ManualClock());
    for (let number = 0; number < MOST_CALLERS; number++) calls.note(`job-${number}`, {});
    calls.note('job-0', {});
    calls.note('one-more', {});
    expect(calls.read('job-0').last).toBeDefined();
    expect(calls.read('job-1').last).toBeUndefined();
    expect(calls.read('job-2').last).toBeDefined();
    expect(calls.read('one-more').last).toBeDefined();
  });

  it('measures age by elapsed time, so that a set clock changes nothing', async () => {
    const clock = new ManualClock();
    const calls = new CallIns(clock);
    calls.note('backup', { output: 'x'.repeat(LONGEST_CALL + 1) });
    clock.step(3_600_000);
    await clock.advance(1_500);
    const { last, sinceMs } = calls.read('backup');
    expect(last).toMatchObject({ ageMs: 1_500, atMs: 1_800_000_000_000, status: 0 });
    expect(last?.output.length).toBe(LONGEST_CALL);
    expect(sinceMs).toBe(1_500);
  });
});
