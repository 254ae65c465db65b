import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { silentLog } from '../runtime/log.ts';
import { ManualClock, settle } from '../testing/clock.ts';
import { BatchQueue, backOffMs, batchDueInMs } from './batches.ts';
import type { Incoming } from './port.ts';

const options = { size: 10, spacingMs: 20 };

describe('batchDueInMs', () => {
  const idle = { sinceEndedMs: Number.POSITIVE_INFINITY, failures: 0 };

  it('has nothing to hand out when nothing waits', () => {
    expect(batchDueInMs(0, idle, options)).toBeUndefined();
    expect(batchDueInMs(0, { sinceEndedMs: 0, failures: 3 }, options)).toBeUndefined();
  });

  it('hands out at once to a consumer that never had a batch, or had one long ago', () => {
    expect(batchDueInMs(1, idle, options)).toBe(0);
    expect(batchDueInMs(1, { sinceEndedMs: 20, failures: 0 }, options)).toBe(0);
  });

  it('gathers for the rest of the spacing, unless a whole batch waits', () => {
    expect(batchDueInMs(9, { sinceEndedMs: 5, failures: 0 }, options)).toBe(15);
    expect(batchDueInMs(10, { sinceEndedMs: 5, failures: 0 }, options)).toBe(0);
  });

  it('rests after a failure, whatever waits', () => {
    expect(batchDueInMs(1_000, { sinceEndedMs: 30, failures: 1 }, options)).toBe(70);
    expect(batchDueInMs(1_000, { sinceEndedMs: 0, failures: 2 }, options)).toBe(200);
    expect(backOffMs(1_000)).toBe(5_000);
  });
});

interface Numbered extends Incoming {
  body: number;
}

const message = (body: number): Numbered => ({ body, redelivered: false });

describe('BatchQueue', () => {
  it('acknowledges each message once, in order, whatever its consumer does', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.constantFrom('add', 'fail', 'pass', 'wait'), { maxLength: 60 }),
        fc.integer({ min: 1, max: 7 }),
        async (steps, size) => {
          const clock = new ManualClock();
          const acknowledged: number[] = [];
          const queue = new BatchQueue<Numbered>({
            clock,
            log: silentLog,
            acknowledge: (batch) => acknowledged.push(...batch.map(({ body }) => body)),
          });
          let fails = false;
          const subscription = queue.consume(
            async () => {
              if (fails) throw new Error('the store is away');
            },
            { size, spacingMs: 10 },
          );
          let added = 0;
          for (const step of steps) {
            if (step === 'add') queue.add(message(added++));
            else if (step === 'wait') await clock.advance(7);
            else fails = step === 'fail';
          }
          fails = false;
          // Each batch leaves other work a turn, so many small ones take many turns.
          for (let turn = 0; queue.unacknowledged > 0 && turn < 200; turn++) await clock.advance(1_000);
          expect(acknowledged).toEqual(Array.from({ length: added }, (_, index) => index));
          expect(queue.unacknowledged).toBe(0);
          await subscription.stop();
          expect(clock.pending).toBe(0);
        },
      ),
      { numRuns: 40 },
    );
  });

  it('forgets everything when the connection broke, and one batch at a time still holds', async () => {
    const clock = new ManualClock();
    const acknowledged: number[] = [];
    const queue = new BatchQueue<Numbered>({
      clock,
      log: silentLog,
      acknowledge: (batch) => acknowledged.push(...batch.map(({ body }) => body)),
    });
    const ends: (() => void)[] = [];
    queue.consume(() => new Promise((resolve) => ends.push(resolve)), { size: 2, spacingMs: 0 });
    for (const body of [1, 2, 3]) queue.add(message(body));
    await settle();
    expect(queue.unacknowledged).toBe(3);
    expect(queue.clear().map(({ body }) => body)).toEqual([1, 2, 3]);
    expect(queue.unacknowledged).toBe(0);
    queue.add(message(4));
    await settle();
    expect(ends.length).toBe(1);
    ends[0]?.();
    await settle();
    expect(acknowledged).toEqual([]);
    expect(ends.length).toBe(2);
    ends[1]?.();
    await settle();
    expect(acknowledged).toEqual([4]);
  });

  it('refuses batches that could hold nothing', () => {
    const queue = new BatchQueue<Numbered>({
      clock: new ManualClock(),
      log: silentLog,
      acknowledge: () => {},
    });
    expect(() => queue.consume(async () => {}, { size: 0, spacingMs: 0 })).toThrow('holds nothing');
  });
});
