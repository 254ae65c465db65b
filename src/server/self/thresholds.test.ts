import { expect, test } from 'vitest';
import { judge, type SelfFacts } from './thresholds.ts';

const fine: SelfFacts = {
  scheduleLateMs: 0,
  intakeLagMs: 0,
  outboxAgeMs: 0,
  handled: 100,
  failed: 0,
  storeConnected: true,
  batchesFailed: 0,
  eventLoopDelayMs: 0,
  skewed: [],
};

test('when all is well every check says so', () => {
  expect(judge(fine).map(({ status }) => status)).toEqual([0, 0, 0, 0, 0, 0, 0]);
});

test.each<[string, number, Partial<SelfFacts>]>([
  ['schedule_lateness', 0, { scheduleLateMs: 4_999 }],
  ['schedule_lateness', 1, { scheduleLateMs: 5_000 }],
  ['schedule_lateness', 2, { scheduleLateMs: 30_000 }],
  ['intake_lag', 1, { intakeLagMs: 10_000 }],
  ['intake_lag', 2, { intakeLagMs: 60_000 }],
  ['outbox_age', 1, { outboxAgeMs: 60_000 }],
  ['outbox_age', 2, { outboxAgeMs: 600_000 }],
  ['event_loop_delay', 1, { eventLoopDelayMs: 1_000 }],
  ['event_loop_delay', 2, { eventLoopDelayMs: 5_000 }],
  ['handler_failures', 0, { handled: 0, failed: 4 }],
  ['handler_failures', 0, { handled: 6, failed: 5 }],
  ['handler_failures', 1, { handled: 5, failed: 5 }],
  ['handler_failures', 2, { handled: 0, failed: 5 }],
  ['store_errors', 2, { storeConnected: false }],
  ['store_errors', 2, { batchesFailed: 1 }],
  ['clock_skew', 1, { skewed: [{ client: 'web-1', seconds: -31 }] }],
])('%s is %i with %o, and nothing else is told', (check, status, facts) => {
  const reports = judge({ ...fine, ...facts });
  expect(reports.find((report) => report.check === check)?.status).toBe(status);
  expect(reports.filter((report) => report.check !== check && report.status !== 0)).toEqual([]);
});

test('a text stays the same while the value changes', () => {
  const texts = [10_000, 20_000, 59_999].map((intakeLagMs) => judge({ ...fine, intakeLagMs })[1]?.output);
  expect(new Set(texts)).toEqual(new Set(['results wait 10 s or more until they are committed']));
});

test('of many clients five are named', () => {
  const skewed = Array.from({ length: 8 }, (_, index) => ({
    client: `i-${index}`,
    seconds: 40 - index * 100,
  }));
  const output = judge({ ...fine, skewed }).at(-1)?.output;
  expect(output).toContain('i-0 (40 s ahead), i-1 (60 s behind)');
  expect(output).toMatch(/i-4 \(360 s behind\) and 3 more$/);
});
